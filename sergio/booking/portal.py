"""Booking online in four steps: service, place, time, details. The URL of each step holds what was chosen before."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, abort, request, url_for
from sqlalchemy import case, func, select
from sqlalchemy.exc import IntegrityError

import sergio.booking.jobs  # noqa: F401 - the worker finds its jobs by name
from sergio.auth.viewer import Viewer, viewer
from sergio.booking import formats, labels
from sergio.booking.appointments import bp as appointments
from sergio.booking.choice import (
    CURRENT,
    Choice,
    ToBook,
    before,
    booked_again,
    company_service,
    of_customer,
    over_limit,
    own_args,
    own_booking,
    own_choice,
    own_choice_and_form,
    requested,
    require_below_limit,
)
from sergio.booking.forms import BookingForm, PlaceForm, booking_form
from sergio.booking.holds import BookingHold, hold_of
from sergio.booking.models import BOOKED_ONLINE, Appointment, Taken
from sergio.booking.services import QUESTIONS, Service
from sergio.booking.time_picker import TimePicker, day_of, instant_of, value_of
from sergio.customers.properties import PLACES, Property
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.web import limits
from sergio.web.csrf import returns_form
from sergio.web.pages import go, page

__all__ = ["appointments", "bp"]

bp = Blueprint("booking", __name__, url_prefix="/book")


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
    here, there = (f"{url_for(step, **choice.args)}&" for step in (".time", ".details"))
    times = TimePicker(choice.availability, day_of(request.args.get("day")), here, "" if viewer.contact else there)
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


@bp.get("/details")
def details():
    choice = own_choice(viewer, clock.now())
    form = form_asked(choice.hold.typed if choice.hold else {})
    return summary(viewer, choice, form, instant_of(request.args.get("at")))


@bp.post("/typed")
def keep():
    """Keep what was typed so far, and go back to an earlier step."""
    form = own_choice_and_form(viewer)[1]
    if held := hold_of(viewer.contact or abort(403)):
        held.keep(form.typed)
        db.session.commit()
    step = STEPS.get(request.args.get("step", "")) or abort(400)
    args: dict[str, Any] = {} if step == ".index" else own_args() | {"day": request.form.get("day")}
    return go(url_for(step, **args))


@bp.post("")
@returns_form
def create():
    """Book the time. If it was just taken, show the page again with other times and the notes as typed. The press is
    counted last: in the transaction that books, or alone where nothing was booked.
    """
    limits.booking.refuse()
    choice, form = own_choice_and_form(viewer)
    starts_at = instant_of(request.form.get("at"))
    number = book(viewer, choice, starts_at, form) if form.validate_on_submit() and starts_at else None
    limits.booking.hit()
    db.session.commit()
    if number is None:
        return summary(viewer, own_choice(viewer, clock.now()), form, starts_at, 422)
    return go(url_for("portal.appointments.confirmation", number=number))


def book(viewer: Viewer, choice: ToBook, starts_at: datetime, form: BookingForm) -> int | None:
    """The number of the new appointment; None, with nothing changed, if it is refused."""
    contact, now = viewer.contact or abort(403), clock.now()
    said = {"notes": form.text, "answers": form.answers, "by": viewer.by, "now": now}
    try:
        availability = choice.availability(now)
        return Appointment.book(availability, contact, choice.place, starts_at, area=choice.mark(), **said).number
    except (Refused, IntegrityError):
        db.session.rollback()
        return None


def form_asked(typed: dict) -> BookingForm:
    """The form with the questions of the service of the request, and what was typed before."""
    questions = db.session.execute(QUESTIONS, viewer.whose | {"service": requested("service")}).all()
    return booking_form(questions, typed or answers_before(questions))


def answers_before(questions: Sequence) -> dict:
    """The values of the form from the appointment that the customer books again."""
    row = before(viewer) if booked_again() else None
    answers = dict(row.answers) if row else {}
    return {f"question_{each.id}": answers[each.wording] for each in questions if each.wording in answers}


def places(viewer: Viewer, service: Service, form: PlaceForm, status: int = 200):
    """The customer's places, and a form for another one."""
    known = db.session.scalars(PLACES, viewer.whose).all()
    block = "town" if "postal_code" in request.args else "new_place"
    return page("booking/portal/place.html", block, status=status, service=service, places=known, form=form)


def summary(viewer: Viewer, choice: Choice, form: BookingForm, starts_at: datetime | None, status: int = 200):
    """The page before booking; if the time is not free, with the reason and free times nearby.

    If the customer has already booked exactly this (pressed twice, went back), redirect to its confirmation.
    """
    refusal = choice.availability.refusal_for(starts_at) if starts_at else Refused(_("Choose a time."))
    if (isinstance(refusal, Taken) or status == 422) and (number := own_booking(viewer, choice, starts_at)):
        return go(url_for("portal.appointments.confirmation", number=number))
    refusal = over_limit(viewer, choice.booked_online) or refusal
    times = TimePicker(choice.availability, choice.availability.nearest(starts_at))
    facts = {"choice": choice, "form": form, "refusal": refusal, "times": times, "labels": labels}
    facts["formats"] = formats
    facts["held"] = choice.held(starts_at)
    return page(
        "booking/portal/details.html", "booking", status=status, starts_at=starts_at, value_of=value_of, **facts
    )


STEPS = {"service": ".index", "place": ".place", "time": ".time"}
ONLY_PLACE = select(case((func.count() == 1, func.min(Property.number)))).where(CURRENT)
"""The number of a customer's only place; NULL for several or none."""
OFFERS = Service.offers().add_columns(
    ONLY_PLACE.scalar_subquery().label("place"), BOOKED_ONLINE.scalar_subquery().label("count")
)
