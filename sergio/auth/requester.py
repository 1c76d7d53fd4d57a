"""Who asks: the company of a request, and the sign-in whose cookie it has, in one statement that is built once."""

from datetime import datetime
from functools import cache
from itertools import zip_longest

from flask import Response, abort, g, request
from sqlalchemy import Select, String, and_, bindparam, or_, select
from sqlalchemy.orm import contains_eager

from sergio.auth.models import IDLE, LONGEST, SignIn
from sergio.auth.previews import Preview
from sergio.companies.current import AT_SUBDOMAIN, OF_COMPANY, enter, subdomain_of_request
from sergio.companies.models import Company
from sergio.companies.moved import lead_on
from sergio.config import Config
from sergio.customers.models import Contact
from sergio.database.engines import Utc
from sergio.database.versions import VERSIONS
from sergio.extensions import db
from sergio.lib import clock, tokens
from sergio.lib.language import OFFICE, spoken
from sergio.staff.models import StaffMember
from sergio.staff.roles import SETTINGS
from sergio.web.reader import browsers_language, chosen_language
from sergio.web.request import refuse_effects

PREVIEW_COOKIE = "__Host-preview"
DOCUMENT_COOKIE = "__Host-document"
AS_IN_PORTAL = ("public.document", "public.language")
"""The pages of document links and the choice of a language, where people are signed in as in the portal."""
COOKIES = {"portal": "__Host-portal", "office": "__Host-office"}
DIGESTS = ("first", "second", "third", "fourth")
"""The parameters for the cookies of one name. SQLAlchemy writes an IN of any length anew at each execution, which
would cost each request 0.05 ms.
"""


def find_requester(config: Config) -> Response | None:
    """Set `g.company` from the host (None on the site itself; 404 for a host of nobody), limit the session to it, and
    set `g.sign_in` from the cookie of the portal or the office. Returns the response for a host that a company left.

    In the portal, the cookie of a preview comes first: `g.preview` is then the preview, or `g.preview_over` is true,
    and nobody is signed in.
    """
    enter(None)
    g.sign_in = g.company_version = g.preview = None
    g.preview_over = False
    if subdomain := subdomain_of_request(config):
        if has_preview_cookie():
            refuse_effects()
            company, g.preview = find_preview(subdomain, clock.now())
            g.preview_over = g.preview is None
            if company is None:
                return lead_on(subdomain) or abort(404)
            enter(company)
            return None
        company, g.company_version, g.sign_in = find(door(), subdomain, secrets(), clock.now())
        if company is None:
            return lead_on(subdomain) or abort(404)
        enter(company)
        spoken.set(reader_of(company))
    return None


def reader_of(company: Company) -> str:
    """The language until somebody is known who reads another: that of the browser, in the office its own."""
    if door() in ("office", "api"):
        return OFFICE
    return browsers_language() or company.language


def speak_to(contact: Contact):
    """Use the language of a contact whom a link is for, unless another was chosen in this browser."""
    spoken.set(chosen_language() or contact.reads)


def has_preview_cookie() -> bool:
    """Whether a request to the portal, also to a path that does not exist there, has the cookie of a preview."""
    return f"{request.path}/".startswith("/portal/") and PREVIEW_COOKIE in request.cookies


def find_preview(subdomain: str, now: datetime) -> tuple[Company | None, Preview | None]:
    """The company at a subdomain, and its preview that has one of these cookies, unless it is over."""
    wanted = {"subdomain": subdomain, **among(digests_of(PREVIEW_COOKIE))}
    rows = db.session.execute(with_preview(), wanted).all()
    signed_in = digests_of(COOKIES["office"])
    running = (preview for _company, preview in rows if preview and may_preview(preview, signed_in, now))
    return (rows[0][0] if rows else None), next(running, None)


def may_preview(preview: Preview, signed_in: list[str], now: datetime) -> bool:
    """Whether it is running, and its staff member's role still includes previews."""
    staff = preview.sign_in.staff
    return preview.is_running(signed_in, now) and staff is not None and staff.may(SETTINGS)


