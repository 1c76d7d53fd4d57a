"""When staff work, and when they are busy: their hours, appointments, time off, and the trips between appointments."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import (
    Integer,
    Select,
    String,
    and_,
    bindparam,
    cast,
    exists,
    false,
    func,
    null,
    or_,
    select,
    true,
    union_all,
)

from sergio.booking.calendars import BusyTime
from sergio.booking.holds import LIVE, OWN_HOLD, BookingHold
from sergio.booking.models import BOOKED_ONLINE, Appointment
from sergio.booking.services import Service, ServiceStaff
from sergio.booking.slices import AppointmentSlice
from sergio.booking.slots import Rota, epoch_minute
from sergio.booking.visitors import BookingVisitor
from sergio.customers.properties import Property
from sergio.extensions import db
from sergio.service_area import travel
from sergio.service_area.coverage import Address
from sergio.service_area.travel import Trips
from sergio.staff.models import StaffMember, TimeOff, WorkingHours


def with_hours(query, *on):
    """A query of `Service`, with one row for each of its staff's working hours: staff id, weekday, opens, closes.

    `on` are conditions for the hours. A service that names no staff is done by everyone who can be booked. If nobody
    does it, one row of NULLs.
    """
    company_id = Service.company_id
    has_named_staff = exists().where(ServiceStaff.service_id == Service.id)
    does_service = or_(~has_named_staff, has_named_staff.where(ServiceStaff.staff_id == StaffMember.id))
    bookable = and_(StaffMember.company_id == company_id, StaffMember.bookable, StaffMember.left_at.is_(None))
    hours = and_(WorkingHours.staff_id == StaffMember.id, *on)
    query = (
        query.select_from(Service).outerjoin(StaffMember, and_(bookable, does_service)).outerjoin(WorkingHours, hours)
    )
    staff_id = StaffMember.id.label("staff_id")
    return query.add_columns(staff_id, WorkingHours.weekday, WorkingHours.opens, WorkingHours.closes)


OF_SERVICE = Service.company_id == bindparam("company_id"), Service.id == bindparam("service_id")
HOURS = with_hours(select().where(*OF_SERVICE))
ON_DAYS = WorkingHours.weekday.in_(bindparam("weekdays", expanding=True))
LOAD = select(func.count()).where(
    AppointmentSlice.company_id == bindparam("company_id"),
    AppointmentSlice.staff_id == StaffMember.id,
    AppointmentSlice.quarter_hour.between(bindparam("first_quarter"), bindparam("last_quarter")),
    AppointmentSlice.appointment_id.is_distinct_from(bindparam("except_id")),
)
"""How many quarter hours of a day a staff member is taken, by others than an appointment."""
AT_TIME = select(LOAD.scalar_subquery().label("load")).where(*OF_SERVICE)
HOURS_AT_TIME = with_hours(AT_TIME, ON_DAYS)
HELD_ID = select(BookingHold.id).where(OWN_HOLD).scalar_subquery()
HOURS_TO_BOOK = with_hours(
    AT_TIME.add_columns(BOOKED_ONLINE.scalar_subquery().label("booked_online"), HELD_ID.label("held_id")), ON_DAYS
)
"""With how many appointments the customer has booked, and the hold of the contact, if there is one."""


def hours_now(service: Service) -> Sequence:
    """The working hours of a service's staff, as `with_hours` adds them, read again."""
    return db.rows(HOURS, of_service(service))


def of_service(service: Service) -> dict[str, int]:
    """The parameters of `HOURS`."""
    return {"company_id": service.company_id, "service_id": service.id}


NO_PLACE = (cast(null(), Integer), *(cast(null(), String) for _part in ("city", "region", "postal code")))
OFF = select(TimeOff.staff_id, TimeOff.starts_at, TimeOff.ends_at, false()).where(
    TimeOff.company_id == bindparam("company_id"),
    TimeOff.ends_at > bindparam("since"),
    TimeOff.starts_at < bindparam("until"),
)
BUSY = select(BusyTime.staff_id, BusyTime.starts_at, BusyTime.ends_at, false()).where(
    BusyTime.company_id == bindparam("company_id"),
    BusyTime.ends_at > bindparam("since"),
    BusyTime.starts_at < bindparam("until"),
)
"""By the other calendars of staff."""
STARTS_AT = func.coalesce(Appointment.starts_at, Appointment.starts_at)
"""Without an index: by the one of `starts_at`, SQLite would read all appointments of the past."""

