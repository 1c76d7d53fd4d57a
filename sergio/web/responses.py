"""What every response has: security headers, a request id, a compressed body."""

import secrets
from collections.abc import Callable
from functools import cache
from urllib.parse import quote

from flask import Response, abort, current_app, g, request
from isal import igzip

from sergio.lib.language import spoken

CONTENT = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "worker-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(self)",
}
HSTS = "max-age=63072000; includeSubDomains"
RETRY_AFTER = {429: "60", 503: "30"}  # default seconds by status
WORTH_COMPRESSING = 500


def assign_request_id():
    """Give the request an id, which the error page and the log both show."""
    g.request_id = secrets.token_hex(6)


def allow(**sources: str):
    """Add sources to this response's Content-Security-Policy: `allow(script_src="https://js.stripe.com")`."""
    g.content = {**g.get("content", {}), **{name.replace("_", "-"): more for name, more in sources.items()}}


def allow_own_frames(response: Response) -> Response:
    """Let pages of the same origin show this response in a frame."""
    allow(frame_ancestors="'self'")
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def secure(response: Response) -> Response:
    """Add the security headers, and no-store to a response without a Cache-Control."""
    headers = response.headers
    own = {name.lower() for name, _value in headers}
    for name, value in security_headers(tuple(g.get("content", {}).items())):
        if name.lower() not in own:
            headers.add(name, value)
    if response.mimetype == "text/html":
        headers.add("Content-Language", spoken.get())
        response.vary.add("Accept-Language")
    if response.status_code in RETRY_AFTER:
        response.headers.setdefault("Retry-After", RETRY_AFTER[response.status_code])
    if current_app.config["SERGIO"].scheme == "https":  # a proxy may speak to us without TLS
        headers.add("Strict-Transport-Security", HSTS)
    headers.add("X-Request-Id", g.get("request_id", ""))
    return response


@cache
def security_headers(more: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    """The headers of every response, whose Content-Security-Policy has the sources that a page adds."""
    added = dict(more)
    policy = {name: sources(CONTENT.get(name, ""), added.get(name, "")) for name in {**CONTENT, **added}}
    content = "; ".join(f"{name} {allowed}" for name, allowed in policy.items())
    return [("Content-Security-Policy", content), *HEADERS.items(), ("Cache-Control", "no-store")]


def sources(own: str, added: str) -> str:
    """The sources of a directive; 'none' stands alone or not at all."""
    return f"{own} {added}".replace("'none'", "" if added else "'none'").strip()


def pdf(document: bytes, name: str) -> Response:
    """A PDF that the browser saves as `name`.pdf, whose slashes become dashes."""
    name = f"{name.replace('/', '-')}.pdf"
    named = f'filename="{name}"' if name.isascii() else f"filename*=UTF-8''{quote(name)}"
    headers = {"Content-Disposition": f"attachment; {named}", "Cache-Control": "no-store"}
    return Response(document, mimetype="application/pdf", headers=headers)


def uploaded(content: Callable[[], bytes | None], media_type: str, tag: str, name: str = "") -> Response:
    """An uploaded file, or 304 if the browser has it: the browser keeps it, and asks each time whether it still may.
    Nothing in it can run, whatever it is. A picture is shown; all else is saved as `name`.

    `content` reads it, None is a 404; other content has another `tag`.
    """
    response = Response(mimetype=media_type, headers={"Content-Security-Policy": "sandbox; default-src 'none'"})
    if name:
        how = "inline" if media_type.startswith("image/") else "attachment"
        response.headers["Content-Disposition"] = f"{how}; filename*=UTF-8''{quote(name, safe='')}"
    response.headers["Cache-Control"] = "private, no-cache"
    response.set_etag(tag)
    if request.if_none_match.contains(tag):
        response.status_code = 304
        return response
    response.set_data(content() or abort(404))
    return response


def compress(response: Response) -> Response:
    """Gzip a text body above `WORTH_COMPRESSING`, unless it is streamed; isal's level 2 takes microseconds."""
    if (
        response.is_streamed
        or response.direct_passthrough
        or response.content_encoding
        or not (response.mimetype or "").startswith("text/")
    ):
        return response
    if len(response.get_data()) <= WORTH_COMPRESSING:
        return response
    response.vary.add("Accept-Encoding")
    if "gzip" in request.accept_encodings:
        response.set_data(igzip.compress(response.get_data(), compresslevel=2))
        response.content_encoding = "gzip"
    return response
