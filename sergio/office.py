"""The staff's door: a signed-in staff member of this company."""

from flask import Blueprint, abort, g, request
from flask_login import current_user

from sergio.auth.devices import bp as devices
from sergio.auth.doorkeeper import renew_cookie
from sergio.auth.public import bp as auth
from sergio.booking.office import bp as schedule
from sergio.companies.welcome import greeting
from sergio.extensions import login
from sergio.history.dashboard import figures, sums, surplus, todays_visits
from sergio.history.events import events
from sergio.history.office import bp as customers
from sergio.history.problems import bp as problems
from sergio.history.problems import latest_problems
from sergio.invoices.office import bp as invoices
from sergio.lib import clock
from sergio.lib.htmx import page
from sergio.payments.office import bp as payments
from sergio.quotes.office import bp as quotes
from sergio.refusals import turn_refusals_into_answers

bp = Blueprint("office", __name__, url_prefix="/office")
for room in (auth, customers, quotes, invoices, payments, schedule, problems):
    bp.register_blueprint(room)
bp.register_blueprint(devices, url_prefix="/devices")
turn_refusals_into_answers(bp, home="office.dashboard")
bp.after_request(renew_cookie)


@bp.before_request
def require_staff():
    """Let nobody in without a company, and nobody signed out further than the sign-in pages."""
    if g.company is None:
        abort(404)
    if request.blueprint != "office.auth" and not current_user.is_authenticated:
        return login.unauthorized()


@bp.get("/")
def dashboard():
    """What customers did, and what needs us."""
    company, at = g.company, clock.now()
    summed = sums(company, at)
    return page(
        "office/dashboard.html",
        greeting=greeting(company, current_user.first_name, at),
        today=company.written_day(at),
        figures=figures(company, summed),
        surplus=surplus(company, summed),
        events=events(company, at),
        visits=todays_visits(company, company.day(at)),
        problems=latest_problems(company, at),
    )
