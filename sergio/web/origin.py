"""Unsafe requests come from our own pages only.

Two companies are the same site to a browser, so SameSite cookies do not tell them apart; `Sec-Fetch-Site` and `Origin`
do (Fetch Metadata, W3C; RFC 6454).
"""

from flask import abort, request

from sergio.config import Config

SAFE = ("GET", "HEAD", "OPTIONS")
FROM_ANYWHERE = ("public.webhooks.stripe", "public.widget.send_link", "public.unwanted_emails.stop")


def require_same_origin(config: Config):
    """Refuse (403) an unsafe request unless the browser says that a page of this host sent it.

    Stripe's webhook does not come from a browser: its signature proves its origin. The widget asks for a sign-in link
    from any website, as anybody can; it has no cookie, and its answer is the same for every address. Mail programs end
    emails of a kind by a POST (RFC 8058) to a link that we signed.
    """
    if request.method in SAFE or request.endpoint in FROM_ANYWHERE:
        return
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site not in (None, "same-origin") or (site is None and origin != f"{config.scheme}://{request.host}"):
        abort(403)
