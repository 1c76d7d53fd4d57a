"""The sign-up on the site itself: the form, the email, and the company that its link creates."""

from flask import Blueprint, Response, abort, current_app, g, request, url_for

import sergio.sign_up.jobs  # noqa: F401 - the worker finds its jobs by name
from sergio.audit.actor import STAFF, Actor
from sergio.auth.actors import origin
from sergio.auth.hand_over import sent_there
from sergio.auth.models import HandOver
from sergio.companies import subdomains
from sergio.companies.current import host_of
from sergio.companies.models import Company
from sergio.extensions import db
from sergio.lib import clock, tokens
from sergio.lib.email_addresses import masked
from sergio.lib.refused import Refused
from sergio.sign_up.forms import AddressForm, SignUpForm
from sergio.sign_up.models import LIFETIME, QUARTER, SignUp
from sergio.web import limits
from sergio.web.csrf import returns_form
from sergio.web.forms import Form
from sergio.web.pages import go, page
from sergio.web.request import allow_writing
from sergio.web.responses import allow

bp = Blueprint("sign_up", __name__, url_prefix="/sign-up")
find = Blueprint("find", __name__, url_prefix="/sign-in")
COOKIE = "__Host-sign-up"
"""The nonce of the browser that signs up; no other one is let in without a press."""
KEPT = ("name", "subdomain", "owner_name", "email", "country", "time_zone", "currency")


@find.before_request
@bp.before_request
def require_open_site():
    """404 on a company's host, and where the installation has one company only."""
    if g.company or current_app.config["SERGIO"].company:
        abort(404)


@bp.get("")
def new():
    """The form, filled in with what this browser has asked for and not yet confirmed."""
    row = pending()
    known = {name: getattr(row, name) for name in KEPT} if row else {}
    return show_form(SignUpForm(language_tags(), formdata=None, **known), guessing=not row)


@bp.get("/suggestion")
@limits.subdomains
def suggestion():
    """The address that goes with the name typed so far."""
    form = typed_form()
    form.follow_name()
    return show_form(form, "address")


@bp.get("/availability")
@limits.subdomains
def availability():
    """Whether the address typed so far can be had."""
    return show_form(typed_form(), "availability")


@bp.get("/region")
def region():
    """Time zone and currency of the country that was chosen."""
    form = typed_form()
    form.follow_country()
    return show_form(form, "region")


@bp.get("/region-of-browser")
def region_of_browser():
    """The country of the browser's time zone, and its currency."""
    form = typed_form()
    form.follow_zone()
    return show_form(form, "region")


@bp.post("")
@limits.sign_ups
@limits.all_sign_ups
@returns_form
def request_link():
    """Have the link sent. Nothing is public before it is opened."""
    form = SignUpForm(language_tags())
    if not form.validate_on_submit():
        return show_form(form, status=422)
    return send(form.company, form.owner_name.data, form.email.data)


@bp.post("/again")
@limits.sign_ups
@limits.all_sign_ups
def send_again():
    """Have another link sent for the same request."""
    row = pending()
    return send(row.facts, row.owner_name, row.email) if row else go(url_for(".new"))


@bp.get("/sent")
def sent():
    """What to do next: open the email."""
    row = pending()
    return page("sign_up/sent.html", row=row, host=host(row.subdomain)) if row else go(url_for(".new"))


@bp.get("/<token>")
def show_link(token):
    """Mail scanners open links, so a GET creates the company only in the browser that asked (nonce cookie); any other
    browser must press a button.
    """
    row = row_with(token)
    if row is None or not row.is_valid(clock.now()):
        return over(row)
    if request.method == "GET" and row.is_from_browser(request.cookies.get(COOKIE, "")):
        allow_writing()
        return create(row)
    return confirm_page(row)


@bp.post("/<token>")
@limits.links
@returns_form
def confirm(token):
    """Create the company, at another address if its own was taken meanwhile and the form has one."""
    row = row_with(token)
    if row is None or not row.is_valid(clock.now()):
        return over(row)
    if not Form().validate():
        return confirm_page(row, 422)
    if "subdomain" in request.form:
        form = AddressForm(row.name)
        if not form.validate():
            return confirm_page(row, 422, form)
        row.subdomain = form.subdomain.data
    return create(row)


