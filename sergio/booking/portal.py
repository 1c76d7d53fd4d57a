"""Booking online in four steps: service, place, time, details. The URL of each step holds what was chosen before."""

from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlencode

from flask import Blueprint, abort, flash, request, url_for
from sqlalchemy import and_, bindparam, case, func, select
from sqlalchemy.exc import IntegrityError

import sergio.booking.jobs  # noqa: F401 - the worker finds its jobs by name
from sergio.auth.viewer import Viewer, viewer
from sergio.booking import formats, labels
from sergio.booking.appointments import bp as appointments
from sergio.booking.availability import Availability, with_hours
from sergio.booking.forms import BookingForm, PlaceForm, booking_form
from sergio.booking.models import BOOKED_ONLINE, Appointment, Taken
from sergio.booking.services import ASKED, OF_SERVICE, QUESTIONS, Service, ServiceQuestion
from sergio.booking.time_picker import TimePicker, day_of, instant_of, value_of
from sergio.customers.properties import PLACES, Property
from sergio.database.company_scope import COMPANY
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
    if "service" in request.args:
        return go(url_for(".place", service=request.args["service"]))
    rows = db.rows(OFFERS, of_customer(viewer, clock.now()))
    if not rows:
        return page("booking/portal/closed.html")
    require_below_limit(viewer, rows[0].count)
    return page("booking/portal/services.html", offers=[labels.offer(row, viewer.company) for row in rows])


@bp.get("/place")
def place():
    service = company_service()
    found = db.session.execute(BOOKED_ONLINE, of_customer(viewer, clock.now()))
    require_below_limit(viewer, found.scalar_one())
    return places(viewer, service, PlaceForm())


@bp.post("/place")
@limits.places
@returns_form
def new_place():
    """Add a place to the customer's, and continue with it."""
    service = company_service()
    form = PlaceForm()
    if not form.validate_on_submit():
        return places(viewer, service, form, 422)
    chosen = form.place_of(viewer.customer, by=viewer.by, now=clock.now())
    db.session.commit()
    return go(url_for(".time", service=service.number, place=chosen.number))


@bp.get("/time")
def time():
    choice = own_choice(viewer, clock.now())
    require_below_limit(viewer, choice.booked_online)
    urls = (f"{url_for(step)}?{urlencode(choice.args)}&" for step in (".time", ".details"))
    times = TimePicker(choice.availability, day_of(request.args.get("day")), *urls)
    length = formats.length(choice.service.minutes)
    return page("booking/portal/time.html", "times", choice=choice, times=times, length=length)


@bp.get("/details")
def details():
    return summary(viewer, own_choice(viewer, clock.now()), form_asked(), instant_of(request.args.get("at")))


@bp.post("")
@returns_form
def create():
    """Book the time. If it was just taken, show the page again with other times and the notes as typed. The press is
    counted last: in the transaction that books, or alone where nothing was booked.
    """
    limits.booking.refuse()
    service, place, form = own_choice_and_form(viewer)
    starts_at = instant_of(request.form.get("at"))
    number = book(viewer, service, place, starts_at, form) if form.validate_on_submit() and starts_at else None
    limits.booking.hit()
    db.session.commit()
    if number is None:
        return summary(viewer, own_choice(viewer, clock.now()), form, starts_at, 422)
    return go(url_for("portal.appointments.confirmation", number=number))


def book(viewer: Viewer, service: Service, place: Property, starts_at: datetime, form: BookingForm) -> int | None:
    """The number of the new appointment; None, with nothing changed, if it is refused."""
    contact, now = viewer.contact or abort(403), clock.now()
    said = {"notes": form.text, "answers": form.answers, "by": viewer.by, "now": now}
    try:
        return Appointment.book(Availability(service, now=now), contact, place, starts_at, **said).number
    except (Refused, IntegrityError):
        db.session.rollback()
        return None


def form_asked() -> BookingForm:
    """The form with the questions of the service of the request."""
    return booking_form(db.session.execute(QUESTIONS, viewer.whose | {"service": requested("service")}).all())


def places(viewer: Viewer, service: Service, form: PlaceForm, status: int = 200):
    """The customer's places, and a form for another one."""
    known = db.session.scalars(PLACES, viewer.whose).all()
    return page("booking/portal/place.html", "new_place", status=status, service=service, places=known, form=form)


