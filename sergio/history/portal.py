"""What has been done, at which address, by whom."""

from flask import Blueprint, g, request
from flask_babel import gettext as _
from flask_login import current_user

from sergio.customers.models import Property
from sergio.extensions import db
from sergio.history.timeline import happened
from sergio.lib import clock
from sergio.lib.htmx import page
from sergio.lib.paging import Paging

bp = Blueprint("history", __name__, url_prefix="/history")


@bp.get("")
def index():
    """What happened so far, everywhere or at one of the customer's own places."""
    places = {str(place.number): place for place in db.session.scalars(Property.of(current_user.customer))}
    tabs = {"all": _("All places")} | {number: place.street for number, place in places.items()}
    paging = Paging("/portal/history", request.args, tabs)
    place = places.get(paging.show)
    months = happened(current_user.customer, g.company, clock.now(), place=place, paging=paging)
    return page("history/portal/index.html", "history", paging=paging, place=place, months=months)
