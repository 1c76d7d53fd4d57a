"""The staff's door: a signed-in staff member of this company."""

from flask import Blueprint, abort, g, request
from flask_login import current_user

from sergio.auth.devices import bp as devices
from sergio.auth.sessions import renew_cookie
from sergio.auth.sign_in import bp as auth
from sergio.booking.office import bp as schedule
from sergio.extensions import login
from sergio.invoices.office import bp as invoices
from sergio.overview.office import customers, dashboard
from sergio.overview.problems import bp as problems
from sergio.payments.office import bp as payments
from sergio.quotes.office import bp as quotes
from sergio.web.errors import show_refusals

bp = Blueprint("office", __name__, url_prefix="/office")
for room in (dashboard, auth, customers, quotes, invoices, payments, schedule, problems):
    bp.register_blueprint(room)
bp.register_blueprint(devices, url_prefix="/devices")
show_refusals(bp, home="office.dashboard.index")
bp.after_request(renew_cookie)


@bp.before_request
def require_staff():
    """Let nobody in without a company, and nobody signed out further than the sign-in pages."""
    if g.company is None:
        abort(404)
    if request.blueprint != "office.auth" and not current_user.is_authenticated:
        return login.unauthorized()