def summary(viewer: Viewer, choice: "Choice", form: BookingForm, starts_at: datetime | None, status: int = 200):
    """The page before booking; if the time is not free, with the reason and free times nearby.

    If the customer has already booked exactly this (pressed twice, went back), redirect to its confirmation.
    """
    refusal = choice.availability.refusal_for(starts_at) if starts_at else Refused(_("Choose a time."))
    if (isinstance(refusal, Taken) or status == 422) and (number := own_booking(viewer, choice, starts_at)):
        return go(url_for("portal.appointments.confirmation", number=number))
    refusal = over_limit(viewer, choice.booked_online) or refusal
    times = TimePicker(choice.availability, choice.availability.nearest(starts_at))
    facts = {"choice": choice, "form": form, "refusal": refusal, "times": times, "labels": labels}
    return page(
        "booking/portal/details.html", "booking", status=status, starts_at=starts_at, value_of=value_of, **facts
    )


class Choice(NamedTuple):
    """The service and place chosen so far, when they can be booked, and how many appointments were booked online."""

    service: Service
    place: Property
    booked_online: int
    availability: Availability

    @property
    def args(self) -> dict:
        """The same as query arguments."""
        return {"service": self.service.number, "place": self.place.number}


CURRENT = and_(
    Property.company_id == COMPANY, Property.customer_id == bindparam("customer_id"), Property.archived_at.is_(None)
)
OWN_PLACE = and_(CURRENT, Property.number == bindparam("place"))
OF_COMPANY = and_(Service.company_id == COMPANY, Service.number == bindparam("service"))
SERVICE = select(Service).where(OF_COMPANY)
SERVICE_AND_PLACE = select(Service, Property).select_from(Service).join(Property, OWN_PLACE).where(OF_COMPANY)
TO_BOOK = SERVICE_AND_PLACE.add_columns(*ASKED).outerjoin(ServiceQuestion, OF_SERVICE).order_by(ServiceQuestion.id)
ONLY_PLACE = select(case((func.count() == 1, func.min(Property.number)))).where(CURRENT)
"""The number of a customer's only place; NULL for several or none."""
OFFERS = Service.offers().add_columns(
    ONLY_PLACE.scalar_subquery().label("place"), BOOKED_ONLINE.scalar_subquery().label("count")
)
CHOICE = with_hours(SERVICE_AND_PLACE.add_columns(BOOKED_ONLINE.scalar_subquery()))


def own_choice(viewer: Viewer, now: datetime) -> Choice:
    """The service and the customer's own place of the request; 404 if either does not exist."""
    rows = db.session.execute(CHOICE, of_customer(viewer, now) | chosen()).all() or abort(404)
    service, place, count = rows[0][:3]
    require_bookable(service)
    return Choice(service, place, count, Availability(service, rows, now=now))


def own_choice_and_form(viewer: Viewer) -> tuple[Service, Property, BookingForm]:
    """The same without what can be booked, and the filled-in form with the service's questions."""
    rows = db.session.execute(TO_BOOK, viewer.whose | chosen()).all() or abort(404)
    service, place = rows[0][:2]
    require_bookable(service)
    return service, place, booking_form([row[2:] for row in rows if row.id])


def chosen() -> dict:
    """The service and the place of the request, as parameters."""
    return {"service": requested("service"), "place": requested("place")}


def company_service() -> Service:
    """The service of the request; 404 for any other."""
    service = db.one_or_404(SERVICE, {"company_id": viewer.company.id, "service": requested("service")})
    require_bookable(service)
    return service


def require_bookable(service: Service):
    """Redirect to the first step if the service can no longer be booked online."""
    if not service.bookable:
        flash(labels.not_online(service.company, service.name), "warning")
        abort(go(url_for("portal.booking.index")))


def require_below_limit(viewer: Viewer, count: int):
    """Show a page instead to a customer who has reached the limit, before they choose a time."""
    if refusal := over_limit(viewer, count):
        abort(page("booking/portal/full.html", sentence=refusal))


def over_limit(viewer: Viewer, count: int) -> Refused | None:
    return Refused(formats.too_many(viewer.company)) if count >= viewer.company.most_bookings else None


def of_customer(viewer: Viewer, now: datetime) -> dict:
    """The parameters of `BOOKED_ONLINE`."""
    return viewer.whose | {"now": now}


SAME_BOOKING = select(Appointment.number).where(
    Appointment.company_id == bindparam("company_id"),
    Appointment.customer_id == bindparam("customer_id"),
    Appointment.property_id == bindparam("property_id"),
    Appointment.service_id == bindparam("service_id"),
    Appointment.starts_at == bindparam("starts_at"),
    Appointment.canceled_at.is_(None),
)


def own_booking(viewer: Viewer, choice: Choice, starts_at: datetime | None) -> int | None:
    """The number of the customer's existing appointment for the same choice and time."""
    chosen = {"property_id": choice.place.id, "service_id": choice.service.id, "starts_at": starts_at}
    return db.session.scalar(SAME_BOOKING, viewer.whose | chosen)


def requested(name: str) -> int | None:
    """A number in the query or the form; None if it cannot be a row's number."""
    number = request.values.get(name, type=int)
    return number if number and 0 < number < 2**31 else None
