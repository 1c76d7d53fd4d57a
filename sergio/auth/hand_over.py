"""Signing in on this host, for a staff member whom a page of another host of ours sends here."""

from flask import Blueprint, Response, current_app, flash, g, request, url_for
from flask_login import current_user

from sergio.auth.actors import actor_of, current_actor
from sergio.auth.models import HandOver, SignIn
from sergio.auth.sessions import COOKIES, home, path_behind_door, reset_session, set_cookie
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.email_addresses import masked
from sergio.lib.language import gettext as _
from sergio.staff.models import StaffMember
from sergio.web import limits
from sergio.web.csrf import returns_form
from sergio.web.forms import Form
from sergio.web.pages import go, page
from sergio.web.request import allow_writing

bp = Blueprint("hand_over", __name__, url_prefix="/hand-over")


@bp.get("/<token>")
@limits.links
def show(token):
    """Sign in at once, if a page of ours leads here. Else, lest a stranger's page signs somebody in unawares, by a
    button (login CSRF).
    """
    found = hand_over_with(token)
    if found is None or not found.is_valid(clock.now()):
        return over()
    if request.method == "GET" and comes_from_us():
        allow_writing()
        return use(found)
    return page("auth/confirm.html", email=masked(found.staff.email))


@bp.post("/<token>")
@limits.links
@returns_form
def confirm(token):
    """Sign in the browser that pressed the button."""
    found = hand_over_with(token)
    if found and not Form().validate():
        return page("auth/confirm.html", status=422, email=masked(found.staff.email))
    return use(found) if found else over()


def comes_from_us() -> bool:
    """Whether a page of the site or of one of its companies leads here, by its `Referrer-Policy: origin`."""
    config = current_app.config["SERGIO"]
    scheme, _separator, address = (request.referrer or "").partition("://")
    host = address.partition("/")[0]
    ours = host == config.root_domain or host.endswith(f".{config.root_domain}")
    return scheme == config.scheme and ours


def sent_there(template: str, url: str, **context) -> Response:
    """A page that sends the browser to a `HandOver`'s URL. No redirect, because after a form browsers let one lead to
    no other host (CSP form-action).
    """
    response = page(template, url=url, **context)
    response.headers["Referrer-Policy"] = "origin"
    return response


def use(found: HandOver) -> Response:
    now = clock.now()
    next_path = path_behind_door(found.next_path) or home()
    member = found.use(now)
    if member is None:
        db.session.rollback()
        return over()
    return signed_in(member, next_path)


def signed_in(member: StaffMember, next_path: str) -> Response:
    """Sign this browser in, under a new secret."""
    now = clock.now()
    if current_user.is_authenticated or g.sign_in:
        g.sign_in.end(by=current_actor(), now=now)
    _row, secret = SignIn.start(member, browser=request.user_agent.string, by=actor_of(member), now=now)
    db.session.commit()
    reset_session()
    response = go(next_path)
    g.pop("renewed_cookie", None)
    set_cookie(response, COOKIES["office"], secret)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def over() -> Response:
    """Where a link leads that works no longer: to the office, if this browser is signed in, else to its sign-in."""
    if current_user.is_authenticated:
        return go(home())
    flash(_("That link works only once. Sign in with your email address."), "info")
    return go(url_for("office.auth.sign_in"))


def hand_over_with(token: str) -> HandOver | None:
    return db.session.scalar(HandOver.with_token(g.company, token))
