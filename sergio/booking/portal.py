"""Booking a visit in four steps: service, place, time, details. What was chosen stands in the address of each."""

from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlencode

from flask import Blueprint, abort, flash, g, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import and_, case, func, select
from sqlalchemy.exc import IntegrityError

import sergio.booking.jobs  # noqa: F401 - the worker finds its jobs by name
from sergio.booking import formats
from sergio.booking.appointments import bp as appointments
from sergio.booking.availability import Openings, with_hours
from sergio.booking.forms import BookingForm, PlaceForm
from sergio.booking.models import Appointment, Service, Taken
from sergio.booking.time_picker import TimeChoice, day_of, instant_of, value_of
from sergio.customers.models import Property
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.refused import Refused
from sergio.web import limits
from sergio.web.pages import go, page
from sergio.web.stale import returns_form

__all__ = ["appointments", "bp"]

bp = Blueprint("booking", __name__, url_prefix="/book")


@bp.before_request
def require_open():
    """While online booking is switched off, say how to book otherwise."""
    if not g.company.booking_open:
        if request.method == "POST":
            raise Refused(formats.closed(g.company))
        return page("booking/portal/closed.html")


@bp.get("")
def index():
    """What would you like to have done?"""
    if "service" in request.args:
        return go(url_for(".place", service=request.args["service"]))
    rows = db.session.execute(Service.offers().add_columns(only_place(current_user.customer), held())).all()
    if rows:
        require_room(rows[0].held)
    return page("booking/portal/services.html", offers=[formats.offer(row, g.company) for row in rows])


@bp.get("/place")
def place():
    """Where?"""
    service = own_service()
    require_room(db.session.scalar(select(held())))
    return places(service, PlaceForm())


@bp.post("/place")
@limits.places
@returns_form
def new_place():
    """Somewhere new, kept among the customer's places."""
    service, form = own_service(), PlaceForm()
    if not form.validate_on_submit():
        return places(service, form, 422)
    chosen = form.place_of(current_user.customer)
    db.session.commit()
    return go(url_for(".time", service=service.number, place=chosen.number))


@bp.get("/time")
def time():
    """When?"""
    choice = own_choice(clock.now())
    require_room(choice.held)
    here, there = (f"{url_for(step)}?{urlencode(choice.asked)}&" for step in (".time", ".details"))
    times = TimeChoice(choice.openings, day_of(request.args.get("day")), here, there)
    length = formats.length(choice.service.minutes, g.company.language)
    return page("booking/portal/time.html", "times", choice=choice, times=times, length=length)


@bp.get("/details")
def details():
    """Is there anything we should know?"""
    return summary(own_choice(clock.now()), BookingForm(), instant_of(request.args.get("at")))


@bp.post("")
@limits.booking
@returns_form
def create():
    """Book it, by the rules as they stand now; who comes second gets fresh times, with what they typed."""
    at, form, starts_at = clock.now(), BookingForm(), instant_of(request.form.get("at"))
    choice = own_choice(at)
    if not form.validate_on_submit() or starts_at is None:
        return summary(choice, form, starts_at, 422)
    contact, notes = g.sign_in.contact, form.words
    try:
        number = Appointment.book(choice.openings, contact, choice.place, starts_at, notes=notes, at=at).number
    except (Refused, IntegrityError):
        db.session.rollback()
        return summary(own_choice(clock.now()), form, starts_at, 422)
    db.session.commit()
    return go(url_for("portal.appointments.confirmation", number=number))


def places(service: Service, form: PlaceForm, status: int = 200):
    """The customer's places, and a form for another one."""
    known = db.session.scalars(Property.of(current_user.customer)).all()
    return page("booking/portal/place.html", "new_place", status=status, service=service, places=known, form=form)


def summary(choice: "Choice", form: BookingForm, starts_at: datetime | None, status: int = 200):
    """What will be booked; where the time cannot be had, why not, and the times that can.

    Who has it already, by a second press or by going back, is shown that it is theirs.
    """
    refusal = choice.openings.why_not(starts_at) if starts_at else Refused(_("Please choose a time."))
    if (isinstance(refusal, Taken) or status == 422) and (appointment := own_booking(choice, starts_at)):
        return go(url_for("portal.appointments.confirmation", number=appointment.number))
    refusal = too_many(choice.held) or refusal
    times = TimeChoice(choice.openings, choice.openings.nearest(starts_at))
    facts = {"choice": choice, "form": form, "refusal": refusal, "times": times, "formats": formats}
    return page(
        "booking/portal/details.html", "booking", status=status, starts_at=starts_at, value_of=value_of, **facts
    )


class Choice(NamedTuple):
    """What was chosen so far, and the times free for it."""

    service: Service
    place: Property
    held: int
    openings: Openings

    @property
    def asked(self) -> dict:
        """How addresses and forms say it."""
        return {"service": self.service.number, "place": self.place.number}


def own_choice(at: datetime) -> Choice:
    """The service and the customer's own place that were asked for."""
    theirs = and_(Property.customer_id == current_user.customer_id, Property.number == asked("place"))
    query = select(Service, Property, held()).join(Property, theirs).where(Service.number == asked("service"))
    rows = db.session.execute(with_hours(query)).all() or abort(404)
    service, where, count = rows[0][:3]
    require_bookable(service)
    return Choice(service, where, count, Openings(service, rows, at=at))


def own_service() -> Service:
    """The service that was asked for."""
    service = db.one_or_404(select(Service).where(Service.number == asked("service")))
    require_bookable(service)
    return service


def require_bookable(service: Service):
    """Back to the first step where a service cannot be booked online any more."""
    if not service.bookable:
        flash(formats.not_online(g.company, service.name), "warning")
        abort(go(url_for("portal.booking.index")))


def require_room(count: int):
    """Who holds as many appointments as can be booked online is told so before they choose another one."""
    if refusal := too_many(count):
        abort(page("booking/portal/full.html", sentence=refusal))


def too_many(count: int) -> Refused | None:
    """The no to one more appointment for a customer who has booked `count` of them online."""
    return Refused(formats.too_many(g.company)) if count >= g.company.most_bookings else None


def held():
    """How many appointments to come this customer has booked online, as a column."""
    return Appointment.held_by(current_user.customer, clock.now()).scalar_subquery().label("held")


def own_booking(choice: Choice, starts_at: datetime | None) -> Appointment | None:
    """The visit this customer has booked already by the same choice."""
    same = {"service_id": choice.service.id, "property_id": choice.place.id, "starts_at": starts_at}
    return db.session.scalar(Appointment.of(current_user.customer).filter_by(**same, canceled_at=None))


def only_place(customer):
    """The number of a customer's only place, as a column; null for those with several or none."""
    number = select(case((func.count() == 1, func.min(Property.number))))
    return number.where(Property.customer_id == customer.id).scalar_subquery().label("place")


def asked(name: str) -> int | None:
    """A number from the address or the form; None for what cannot be one of ours."""
    number = request.values.get(name, type=int)
    return number if number and 0 < number < 2**31 else None