APPOINTMENTS = select(Appointment.staff_id, Appointment.starts_at, Appointment.free_at, true()).where(
    Appointment.company_id == bindparam("company_id"),
    Appointment.canceled_at.is_(None),
    Appointment.free_at > bindparam("since"),
    bindparam("until") > STARTS_AT,
    Appointment.id != bindparam("except_id"),
)
WANTED = select(Appointment.wanted_staff_id, Appointment.wanted_starts_at, Appointment.wanted_free_at, true()).where(
    Appointment.company_id == bindparam("company_id"),
    Appointment.wanted_free_at > bindparam("since"),
    Appointment.wanted_starts_at < bindparam("until"),
    Appointment.id != bindparam("except_id"),
)
"""Times that are held for customers who have asked for them instead of their own."""
HELD = select(BookingHold.staff_id, BookingHold.starts_at, BookingHold.free_at, true()).where(
    BookingHold.company_id == bindparam("company_id"),
    LIVE,
    BookingHold.free_at > bindparam("since"),
    BookingHold.starts_at < bindparam("until"),
    BookingHold.id != bindparam("except_hold"),
)
"""Times that are held for customers who are booking them."""
TAKEN = union_all(OFF, BUSY, APPOINTMENTS, WANTED, HELD)


def with_place(rows: Select) -> Select:
    """Appointments with their service address, for the trip from there."""
    columns = Property.id, Property.city, Property.region, Property.postal_code
    return rows.join(Property, Appointment.property_id == Property.id).add_columns(*columns)


def with_place_of_hold(rows: Select) -> Select:
    """Holds with the service address of the customer, or the one that the visitor has typed."""
    names = ("city", "region", "postal_code")
    parts = (func.coalesce(getattr(Property, name), getattr(BookingVisitor, name)) for name in names)
    rows = rows.outerjoin(Property, BookingHold.property_id == Property.id)
    return rows.outerjoin(BookingVisitor, BookingHold.visitor_id == BookingVisitor.id).add_columns(Property.id, *parts)


TAKEN_WITH_PLACES = union_all(
    *(OFF.add_columns(*NO_PLACE), BUSY.add_columns(*NO_PLACE)),
    *(with_place(APPOINTMENTS), with_place(WANTED), with_place_of_hold(HELD)),
)


def taken(
    company,
    since: datetime,
    until: datetime,
    *,
    now: datetime,
    appointment: Appointment | None,
    hold: BookingHold | None,
    trips: Trips | None = None,
) -> Sequence:
    """Rows (staff id, from, until, is an appointment) of appointments and holds at `now` (but `appointment` and `hold`)
    and of time off and busy times that last into the time from `since` to `until`.

    Time off of everyone has no staff id. For `trips`, the rows have the service address, and those of appointments from
    which a trip could last into that time are among them.
    """
    reach = timedelta(minutes=travel.MOST if trips else 0)
    between = {"company_id": company.id, "since": since - reach, "until": until + reach}
    but = {"except_id": appointment.id if appointment else 0, "except_hold": hold.id if hold else 0, "now": now}
    return db.rows(TAKEN_WITH_PLACES if trips else TAKEN, between | but)


def rotas(rows: Sequence, taken: Sequence, trips: Trips | None = None) -> list[Rota]:
    """The rows of `with_hours` and `taken` by staff member, with the minutes of the trip to each appointment."""
    found: dict[int, Rota] = {}
    for *_what, staff_id, weekday, opens, closes in rows:
        if staff_id not in found:
            found[staff_id] = Rota(staff_id, [], [], [], [])
        if opens is not None:
            found[staff_id].hours.append((weekday, opens, closes))
    for staff_id, starts_at, ends_at, is_appointment, *place in taken:
        whose = found.values() if staff_id is None else [found[staff_id]] if staff_id in found else []
        if not whose:
            continue
        span = span_of(starts_at, ends_at)
        trip = [minutes_from(place, trips)] if is_appointment and trips else []
        for rota in whose:
            spans = rota.appointments if is_appointment else rota.off
            spans.append(span)
            rota.trips.extend(trip)
    return list(found.values())


def span_of(starts_at: datetime, ends_at: datetime) -> tuple[int, int]:
    return epoch_minute(starts_at), -(-int(ends_at.timestamp()) // 60)


def minutes_from(place: Sequence, trips: Trips) -> int:
    property_id, city, region, postal_code = place
    return trips.minutes(Address(city, region, postal_code), property_id)
