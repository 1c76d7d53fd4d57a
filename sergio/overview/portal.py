"""The portal's pages over all features: the home page, and the service history."""

from flask import Blueprint, g, request
from flask_babel import gettext as _
from flask_login import current_user

from sergio.companies.welcome import greeting, welcome
from sergio.customers.models import Property
from sergio.extensions import db
from sergio.lib import clock
from sergio.overview.tasks import next_appointment, open_tasks
from sergio.overview.timeline import happened
from sergio.web.pages import page
from sergio.web.paging import Paging

home = Blueprint("home", __name__)
history = Blueprint("history", __name__, url_prefix="/history")


@home.get("/")
def index():
    """What needs the customer."""
    company, customer, at = g.company, current_user.customer, clock.now()
    waiting, with_us = open_tasks(customer, company, company.day(at))
    return page(
        "overview/portal/home.html",
        greeting=greeting(company, current_user.first_name, at),
        welcome=welcome(company, current_user),
        waiting=waiting,
        with_us=with_us,
        appointment=next_appointment(customer, company, at),
    )


@history.get("")
def show():
    """What was done so far, everywhere or at one of the customer's own places."""
    places = {str(place.number): place for place in db.session.scalars(Property.of(current_user.customer))}
    tabs = {"all": _("All places")} | {number: place.street for number, place in places.items()}
    paging = Paging("/portal/history", request.args, tabs)
    place = places.get(paging.show)
    months = happened(current_user.customer, g.company, clock.now(), place=place, paging=paging)
    return page("overview/portal/history.html", "history", paging=paging, place=place, months=months)
