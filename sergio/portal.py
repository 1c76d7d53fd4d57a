"""The customers' door: a signed-in contact of this company, on a plan that has a portal."""

from flask import Blueprint, abort, g, request
from flask_login import current_user

from sergio.auth.devices import bp as devices
from sergio.auth.doorkeeper import renew_cookie
from sergio.auth.portal import bp as customer
from sergio.auth.public import bp as auth
from sergio.booking.portal import appointments
from sergio.booking.portal import bp as booking
from sergio.companies.welcome import greeting, welcome
from sergio.customers.portal import bp as account
from sergio.extensions import login
from sergio.history.portal import bp as history
from sergio.history.tasks import next_visit, open_tasks
from sergio.invoices.portal import bp as invoices
from sergio.lib import clock
from sergio.lib.htmx import page
from sergio.payments.portal import bp as payments
from sergio.quotes.portal import bp as quotes
from sergio.refusals import turn_refusals_into_answers

bp = Blueprint("portal", __name__, url_prefix="/portal")
for room in (auth, customer, devices, account, quotes, invoices, payments, booking, appointments, history):
    bp.register_blueprint(room)
turn_refusals_into_answers(bp, home="portal.home")
bp.after_request(renew_cookie)


@bp.before_request
def require_contact():
    """Let nobody in without a company whose plan has a portal, and nobody signed out further than the sign-in pages."""
    if g.company is None:
        abort(404)
    if not g.company.has_portal:
        return page("portal/unavailable.html")
    if request.blueprint not in ("portal.auth", "portal.customer") and not current_user.is_authenticated:
        return login.unauthorized()


@bp.get("/")
def home():
    """What needs you."""
    company, customer, at = g.company, current_user.customer, clock.now()
    waiting, with_us = open_tasks(customer, company, company.day(at))
    return page(
        "portal/home.html",
        greeting=greeting(company, current_user.first_name, at),
        welcome=welcome(company, current_user),
        waiting=waiting,
        with_us=with_us,
        visit=next_visit(customer, company, at),
    )
