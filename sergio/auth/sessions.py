"""Who stands at a door: the cookie a browser shows, and the sign-in it stands for. One cookie a door."""

from flask import Response, flash, g, request, session, url_for
from sqlalchemy import update

from sergio.auth import known_browsers
from sergio.auth.actors import current_actor
from sergio.auth.models import IDLE, LIFE, SignIn
from sergio.auth.viewer import SIGN_IN, Viewer
from sergio.customers.models import Contact
from sergio.database.engines import Session
from sergio.extensions import db, login
from sergio.lib import clock, tokens
from sergio.web.origin import SAFE
from sergio.web.pages import go, own_path, page, page_asked_from, wants_fragment

COOKIES = {"portal": "__Host-portal", "office": "__Host-office"}
ASKING = "__Host-asking"
AGES = {ASKING: LIFE, known_browsers.COOKIE: known_browsers.REMEMBERED}
MOST_KEPT = 400_000
"""Characters; a drawn signature may have 300,000 (quotes.signature)."""

HOMES = {"portal": "portal.home.index", "office": "office.dashboard.index"}


def door() -> str:
    """Which door this request goes through: "portal", "office" or another blueprint's name."""
    return (request.blueprint or "").partition(".")[0]


@login.request_loader
def person_at_the_door(asked):
    """The contact or staff member whose live sign-in the door's cookie names; None for anybody else."""
    g.sign_in = None
    cookie = COOKIES.get(door())
    # A browser may show two cookies of one name (RFC 6265 5.4); only one that we gave can be ours.
    secrets = asked.cookies.getlist(cookie)[:4] if cookie and g.get("company") else []
    if not secrets:
        return None
    query = SignIn.with_contact if door() == "portal" else SignIn.with_staff
    g.sign_in = db.session.scalar(query(secrets, clock.now()))
    if g.sign_in is None:
        return None
    slide(g.sign_in, next(secret for secret in secrets if tokens.digest(secret) == g.sign_in.digest))
    return g.sign_in.contact or g.sign_in.staff


def signed_in_viewer(contact: Contact, sign_in: SignIn) -> Viewer:
    """The contact of a live sign-in, as the portal's views take it."""
    company = g.company
    proof = {"sign_in": sign_in.id, "email": contact.email, "since": sign_in.created_at.isoformat()}
    about = {"language": company.language, "time_zone": company.time_zone, "proof": proof}
    return Viewer(company, contact.customer, contact, SIGN_IN, current_actor(), **about)


def slide(sign_in: SignIn, secret: str):
    """Count the 30 days from now: the cookie at most daily; the row at most hourly, in a transaction of its own."""
    at = clock.now()
    if not sign_in.needs_touch(at):
        return
    if at.date() != sign_in.seen_at.date():
        g.renewed_cookie = secret
    with Session(db) as writing:
        writing.execute(update(SignIn).where(SignIn.id == sign_in.id).values(seen_at=at))
        writing.commit()


def renew_cookie(answer: Response) -> Response:
    """Send a cookie that slid once more, with the session's, so that the browser keeps them as long as we do."""
    if secret := g.pop("renewed_cookie", None):
        give_cookie(answer, COOKIES[door()], secret)
        session.modified = session.modified or bool(session)
    return answer


def give_cookie(answer: Response, name: str, secret: str):
    """Let the browser keep a secret from script and other hosts, as long as it is of use."""
    age = int(AGES.get(name, IDLE).total_seconds())
    answer.set_cookie(name, secret, max_age=age, secure=True, httponly=True, samesite="Lax", path="/")


def take_cookie(answer: Response, name: str):
    """Let the browser forget a secret."""
    answer.delete_cookie(name, secure=True, httponly=True, samesite="Lax", path="/")


def begin_session():
    """Start the session anew, but for its CSRF token: forms that are open in other tabs can still be sent."""
    kept = {"csrf_token": session["csrf_token"]} if "csrf_token" in session else {}
    session.clear()
    session.update(kept)


def leave(farewell: str) -> Response:
    """Out of the door: nothing of the sign-in stays in the browser."""
    session.clear()
    g.pop("renewed_cookie", None)
    flash(farewell, "success")
    answer = go(url_for(f"{door()}.auth.sign_in"))
    take_cookie(answer, COOKIES[door()])
    return answer


def home() -> str:
    """The first page behind this door."""
    return url_for(HOMES[door()])


def place_behind(path: str | None) -> str:
    """`path` where it is a page behind this door, else empty."""
    path = own_path(path) or ""
    behind = path.startswith(f"/{door()}/") and not path.startswith(f"/{door()}/sign-")
    return path if behind else ""


@login.unauthorized_handler
def ask_to_sign_in() -> Response:
    """Show the sign-in page of this door, and remember where the person was going; keep what was being sent."""
    if request.method not in SAFE:
        return keep_what_was_sent()
    going = page_asked_from("") if wants_fragment() else request.full_path.rstrip("?")
    return go(sign_in_page(going))


def keep_what_was_sent() -> Response:
    """A page (401) that holds every field of the form, to send it again after signing in in another tab.

    It holds no file and no CSRF token but its own. For htmx it takes the place of the page's main part.
    """
    fields = [(name, value) for name, value in request.form.items(multi=True) if name != "csrf_token"]
    kept = sum(len(name) + len(value) for name, value in fields) <= MOST_KEPT
    facts = {"fields": fields if kept else [], "kept": kept, "action": request.full_path.rstrip("?")}
    answer = page("auth/send_again.html", "main", status=401, sign_in=sign_in_page(page_asked_from("")), **facts)
    answer.headers["HX-Retarget"] = "#main"
    answer.headers["HX-Reswap"] = "innerHTML show:top"
    return answer


def sign_in_page(going: str) -> str:
    """The sign-in page of this door, which leads on to `going` where that is a page behind it."""
    return url_for(f"{door()}.auth.sign_in", next=place_behind(going) or None)
