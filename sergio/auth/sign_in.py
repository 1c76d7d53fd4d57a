"""Signing in and out, at either door: ask, open the letter's link or type its code, leave."""

from datetime import datetime

from flask import Blueprint, Response, current_app, flash, g, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

import sergio.auth.jobs  # noqa: F401 - the worker finds its jobs by name
from sergio.auth import known_browsers
from sergio.auth.actors import actor_of, current_actor
from sergio.auth.forms import CodeForm, EmailForm
from sergio.auth.models import LIFE, MagicLink, SignIn
from sergio.auth.sessions import (
    ASKING,
    COOKIES,
    begin_session,
    door,
    give_cookie,
    home,
    leave,
    place_behind,
    take_cookie,
)
from sergio.extensions import db
from sergio.lib import clock, tokens
from sergio.lib.email_addresses import masked
from sergio.lib.text import folded
from sergio.web import limits
from sergio.web.forms import Form
from sergio.web.pages import go, page
from sergio.web.request import allow_writing
from sergio.web.stale import returns_form

bp = Blueprint("auth", __name__)


@bp.get("/sign-in")
def sign_in():
    """Where to send the link; filled in when an old link of one's own brought one here."""
    going = place_behind(request.args.get("next"))
    if current_user.is_authenticated or g.sign_in:
        return go(after_sign_in(g.sign_in, going))
    old = db.session.scalar(MagicLink.with_token(request.args["link"], door())) if "link" in request.args else None
    form = EmailForm(formdata=None, email=old.email if old else "", next=old.going if old else going)
    return page("auth/sign_in.html", form=form, audience=door())


@bp.post("/sign-in")
@limits.asking
@returns_form
def ask():
    """Ask for a link: the same answer, by the same work, whether or not the mailbox is known here."""
    form = EmailForm()
    if not form.validate_on_submit():
        return page("auth/sign_in.html", status=422, form=form, audience=door())
    at, nonce = clock.now(), asking_nonce()
    facts = {"nonce": nonce, "going": place_behind(form.next.data), "browser": known_browser(form.email.data, at)}
    if MagicLink.ask(g.company, door(), form.email.data, at=at, **facts) is None:
        return enough(form.email.data)
    db.session.commit()
    answer = go(url_for(".sent"))
    give_cookie(answer, ASKING, nonce)
    return answer


@bp.get("/sign-in/sent")
def sent():
    """Look into your mail; here is where its code goes."""
    link = asked_here()
    if link is None:
        return go(url_for(".sign_in"))
    return sent_page(link, CodeForm(formdata=None))


@bp.post("/sign-in/code")
@limits.codes
@returns_form
def open_by_code():
    """Sign in with the code, in the browser that asked; five tries."""
    asked, form = asked_here(), CodeForm()
    if asked is None:
        flash(_("That code does not work any more. Please ask for a new one."), "warning")
        return go(url_for(".sign_in"))
    if form.validate_on_submit():
        link = MagicLink.opened_by(form.code.data, request.cookies[ASKING], door(), clock.now())
        if link and (people := db.session.scalars(link.people()).all()):
            return let_in(people, link)
        form.refuse()
        db.session.commit()
    return sent_page(asked, form, status=422)


@bp.get("/sign-in/<token>")
def show_link(token):
    """Straight in for the browser that asked; one button for any other, because mail scanners open links too."""
    link = db.session.scalar(MagicLink.with_token(token, door()))
    if link is None or not link.works(clock.now()):
        return spent(token, link)
    if request.method == "GET" and link.asked_by(request.cookies.get(ASKING, "")):
        allow_writing()
        return open_link(token, link)
    return button(link)


@bp.post("/sign-in/<token>")
@limits.links
@returns_form
def press(token):
    """The button: sign this browser in, and no other."""
    link = db.session.scalar(MagicLink.with_token(token, door()))
    if link and not Form().validate():
        return button(link, 422)
    return open_link(token, link)