def digests_of(cookie: str) -> list[str]:
    return [tokens.digest(secret) for secret in request.cookies.getlist(cookie)[: len(DIGESTS)]]


def among(digests: list[str]) -> dict[str, str | None]:
    """The values of all parameters: None, which is equal to nothing, where there are fewer cookies."""
    return dict(zip_longest(DIGESTS, digests))


def door() -> str:
    """Where people sign in for this request: "portal", "office", or at none of them."""
    return "portal" if request.blueprint in AS_IN_PORTAL else (request.blueprint or "").partition(".")[0]


def secrets() -> list[str]:
    """The cookies of this door. A browser may send several of one name (RFC 6265 5.4); at most one of them is ours."""
    cookie = COOKIES.get(door())
    return request.cookies.getlist(cookie)[: len(DIGESTS)] if cookie else []


def find(door: str, subdomain: str, secrets: list[str], now: datetime):
    """The company at a subdomain, its version, and the valid sign-in there that has one of these cookies; or Nones."""
    if not secrets:
        row = db.session.execute(COMPANY, {"subdomain": subdomain}).first()
        return (*row, None) if row else (None, None, None)
    digests = among([tokens.digest(secret) for secret in secrets])
    wanted = {"subdomain": subdomain, **digests, "idle_since": now - IDLE, "oldest": now - LONGEST}
    rows = db.session.execute(SIGNED_IN[door](), wanted).all()
    signed_in = (row for row in rows if row[2])
    return next(signed_in, rows[0] if rows else (None, None, None))


ONE_OF_THEM = [bindparam(name, type_=String) for name in DIGESTS]
COMPANY = select(Company, VERSIONS.c.version).outerjoin(VERSIONS, OF_COMPANY).where(AT_SUBDOMAIN)
VALID = and_(
    SignIn.company_id == Company.id,
    SignIn.digest.in_(ONE_OF_THEM),
    SignIn.ended_at.is_(None),
    SignIn.seen_at > bindparam("idle_since", type_=Utc),
    SignIn.created_at > bindparam("oldest", type_=Utc),
)


@cache
def with_contact() -> Select:
    """The company, and the portal's sign-in there with its contact and customer.

    No sign-in once the contact has left or has another email address. Where several customers share the address, the
    contact is still to be chosen.
    """
    present = and_(Contact.left_at.is_(None), Contact.email_key == SignIn.email)
    chosen = or_(SignIn.contact_id.is_(None), SignIn.contact.has(present))
    rows = COMPANY.add_columns(SignIn).outerjoin(SignIn, and_(VALID, SignIn.staff_id.is_(None), chosen))
    rows = rows.outerjoin(SignIn.contact).outerjoin(Contact.customer)
    return rows.options(contains_eager(SignIn.contact).contains_eager(Contact.customer))


@cache
def with_staff() -> Select:
    """The company, and the office's sign-in there with its staff member, while that one is here."""
    present = SignIn.staff.has(and_(StaffMember.left_at.is_(None), StaffMember.email_key == SignIn.email))
    rows = COMPANY.add_columns(SignIn).outerjoin(SignIn, and_(VALID, present)).outerjoin(SignIn.staff)
    return rows.options(contains_eager(SignIn.staff))


@cache
def with_preview() -> Select:
    """The company, and its preview with its customer and its staff member's sign-in."""
    mine = and_(Preview.company_id == Company.id, Preview.digest.in_(ONE_OF_THEM))
    rows = select(Company, Preview).outerjoin(Preview, mine).where(AT_SUBDOMAIN)
    rows = rows.outerjoin(Preview.sign_in).outerjoin(SignIn.staff).outerjoin(Preview.customer)
    signed_in = contains_eager(Preview.sign_in).contains_eager(SignIn.staff)
    return rows.options(signed_in, contains_eager(Preview.customer))


SIGNED_IN = {"portal": with_contact, "office": with_staff}
