"""The customers' door: a signed-in contact of this company, on a plan that has a portal."""

from flask import Blueprint, abort, g, request
from flask_login import current_user

from sergio.auth.choose_customer import bp as customer
from sergio.auth.devices import bp as devices
from sergio.auth.sessions import renew_cookie, signed_in_viewer
from sergio.auth.sign_in import bp as auth
from sergio.booking.portal import appointments
from sergio.booking.portal import bp as booking
from sergio.companies.visibility import hidden_sections, is_hidden
from sergio.customers.portal import bp as account
from sergio.extensions import login
from sergio.invoices.portal import bp as invoices
from sergio.lib.language import spoken
from sergio.overview.portal import history, home
from sergio.payments.portal import bp as payments
from sergio.quotes.portal import bp as quotes
from sergio.web.errors import show_refusals
from sergio.web.pages import page

bp = Blueprint("portal", __name__, url_prefix="/portal")
for feature in (home, auth, customer, devices, account, quotes, invoices, payments, booking, appointments, history):
    bp.register_blueprint(feature)
show_refusals(bp, home="portal.home.index")
bp.after_request(renew_cookie)


@bp.before_request
def require_contact():
    """Require a company whose plan has a portal and, except on the sign-in pages, a sign-in; set `g.viewer`, and use
    their language.
    """
    if g.company is None:
        abort(404)
    if not g.company.has_portal:
        return page("layouts/unavailable.html")
    if request.blueprint not in ("portal.auth", "portal.customer") and not current_user.is_authenticated:
        return login.unauthorized()
    if current_user.is_authenticated:
        g.viewer = signed_in_viewer(g.sign_in.contact, g.sign_in)
        spoken.set(g.viewer.language)
    if is_hidden(g.company, request.blueprint, request.endpoint):
        return page("errors/not_shown.html", status=404)


@bp.context_processor
def offer_sections() -> dict:
    """`hidden_sections` for the navigation: what the company's customers do not see."""
    return {"hidden_sections": hidden_sections(g.company) if g.company else frozenset()}
