"""Signing in and out, in the portal and in the office: request a link, open it or type its code, sign out."""

from datetime import datetime

from flask import Blueprint, Response, current_app, flash, g, request, url_for
from flask_login import current_user

import sergio.auth.jobs  # noqa: F401 - the worker finds its jobs by name
from sergio.auth import known_browsers
from sergio.auth.actors import actor_of, current_actor
from sergio.auth.forms import CodeForm, EmailForm
from sergio.auth.models import LINK_LIFETIME, MagicLink, SignIn
from sergio.auth.new_devices import tell_of_new_device
from sergio.auth.sessions import (
    COOKIES,
    NONCE_COOKIE,
    delete_cookie,
    door,
    end_session,
    home,
    path_behind_door,
    reset_session,
    set_cookie,
)
from sergio.auth.ways import way_in
from sergio.extensions import db
from sergio.lib import clock, tokens
from sergio.lib.email_addresses import LONGEST, masked
from sergio.lib.language import gettext as _
from sergio.lib.text import folded
from sergio.web import limits
from sergio.web.csrf import returns_form
from sergio.web.forms import Form
from sergio.web.pages import go, page
from sergio.web.reader import chosen_language
from sergio.web.request import allow_writing

bp = Blueprint("auth", __name__)


@bp.get("/sign-in")
def sign_in():
    """The form for the email address; filled in when an expired link or an invitation led here."""
    next_path = path_behind_door(request.args.get("next"))
    if current_user.is_authenticated or g.sign_in:
        return go(after_sign_in(g.sign_in, next_path))
    link = link_with(request.args["link"]) if "link" in request.args else None
    email = link.email if link else request.args.get("email", "")[:LONGEST]
    form = EmailForm(formdata=None, email=email, next=link.next_path if link else next_path)
    return page("auth/sign_in.html", form=form, audience=door())


@bp.post("/sign-in")
@limits.link_requests
@returns_form
def request_link():
    """Request a link. The response and the work are the same for known and unknown addresses."""
    form = EmailForm()
    if not form.validate_on_submit():
        return page("auth/sign_in.html", status=422, form=form, audience=door())
    now = clock.now()
    nonce = browser_nonce()
    facts = {
        "nonce": nonce,
        "next_path": path_behind_door(form.next.data),
        "browser": known_browser(form.email.data, now),
    }
    if MagicLink.request(g.company, door(), form.email.data, now=now, **facts) is None:
        return too_many_emails(form.email.data)
    db.session.commit()
    response = go(url_for(".sent"))
    set_cookie(response, NONCE_COOKIE, nonce)
    return response


@bp.get("/sign-in/sent")
def sent():
    """What to do next: open the email, or type its code here."""
    link = pending_link()
    if link is None:
        return go(url_for(".sign_in"))
    return sent_page(link, CodeForm(formdata=None))


@bp.post("/sign-in/code")
@limits.codes
@returns_form
def enter_code():
    """Sign in with the code, in the browser that requested it; five tries."""
    pending = pending_link()
    form = CodeForm()
    if pending is None:
        flash(_("That code no longer works. Request a new one."), "warning")
        return go(url_for(".sign_in"))
    if form.validate_on_submit():
        link = MagicLink.use_code(g.company, form.code.data, request.cookies[NONCE_COOKIE], door(), clock.now())
        if link and (people := db.session.scalars(link.people()).all()):
            return complete_sign_in(people, link)
        form.refuse()
        db.session.commit()
    return sent_page(pending, form, status=422)


@bp.get("/sign-in/<token>")
def show_link(token):
    """Mail scanners open links, so a GET signs in only the browser that requested the link (nonce cookie); any other
    browser must press a button (POST).
    """
    link = link_with(token)
    if link is None or not link.is_valid(clock.now()):
        return link_expired(token, link)
    if request.method == "GET" and link.is_from_browser(request.cookies.get(NONCE_COOKIE, "")):
        allow_writing()
        return use_link(token, link)
    return confirm_page(link)


@bp.post("/sign-in/<token>")
@limits.links
@returns_form
def confirm(token):
    """Sign in the browser that pressed the button."""
    link = link_with(token)
    if link and not Form().validate():
        return confirm_page(link, 422)
    return use_link(token, link)


@bp.post("/sign-out")
def sign_out():
    if current_user.is_authenticated or g.sign_in:
        g.sign_in.end(by=current_actor(), now=clock.now())
        db.session.commit()
    return end_session(_("You are signed out."))


