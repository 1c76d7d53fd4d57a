"""Signed-in sessions: the cookies of the portal and the office, and the sign-ins they stand for."""

from datetime import timedelta
from typing import Any

from flask import Response, flash, g, request, session, url_for
from sqlalchemy import update

from sergio.auth import known_browsers
from sergio.auth.actors import current_actor
from sergio.auth.models import IDLE, LINK_LIFETIME, SignIn
from sergio.auth.previews import PREVIEW_LASTS
from sergio.auth.requester import COOKIES, DOCUMENT_COOKIE, PREVIEW_COOKIE, door, secrets
from sergio.auth.viewer import SIGN_IN, Viewer
from sergio.customers.models import Contact
from sergio.database.engines import Session
from sergio.extensions import db, login
from sergio.lib import clock, tokens
from sergio.web.origin import SAFE
from sergio.web.pages import go, own_path, page, page_asked_from, wants_fragment
from sergio.web.reader import COOKIE as LANGUAGE_COOKIE
from sergio.web.reader import chosen_language

NONCE_COOKIE = "__Host-sign-in-request"
DOCUMENT_OPEN = timedelta(days=1)
"""How long a document stays open in a browser; then its link has to be opened again."""
AGES = {
    NONCE_COOKIE: LINK_LIFETIME,
    PREVIEW_COOKIE: PREVIEW_LASTS,
    DOCUMENT_COOKIE: DOCUMENT_OPEN,
    known_browsers.COOKIE: known_browsers.REMEMBERED,
    LANGUAGE_COOKIE: timedelta(days=365),
}
MOST_KEPT = 400_000
"""Characters; a drawn signature may have 300,000 (`quotes.drawing.LONGEST`)."""

HOMES = {"portal": "portal.home.index", "office": "office.dashboard.index"}


@login.request_loader
def load_person(incoming):
    """The contact or staff member who is signed in; None for anybody else."""
    sign_in = g.get("sign_in")
    if sign_in is None:
        return None
    extend(sign_in, next(secret for secret in secrets() if tokens.digest(secret) == sign_in.digest))
    return sign_in.staff if sign_in.staff_id else sign_in.contact


def signed_in_viewer(contact: Contact, sign_in: SignIn) -> Viewer:
    """The contact of a live sign-in, as the portal's views take it."""
    company = g.company
    proof = {"sign_in": sign_in.id, "email": contact.email, "since": sign_in.created_at.isoformat()}
    about: dict[str, Any] = {"proof": proof, "time_zone": company.time_zone}
    about["language"] = contact.language or chosen_language() or company.language
    return Viewer(company, contact.customer, contact, SIGN_IN, current_actor(), **about)


def extend(sign_in: SignIn, secret: str):
    """Restart the 30 days: of the cookie at most daily, of the row at most hourly, in a transaction of its own.

    A request that is writing already does it in its own one: on SQLite a second writer would wait for the first.
    """
    now = clock.now()
    if not sign_in.needs_touch(now):
        return
    if now.date() != sign_in.seen_at.date():
        g.renewed_cookie = secret
    if db.session.info.get("writing"):
        sign_in.seen_at = now
        return
    with Session(db) as writing:
        writing.execute(update(SignIn).where(SignIn.id == sign_in.id).values(seen_at=now))
        writing.commit()


def renew_cookie(response: Response) -> Response:
    """Send the extended cookie again, and the session's with it, so that both expire when the sign-in does."""
    if secret := g.pop("renewed_cookie", None):
        set_cookie(response, COOKIES[door()], secret)
        session.modified = session.modified or bool(session)
    return response


def set_cookie(response: Response, name: str, secret: str):
    """Set a cookie that scripts and other hosts cannot read."""
    age = int(AGES.get(name, IDLE).total_seconds())
    response.set_cookie(name, secret, max_age=age, secure=True, httponly=True, samesite="Lax", path="/")


def delete_cookie(response: Response, name: str):
    response.delete_cookie(name, secure=True, httponly=True, samesite="Lax", path="/")


def reset_session():
    """Empty the session but for its CSRF token, so that forms open in other tabs can still be sent."""
    kept = {"csrf_token": session["csrf_token"]} if "csrf_token" in session else {}
    session.clear()
    session.update(kept)


def end_session(farewell: str) -> Response:
    """Delete everything of the sign-in from the browser, and show the sign-in page."""
    session.clear()
    g.pop("renewed_cookie", None)
    flash(farewell, "success")
    response = go(url_for(f"{door()}.auth.sign_in"))
    delete_cookie(response, COOKIES[door()])
    delete_cookie(response, PREVIEW_COOKIE if door() == "office" else DOCUMENT_COOKIE)
    # The Back button shows pages of the browser's cache; its storage has the page for when there is no network.
    response.headers["Clear-Site-Data"] = '"cache", "storage"' if door() == "portal" else '"cache"'
    return response


def home() -> str:
    """The path of the portal's or the office's first page."""
    return url_for(HOMES[door()])


def path_behind_door(path: str | None) -> str:
    """`path` where it is a page of this portal or office, else empty."""
    path = own_path(path) or ""
    behind = path.startswith(f"/{door()}/") and not path.startswith(f"/{door()}/sign-")
    return path if behind else ""


@login.unauthorized_handler
def ask_to_sign_in() -> Response:
    """Send the browser to the sign-in page, which leads back here; a form that was being sent is kept (`keep_form`)."""
    if request.method not in SAFE:
        return keep_form()
    next_path = page_asked_from("") if wants_fragment() else request.full_path.rstrip("?")
    return go(sign_in_page(next_path))


def keep_form() -> Response:
    """A page (401) that holds every field of the form, to send it again after signing in in another tab.

    It holds no file and no CSRF token but its own. For htmx it takes the place of the page's main part.
    """
    fields = [(name, value) for name, value in request.form.items(multi=True) if name != "csrf_token"]
    kept = sum(len(name) + len(value) for name, value in fields) <= MOST_KEPT
    facts = {"fields": fields if kept else [], "kept": kept, "action": request.full_path.rstrip("?")}
    response = page("auth/kept_form.html", "main", status=401, sign_in=sign_in_page(page_asked_from("")), **facts)
    response.headers["HX-Retarget"] = "#main"
    response.headers["HX-Reswap"] = "innerHTML show:top"
    return response


def sign_in_page(next_path: str) -> str:
    """The path of the sign-in page, which leads on to `next_path`."""
    return url_for(f"{door()}.auth.sign_in", next=path_behind_door(next_path) or None)