@bp.post("/sign-out")
def sign_out():
    """End this browser's sign-in."""
    if current_user.is_authenticated or g.sign_in:
        g.sign_in.end(by=current_actor(), now=clock.now())
        db.session.commit()
    return leave(_("You are signed out."))


def enough(email: str) -> Response:
    """Several emails are on their way: the same for every address, known here or not."""
    answer = page("auth/enough.html", status=429, email=email)
    answer.headers["Retry-After"] = str(int(LIFE.total_seconds()))
    return answer


def button(link: MagicLink, status: int = 200) -> Response:
    """The page with one button, for any browser but the one that asked."""
    return private(page("auth/confirm.html", status=status, email=masked(link.email)))


def sent_page(link: MagicLink, form: CodeForm, status: int = 200) -> Response:
    """Where to look for the letter, with the code's form and one that asks again."""
    again = EmailForm(formdata=None, email=link.email, next=link.going)
    return page("auth/sent.html", status=status, form=form, again=again, email=link.email)


def open_link(token: str, link: MagicLink | None) -> Response:
    """Use the link up and come in; the page of a spent link for all who are too late."""
    if link and link.use(clock.now()) and (people := db.session.scalars(link.people()).all()):
        return let_in(people, link)
    db.session.rollback()
    return spent(token, link)


def let_in(people, link: MagicLink) -> Response:
    """Sign this browser in anew, under a new secret, and show it a clean address."""
    now, going = clock.now(), link.going
    if current_user.is_authenticated or g.sign_in:
        g.sign_in.end(by=current_actor(), now=now)
    sign_in, secret = SignIn.start(*people, browser=request.user_agent.string, by=actor_of(*people), now=now)
    db.session.commit()
    begin_session()
    answer = private(go(after_sign_in(sign_in, going)))
    g.pop("renewed_cookie", None)
    give_cookie(answer, COOKIES[door()], secret)
    take_cookie(answer, ASKING)
    cookie = known_browsers.with_mailbox(known_cookie(), link.mailbox, key=key(), at=now)
    give_cookie(answer, known_browsers.COOKIE, cookie)
    return answer


def after_sign_in(sign_in: SignIn, going: str) -> str:
    """Where to go now: first to the choice of a customer, if there is one to be made."""
    if sign_in.contact_id or sign_in.staff_id:
        return going or home()
    return url_for("portal.customer.index", next=going or None)


def spent(token: str, link: MagicLink | None) -> Response:
    """A link that was used, is too old, or never was; whoever it has signed in here just goes on."""
    if link and current_user.is_authenticated and current_user.email_key == folded(link.email):
        return private(go(link.going or home()))
    facts = {"used": bool(link and link.used_at), "token": token if link else None, "home": home()}
    return private(page("auth/spent.html", status=410 if link else 404, **facts))


def asked_here() -> MagicLink | None:
    """The newest link this browser asked for that still takes its code."""
    nonce = request.cookies.get(ASKING, "")
    return db.session.scalar(MagicLink.asked_with(nonce, door(), clock.now()).limit(1)) if nonce else None


def asking_nonce() -> str:
    """This browser's secret, so that each letter it asked for works in it; a new one unless we gave it."""
    return request.cookies[ASKING] if asked_here() else tokens.token()


def known_browser(email: str, at: datetime) -> str:
    """The digest of this browser's name if it was signed in as that mailbox, here, lately; else empty."""
    mailbox = MagicLink.mailbox_of(g.company, door(), email)
    return known_browsers.known_as(known_cookie(), mailbox, key=key(), at=at)


def known_cookie() -> str:
    return request.cookies.get(known_browsers.COOKIE, "")


def key() -> str:
    return current_app.config["SECRET_KEY"]


def private(answer: Response) -> Response:
    """Keep the address of this page, which holds a secret, from every other one."""
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["Cache-Control"] = "no-store"
    return answer