@find.get("")
@limits.subdomains
def find_portal():
    """A field for the address of one's portal, which leads to the office there."""
    address = subdomains.normalized(request.args.get("address", ""))[:200]
    subdomain = address.partition("/")[0].removesuffix(host("")).partition(".")[0]
    company = db.session.scalar(Company.at(subdomain)) if subdomain else None
    if company:
        return go(company.url("/office/sign-in"))
    allow(form_action=f"{current_app.config['SERGIO'].scheme}://*{host('')}")  # the form's redirect leads to that host
    return page("sign_up/find.html", status=404 if subdomain else 200, address=address, host=host(""))


def show_form(form: SignUpForm, *blocks: str, status: int = 200, guessing: bool = False) -> Response:
    """The form; when it is `guessing`, the page asks once for the region of the browser's time zone."""
    shown = {"form": form, "availability": form.availability, "host": host(""), "guessing": guessing}
    return page("sign_up/new.html", *blocks, status=status, **shown)


def typed_form() -> SignUpForm:
    """The form as it is filled in at the moment."""
    return SignUpForm(language_tags(), formdata=request.args)


def send(company, owner_name: str, email: str) -> Response:
    nonce = request.cookies[COOKIE] if pending() else tokens.token()
    facts = {"owner_name": owner_name, "email": email, "nonce": nonce, "key": key(), "now": clock.now()}
    if SignUp.request(company, **facts) is None:
        response = page("sign_up/too_many_emails.html", status=429, email=email)
        response.headers["Retry-After"] = str(int(QUARTER.total_seconds()))
        return response
    db.session.commit()
    response = go(url_for(".sent"))
    age = int(LIFETIME.total_seconds())
    response.set_cookie(COOKIE, nonce, max_age=age, secure=True, httponly=True, samesite="Lax", path="/")
    return response


def create(row: SignUp) -> Response:
    """Use up the link, and send the browser on, signed in, to the office of its new company."""
    now = clock.now()
    try:
        owner = row.use(by=Actor(STAFF, row.owner_name, **origin()), now=now)
    except Refused:
        db.session.rollback()
        return confirm_page(row, 409)
    if owner is None:
        db.session.rollback()
        return over(row)
    url = HandOver.start(owner, next_path="/office/", now=now)
    name = owner.company.name
    db.session.commit()
    response = sent_there("sign_up/ready.html", url, name=name)
    response.delete_cookie(COOKIE, secure=True, httponly=True, samesite="Lax", path="/")
    return response


def confirm_page(row: SignUp, status: int = 200, form: AddressForm | None = None) -> Response:
    """One button; with a field for another address, where the company's own was taken meanwhile."""
    form = form or AddressForm(row.name, formdata=None, subdomain=row.subdomain)
    found = form.availability
    shown = {"form": form, "availability": found, "taken": bool(found.why or form.errors), "host": host("")}
    return private(page("sign_up/confirm.html", status=status, row=row, email=masked(row.email), **shown))


def over(row: SignUp | None) -> Response:
    """The page of a link that was used, has expired or never existed."""
    office = row.company.url("/office/") if row and row.company else ""
    return private(page("sign_up/link_over.html", status=410 if row else 404, office=office))


def pending() -> SignUp | None:
    """The newest request of this browser whose link still works."""
    nonce = request.cookies.get(COOKIE, "")
    return db.session.scalar(SignUp.pending(nonce, clock.now()).limit(1)) if nonce else None


def row_with(token: str) -> SignUp | None:
    return db.session.scalar(SignUp.with_token(token))


def host(subdomain: str) -> str:
    return host_of(subdomain, current_app.config["SERGIO"])


def language_tags() -> list[str]:
    return [tag for tag, _quality in request.accept_languages][:10]


def key() -> str:
    return current_app.config["SECRET_KEY"]


def private(response: Response) -> Response:
    """Keep the URL of this page, which holds a secret, out of the Referer header and of caches."""
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response
