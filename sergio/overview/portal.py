"""The portal's pages over all features: the home page, and the service history."""

from flask import Blueprint, request

from sergio.auth.viewer import viewer
from sergio.companies.welcome import greeting, welcome
from sergio.customers.properties import EVERY_PLACE
from sergio.customers.roles import SEE_WORK
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.overview.tasks import next_appointment, open_tasks
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
    now = clock.now()
    name = viewer.name or viewer.customer.name
    first_name = name.split()[0]
    waiting, with_us = open_tasks(viewer, now)
    return page(
        "overview/portal/home.html",
        greeting=greeting(first_name, now.astimezone(viewer.zone)),
        welcome=welcome(viewer.company, name, first_name),
        waiting=waiting,
        with_us=with_us,
        appointment=next_appointment(viewer.customer, viewer.company, now) if viewer.may(SEE_WORK) else None,
    )


@history.get("")
@revalidated
def show():
    """The service history, at all places or one of them (`?show=3`)."""
    places = {str(place.number): place for place in db.session.scalars(EVERY_PLACE, viewer.whose)}
    tabs = {"all": _("All addresses")} | {number: place.street for number, place in places.items()}
    paging = Paging("/portal/history", request.args, tabs)
    place = places.get(paging.show)
    place_id = place.id if place else None
    months = history_page(viewer.customer, viewer.company, clock.now(), place=place_id, paging=paging)
    return page("overview/portal/history.html", "history", paging=paging, place=place, months=months)
