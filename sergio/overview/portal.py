"""The portal's pages over all features: the home page, and the service history."""

from flask import Blueprint, request

from sergio.auth.viewer import viewer
from sergio.customers.models import PLACES
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.overview.home import home_page
from sergio.overview.timeline import history_page
from sergio.web.pages import page
from sergio.web.paging import Paging
from sergio.web.revalidation import revalidated

home = Blueprint("home", __name__)
history = Blueprint("history", __name__, url_prefix="/history")


@home.get("/")
@revalidated
def index():
    """The home page: open tasks, and the next appointment."""
    return home_page(viewer, "overview/portal/home.html")


@history.get("")
@revalidated
def show():
    """The service history, at all places or one of them (`?show=3`)."""
    places = {str(place.number): place for place in db.session.scalars(PLACES, viewer.whose)}
    tabs = {"all": _("All addresses")} | {number: place.street for number, place in places.items()}
    paging = Paging("/portal/history", request.args, tabs)
    place = places.get(paging.show)
    place_id = place.id if place else None
    months = history_page(viewer.customer, viewer.company, clock.now(), place=place_id, paging=paging)
    return page("overview/portal/history.html", "history", paging=paging, place=place, months=months)