def too_many_emails(email: str) -> Response:
    """The page for too many requests (429), the same for known and unknown addresses."""
    response = page("auth/too_many_emails.html", status=429, email=email, sent=url_for(f"{door()}.auth.sent"))
    response.headers["Retry-After"] = str(int(LINK_LIFETIME.total_seconds()))
    return response


def confirm_page(link: MagicLink, status: int = 200) -> Response:
    """The page with one button, for any browser but the requesting one."""
    return private(page("auth/confirm.html", status=status, email=masked(link.email)))


def sent_page(link: MagicLink, form: CodeForm, status: int = 200) -> Response:
    """The page after a request, with the form for the code and a button that requests another link."""
    again = EmailForm(formdata=None, email=link.email, next=link.next_path)
    return page("auth/sent.html", status=status, form=form, again=again, email=link.email)


def use_link(token: str, link: MagicLink | None) -> Response:
    """Use up the link and sign in; the page of an expired link where it was used meanwhile."""
    if link and link.use(clock.now()) and (people := db.session.scalars(link.people()).all()):
        return complete_sign_in(people, link)
    db.session.rollback()
    return link_expired(token, link)


def complete_sign_in(people, link: MagicLink) -> Response:
    """Sign this browser in under a new secret, and redirect away from the URL with the token."""
    now = clock.now()
    next_path = link.next_path
    if current_user.is_authenticated or g.sign_in:
        g.sign_in.end(by=current_actor(), now=now)
    about = {"browser": request.user_agent.string, "way": way_in(next_path)}
    sign_in, secret = SignIn.start(*people, by=actor_of(*people), now=now, **about)
    keep_language(people, now)
    if not known_browser(link.email, now):
        tell_of_new_device(sign_in, people[0])
    db.session.commit()
    reset_session()
    response = private(go(after_sign_in(sign_in, next_path)))
    g.pop("renewed_cookie", None)
    set_cookie(response, COOKIES[door()], secret)
    delete_cookie(response, NONCE_COOKIE)
    cookie = known_browsers.with_mailbox(known_cookie(), link.mailbox, key=key(), now=now)
    set_cookie(response, known_browsers.COOKIE, cookie)
    return response


def keep_language(people, now: datetime):
    """The language that was chosen in this browser is from now on that of contacts who have not chosen any."""
    chosen = chosen_language()
    for person in people if door() == "portal" and chosen else ():
        if person.language is None:
            person.choose_language(chosen, by=actor_of(person), at=now)


def after_sign_in(sign_in: SignIn, next_path: str) -> str:
    """The path to open after signing in: first the choice of a customer, if there is one."""
    if sign_in.contact_id or sign_in.staff_id:
        return next_path or home()
    return url_for("portal.customer.index", next=next_path or None)


def link_expired(token: str, link: MagicLink | None) -> Response:
    """The page of a link that was used, has expired or never existed; a browser it signed in is sent on instead."""
    if link and current_user.is_authenticated and current_user.email_key == folded(link.email):
        return private(go(link.next_path or home()))
    facts = {"used": bool(link and link.used_at), "token": token if link else None, "home": home()}
    return private(page("auth/link_expired.html", status=410 if link else 404, **facts))


def pending_link() -> MagicLink | None:
    """The newest link this browser requested that still takes its code."""
    nonce = request.cookies.get(NONCE_COOKIE, "")
    return db.session.scalar(MagicLink.pending(g.company, nonce, door(), clock.now()).limit(1)) if nonce else None


def browser_nonce() -> str:
    """This browser's nonce, kept for as long as one of its links is pending; else a new one."""
    return request.cookies[NONCE_COOKIE] if pending_link() else tokens.token()


def known_browser(email: str, now: datetime) -> str:
    """The digest of this browser's name if it signed in with that address here lately; else empty."""
    mailbox = MagicLink.mailbox_of(g.company, door(), email)
    return known_browsers.known_as(known_cookie(), mailbox, key=key(), now=now)


def known_cookie() -> str:
    return request.cookies.get(known_browsers.COOKIE, "")


def key() -> str:
    return current_app.config["SECRET_KEY"]


def private(response: Response) -> Response:
    """Keep the URL of this page, which holds a secret, out of the Referer header and of caches."""
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response


def link_with(token: str) -> MagicLink | None:
    return db.session.scalar(MagicLink.with_token(g.company, token, door()))
