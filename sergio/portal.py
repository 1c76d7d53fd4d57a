"""The customers' door: a signed-in contact of this company, on a plan that has a portal."""

from functools import partial

from flask import Blueprint, Response, abort, g, request, url_for
from flask_login import current_user

from sergio.auth.choose_customer import bp as customer
from sergio.auth.devices import bp as devices
from sergio.auth.document_session import document_viewer, opened_document
from sergio.auth.email_change_pages import bp as email_change
from sergio.auth.email_change_pages import confirmation as new_email
from sergio.auth.links_sent import portal as links_sent
from sergio.auth.people_pages import bp as people
from sergio.auth.portal import bp as invitation
from sergio.auth.preview import preview_over, preview_response
from sergio.auth.sessions import renew_cookie, signed_in_viewer
from sergio.auth.sign_in import bp as auth
from sergio.auth.viewer import Viewer
from sergio.booking.deposit_pages import bp as deposits
from sergio.booking.own_photos import bp as own_photos
from sergio.booking.place_pages import bp as places
from sergio.booking.portal import appointments
from sergio.booking.portal import bp as booking
from sergio.booking.visitor_pages import bp as visit
from sergio.booking.waitlist_pages import bp as waitlist
from sergio.companies import app_icons
from sergio.companies.visibility import hidden_sections, is_hidden
from sergio.customers.portal import bp as account
from sergio.customers.roles import FULL
from sergio.customers.seen import bp as seen
from sergio.extensions import login
from sergio.invoices.portal import bp as invoices
from sergio.invoices.statement_pages import portal as statement
from sergio.lib.language import spoken
from sergio.overview.offline import bp as offline
from sergio.overview.portal import history, home
from sergio.payments.autopay_pages import bp as automatic_payments
from sergio.payments.consents import to_save
from sergio.payments.paused import show_paused
from sergio.payments.paying import how_to_pay, unpaid_totals
from sergio.payments.payment_history import bp as payment_history
from sergio.payments.portal import bp as payments
from sergio.payments.saved_pages import bp as payment_methods
from sergio.payments.several_pages import bp as pay
from sergio.permissions.of_contacts import closed_sections, may_use
from sergio.quotes.portal import bp as quotes
from sergio.web.errors import show_refusals
from sergio.web.pages import go, page

SIGN_IN = ("portal.auth", "portal.invitation", "portal.customer", "portal.visit", "portal.new_email", "portal.offline")
"""The blueprints that need no role."""

bp = Blueprint("portal", __name__, url_prefix="/portal")
for feature in (
    *(home, auth, invitation, customer, devices, links_sent, account, quotes, invoices, statement, payments),
    *(payment_history, pay, payment_methods, automatic_payments, booking, appointments, history, seen),
    *(visit, waitlist, deposits),
    *(email_change, new_email, people, places, own_photos, offline),
):
    bp.register_blueprint(feature)
OFFERED = {
    "how_to_pay": how_to_pay,
    "consent_to_save": to_save,
    "unpaid_totals": unpaid_totals,
    "app_version": app_icons.version,
}
"""For the pages of invoices, which stand below payments, and for the layout."""
show_refusals(bp, home="portal.home.index")
show_paused(bp)
bp.after_request(renew_cookie)


@bp.before_request
def require_contact():
    """Show a preview that runs to its staff member. Else require a company whose plan has a portal and, except on the
    sign-in pages, a sign-in or an opened document link, and a role with the page's permission; set `g.viewer`, and use
    their language.
    """
    if g.company is None:
        abort(404)
    if g.preview_over:
        return preview_over()
    if g.preview:
        return preview_response() or hidden_page()
    if not g.company.has_portal:
        return page("layouts/unavailable.html")
    viewer = who_asks()
    if viewer is None:
        return None if request.blueprint in SIGN_IN else visitors_page() or login.unauthorized()
    g.viewer = viewer
    spoken.set(viewer.language)
    return hidden_page() or refused_page()


def visitors_page() -> Response | None:
    """Where somebody who wants to book and is not signed in goes, if new customers can book."""
    if request.endpoint == "portal.booking.index" and g.company.new_customers_book and g.company.booking_open:
        return go(url_for("portal.visit.index"))
    return None


def who_asks() -> Viewer | None:
    """The signed-in contact. For a document of another customer, or without a sign-in, the contact whose link to that
    document was opened in this browser.
    """
    signed_in = signed_in_viewer(g.sign_in.contact, g.sign_in) if current_user.is_authenticated else None
    link = opened_document()
    if link and (signed_in is None or signed_in.customer.id != link.customer_id):
        return document_viewer(link)
    return signed_in


def hidden_page() -> Response | None:
    """What is shown instead of a page that the company's customers do not see."""
    if is_hidden(g.company, request.blueprint, request.endpoint):
        return page("errors/not_shown.html", status=404)
    return None


def refused_page() -> Response | None:
    """What is shown instead of a page that the contact's role does not include: who can open it."""
    if request.blueprint in SIGN_IN or request.endpoint is None or may_use(g.viewer.role, request.endpoint):
        return None
    return page("errors/not_for_role.html", status=403, who=g.viewer.customer.deciders)


@bp.context_processor
def offer_sections() -> dict:
    """For templates: `hidden_sections`, what the company's customers or this one do not see; `may_use(endpoint)`,
    whether the viewer's role includes a page; and what is `OFFERED`.
    """
    company = g.get("company")  # an error page may come before the company is known
    viewer = g.get("viewer")
    role = viewer.role if viewer and company else FULL  # an error page must not read the database
    hidden = hidden_sections(company) if company else frozenset()
    return {"hidden_sections": hidden | closed_sections(role), "may_use": partial(may_use, role), **OFFERED}
