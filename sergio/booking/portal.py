"""Booking online in four steps: service, place, time, details. The URL of each step holds what was chosen before."""

from flask import Blueprint, abort, request, url_for
from sqlalchemy import case, func, select
from sqlalchemy.exc import IntegrityError
from werkzeug.exceptions import RequestEntityTooLarge

import sergio.booking.jobs  # noqa: F401 - the worker finds its jobs by name
from sergio.auth.viewer import Viewer, viewer
from sergio.booking import details, formats, labels
from sergio.booking.appointments import bp as appointments
from sergio.booking.choice import (
    CURRENT,
    before,
    booked_again,
    company_service,
    of_customer,
    own_args,
    own_choice,
    own_choice_and_form,
    require_below_limit,
)
from sergio.booking.forms import PlaceForm
from sergio.booking.holds import BookingHold
from sergio.booking.models import BOOKED_ONLINE
from sergio.booking.services import Service
from sergio.booking.time_picker import TimePicker, day_of, instant_of, value_of
from sergio.customers.properties import PLACES, Property
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.refused import Refused
from sergio.web import limits
from sergio.web.csrf import returns_form
from sergio.web.pages import go, page

__all__ = ["appointments", "bp"]

bp = Blueprint("booking", __name__, url_prefix="/book")
bp.get("/details")(details.details)
bp.post("/typed")(details.keep)
bp.post("")(details.create)
bp.post("/photos")(details.add_photos)
bp.get("/photos/<int:photo>.jpg")(details.large_photo)
bp.get("/photos/<int:photo>/small.jpg")(details.small_photo)
bp.post("/photos/<int:photo>/removal")(details.remove_photo)
bp.errorhandler(RequestEntityTooLarge)(details.refuse_large_request)


@bp.before_request
def require_open():
    """While online booking is switched off, show how else to book."""
    if not viewer.company.booking_open:
        if request.method == "POST":
            raise Refused(labels.closed(viewer.company))
        return page("booking/portal/closed.html")


@bp.get("")
def index():
    """The services. A link that names one (`?service=3`) leads on to the next step."""
    if "again" in request.args:
        return book_again()
    if "service" in request.args:
        return go(url_for(".place", service=request.args["service"]))
    rows = db.rows(OFFERS, of_customer(viewer, clock.now()))
    if not rows:
        return page("booking/portal/closed.html")
    require_below_limit(viewer, rows[0].count)
    offers = [labels.offer(row, viewer.company, step_after(row)) for row in rows]
    return page("booking/portal/services.html", offers=offers)


def book_again():
    """A link that names an appointment leads to the times of its service at its address."""
    row = before(viewer) or abort(404)
    if row.archived_at:
        return go(url_for(".place", service=row.service))
    return go(url_for(".time", service=row.service, place=row.place, **booked_again()))


def step_after(row) -> str:
    """Where a service leads: a customer with only one place need not choose it."""
    step = f"time?service={row.number}&place={row.place}" if row.place else f"place?service={row.number}"
    return f"/portal/book/{step}"


@bp.get("/place")
def place():
    service = company_service(viewer)
    found = db.session.execute(BOOKED_ONLINE, of_customer(viewer, clock.now()))
    require_below_limit(viewer, found.scalar_one())
    return places(viewer, service, PlaceForm(viewer.company.country, formdata=request.args))


@bp.post("/place")
@limits.places
@returns_form
def new_place():
    """Add a place to the customer's, and continue with it."""
    service = company_service(viewer)
    form = PlaceForm(viewer.company.country)
    if not form.validate_on_submit():
        return places(viewer, service, form, 422)
    chosen = form.place_of(viewer.customer, by=viewer.by, now=clock.now())
    db.session.commit()
    return go(url_for(".time", service=service.number, place=chosen.number))


@bp.get("/time")
def time():
    """The free times: buttons that hold one, or in a preview, which holds none, links to the next step."""
    choice = own_choice(viewer, clock.now())
    require_below_limit(viewer, choice.booked_online)
    here = f"{url_for('.time', **choice.args)}&"
    there = "" if viewer.contact else f"{url_for('.details', **choice.args)}&"
    times = TimePicker(choice.availability, day_of(request.args.get("day")), here, there)
    return page("booking/portal/time.html", "times", choice=choice, times=times, formats=formats)


@bp.post("/hold")
@limits.holds
def hold():
    """Hold the time for the customer while they fill in the details. If it cannot be had, the next page says why."""
    choice = own_choice_and_form(viewer)[0]
    contact, now = viewer.contact or abort(403), clock.now()
    starts_at = instant_of(request.form.get("at")) or abort(400)
    try:
        choice.mark()
        BookingHold.take(choice.availability(now), contact, choice.place, starts_at, now=now)
        db.session.commit()
    except (Refused, IntegrityError):
        db.session.rollback()
    return go(url_for(".details", **own_args(), at=value_of(starts_at)))


def places(viewer: Viewer, service: Service, form: PlaceForm, status: int = 200):
    """The customer's places, and a form for another one."""
    known = db.session.scalars(PLACES, viewer.whose).all()
    block = "town" if "postal_code" in request.args else "new_place"
    return page("booking/portal/place.html", block, status=status, service=service, places=known, form=form)


ONLY_PLACE = select(case((func.count() == 1, func.min(Property.number)))).where(CURRENT)
"""The number of a customer's only place; NULL for several or none."""
OFFERS = Service.offers().add_columns(
    ONLY_PLACE.scalar_subquery().label("place"), BOOKED_ONLINE.scalar_subquery().label("count")
)
