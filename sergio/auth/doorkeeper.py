"""Who stands at a door: the cookie a browser shows, and the sign-in it stands for. One cookie a door."""

from datetime import timedelta

from flask import Response, flash, g, request, url_for
from flask_babel import gettext as _
from sqlalchemy import update

from sergio.auth.models import IDLE, SignIn
from sergio.extensions import db, login
from sergio.lib import clock
from sergio.lib.database import Session
from sergio.lib.htmx import go, own_path

COOKIES = {"portal": "__Host-portal", "office": "__Host-office"}
COOKIE_DAY = timedelta(days=1)


def door() -> str:
    """Which door this request goes through: "portal", "office" or another blueprint's name."""
    return (request.blueprint or "").partition(".")[0]


@login.request_loader
def person_at_the_door(asked):
    """The contact or staff member whose live sign-in the door's cookie names; None for anybody else."""
    cookie = COOKIES.get(door())
    secret = asked.cookies.get(cookie, "") if cookie and g.company else ""
    if not secret:
        return None
    query = SignIn.with_contact if door() == "portal" else SignIn.with_staff
    g.sign_in = db.session.scalar(query(secret, clock.now()))
    if g.sign_in is None:
        return None
    slide(g.sign_in, secret)
    return g.sign_in.contact or g.sign_in.staff


def slide(sign_in: SignIn, secret: str):
    """Count the 30 days from now: the row at most hourly, in a transaction of its own; the cookie at most daily."""
    at = clock.now()
    if not sign_in.needs_touch(at):
        return
    if at - sign_in.seen_at > COOKIE_DAY:
        g.renewed_cookie = secret
    with Session(db) as writing:
        writing.execute(update(SignIn).where(SignIn.id == sign_in.id).values(seen_at=at))
        writing.commit()


def renew_cookie(answer: Response) -> Response:
    """Send a cookie that slid once more, so that the browser keeps it as long as we do."""
    if secret := g.pop("renewed_cookie", None):
        give_cookie(answer, door(), secret)
    return answer


def give_cookie(answer: Response, audience: str, secret: str):
    """Let the browser keep its sign-in: this host only, no script, 30 days."""
    age = int(IDLE.total_seconds())
    answer.set_cookie(COOKIES[audience], secret, max_age=age, secure=True, httponly=True, samesite="Lax", path="/")


def take_cookie(answer: Response, audience: str):
    """Let the browser forget its sign-in."""
    answer.delete_cookie(COOKIES[audience], secure=True, httponly=True, samesite="Lax", path="/")


@login.unauthorized_handler
def ask_to_sign_in() -> Response:
    """Show the sign-in page of this door, and remember where the person was going."""
    going = request.full_path.rstrip("?") if request.method == "GET" else None
    if request.method != "GET":
        flash(_("Please sign in again. What you just did has not been saved."))
    return go(url_for(f"{door()}.sign_in", next=own_path(going)))
