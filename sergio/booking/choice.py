"""What a customer has chosen so far while booking: the service and the place, and whether the company comes there."""

from datetime import datetime
from typing import NamedTuple

from flask import abort, flash, request, url_for
from sqlalchemy import and_, bindparam, select

from sergio.auth.viewer import Viewer
from sergio.booking import formats, labels
from sergio.booking.availability import Availability
from sergio.booking.busy import with_hours
from sergio.booking.forms import BookingForm, booking_form
from sergio.booking.holds import OWN_HOLD, BookingHold
from sergio.booking.models import BOOKED_ONLINE, Appointment
from sergio.booking.services import ASKED, OF_SERVICE, Service, ServiceQuestion
from sergio.customers.properties import Property
from sergio.database.company_scope import COMPANY
from sergio.extensions import db
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.service_area import coverage
from sergio.service_area.coverage import IN, OUT, Address, Verdict
from sergio.service_area.models import AREA_VERSION, area_at
from sergio.service_area.travel import Trips, trips_to
from sergio.web.pages import go, page


class Choice(NamedTuple):
    """The service and place chosen so far, when they can be booked, and how many appointments were booked online.

    `hold` is what is held for the contact, or was.

    `asks_anyway` is whether the customer has asked for it although the place is outside the service area.
    """

    service: Service
    place: Property
    booked_online: int
    availability: Availability
    verdict: Verdict
    asks_anyway: bool
    hold: BookingHold | None

    @property
    def args(self) -> dict:
        """The same as query arguments."""
        chosen = {"service": self.service.number, "place": self.place.number}
        return chosen | ({"anyway": 1} if self.asks_anyway else {}) | booked_again()

    def held(self, starts_at: datetime | None) -> tuple[str, int]:
        """Until when the time is held, with the seconds that are left; that it no longer is; or nothing."""
        hold, now = self.hold, self.availability.now
        if hold is None or starts_at is None or hold.starts_at != starts_at:
            return "", 0
        if hold.held_until and hold.covers(self.service, starts_at, now):
            return formats.held_until(self.service.company, hold.held_until), (hold.held_until - now).seconds
        return _("This time is no longer held for you, but it is still free."), 0

    @property
    def is_request(self) -> bool:
        """Whether staff have to confirm it."""
        return self.service.asks_approval or self.verdict.status != IN or self.place.needs_approval


CURRENT = and_(
    Property.company_id == COMPANY, Property.customer_id == bindparam("customer_id"), Property.archived_at.is_(None)
)
OWN_PLACE = and_(CURRENT, Property.number == bindparam("place"))
OF_COMPANY = and_(Service.company_id == COMPANY, Service.number == bindparam("service"))
SERVICE = select(Service).where(OF_COMPANY)
SERVICE_AND_PLACE = select(Service, Property, AREA_VERSION.label("version"))
SERVICE_AND_PLACE = SERVICE_AND_PLACE.select_from(Service).join(Property, OWN_PLACE).where(OF_COMPANY)
TO_BOOK = SERVICE_AND_PLACE.add_columns(*ASKED).outerjoin(ServiceQuestion, OF_SERVICE).order_by(ServiceQuestion.id)
CHOICE = with_hours(
    SERVICE_AND_PLACE.add_columns(BOOKED_ONLINE.scalar_subquery(), BookingHold).outerjoin(BookingHold, OWN_HOLD)
)


def own_choice(viewer: Viewer, now: datetime) -> Choice:
    """The service and the customer's own place of the request; 404 if either does not exist. Where we do not come and
    the customer has not asked anyway, a page that says so instead.
    """
    rows = db.session.execute(CHOICE, of_customer(viewer, now) | chosen()).all() or abort(404)
    service, place, version, count, hold = rows[0][:5]
    require_bookable(service)
    verdict = verdict_on(place, version)
    availability = Availability(service, rows, now=now, trips=trips_to_place(place, version), hold=hold)
    choice = Choice(service, place, count, availability, verdict, asks_anyway(), hold)
    if verdict.status == OUT and not choice.asks_anyway:
        abort(outside(choice))
    return choice


def outside(choice: Choice):
    """The page for a place outside the service area; after a POST, the step of booking that shows it."""
    if request.method == "POST":
        return go(url_for("portal.booking.time", **choice.args))
    return page("booking/portal/outside.html", choice=choice)


class ToBook(NamedTuple):
    """The same in the transaction that books, with the version of the service area."""

    service: Service
    place: Property
    version: str | None

    def availability(self, now: datetime) -> Availability:
        return Availability(self.service, now=now, trips=trips_to_place(self.place, self.version))

    def mark(self) -> str:
        """Why the appointment is a request (`AREAS`). Raises `Refused` for a place outside the service area, unless the
        customer asks anyway.
        """
        status = verdict_on(self.place, self.version).status
        if status == OUT and not asks_anyway():
            raise Refused(f"{formats.outside(self.place)} {formats.or_reach_us(self.service.company)}".strip())
        return "" if status == IN else status


def own_choice_and_form(viewer: Viewer) -> tuple[ToBook, BookingForm]:
    """Service and place of the request, and the filled-in form with the service's questions."""
    rows = db.session.execute(TO_BOOK, viewer.whose | chosen()).all() or abort(404)
    choice = ToBook(*rows[0][:3])
    require_bookable(choice.service)
    return choice, booking_form([row[3:] for row in rows if row.id])


def verdict_on(place: Property, version: str | None) -> Verdict:
    """Whether the company comes to a place, by that version of its service area."""
    return coverage.covers(area_at(version, place.company), Address.of(place))


def trips_to_place(place: Property, version: str | None) -> Trips | None:
    return trips_to(area_at(version, place.company), Address.of(place), place.id)


def own_args() -> dict:
    """The query arguments of the next step, as they were sent."""
    chosen = {"service": requested("service"), "place": requested("place")}
    return chosen | ({"anyway": 1} if asks_anyway() else {}) | booked_again()


def booked_again() -> dict:
    """The appointment that the customer books again, as a query argument: its answers are filled in."""
    number = requested("again")
    return {"again": number} if number else {}


BEFORE = (
    select(Service.number.label("service"), Property.number.label("place"), Property.archived_at)
    .add_columns(Appointment.answers)
    .select_from(Appointment)
    .join(Service, Appointment.service_id == Service.id)
    .join(Property, Appointment.property_id == Property.id)
    .where(Appointment.company_id == COMPANY, Appointment.customer_id == bindparam("customer_id"))
    .where(Appointment.number == bindparam("again"))
)
"""What an own appointment was, to book it again."""


def before(viewer: Viewer):
    """The row of `BEFORE` of the appointment that the request names; None if it is not the customer's."""
    return db.session.execute(BEFORE, viewer.whose | {"again": requested("again")}).one_or_none()


def asks_anyway() -> bool:
    return request.values.get("anyway") == "1"


def chosen() -> dict:
    """The service and the place of the request, as parameters."""
    return {"service": requested("service"), "place": requested("place")}


def company_service(viewer: Viewer) -> Service:
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
    """The parameters of `BOOKED_ONLINE` and `OWN_HOLD`."""
    return viewer.whose | {"now": now, "contact_id": viewer.contact.id if viewer.contact else 0}


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
