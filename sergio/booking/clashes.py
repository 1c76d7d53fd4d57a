"""What speaks against several times of one staff member at once, read by three statements however many they are."""

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import cache
from typing import NamedTuple

from sqlalchemy import Select, bindparam, or_, select, union_all

from sergio.booking.calendars import BusyTime
from sergio.booking.models import Appointment, free_again
from sergio.booking.services import Service
from sergio.booking.slices import AppointmentSlice, quarters_between
from sergio.companies.models import Company
from sergio.customers.models import Customer
from sergio.database.company_scope import COMPANY
from sergio.database.engines import Utc
from sergio.extensions import db
from sergio.lib.language import gettext as _
from sergio.staff.models import StaffMember, TimeOff


class Work(NamedTuple):
    """A service at an address by a staff member, of that length."""

    service: Service
    member: StaffMember
    property_id: int
    minutes: int

    @property
    def company(self) -> Company:
        return self.service.company

    def free_at(self, starts_at: datetime) -> datetime:
        return free_again(starts_at + timedelta(minutes=self.minutes), self.service.buffer_minutes)


def clashes(
    work: Work, times: Collection[datetime], besides: Collection[int] = (), *, now: datetime
) -> dict[datetime, str]:
    """Those of the times that are not free, each with a sentence that says why. `besides` are the ids of appointments
    that will not be where they are.
    """
    if not times:
        return {}
    found = {}
    taken, off = taken_quarters(work, times, besides, now), off_within(work, min(times), work.free_at(max(times)))
    there = at_the_address(work, times, besides)
    for at in times:
        row = next((taken[each] for each in quarters_between(at, work.free_at(at)) if each in taken), None)
        if row and row.service is None:
            found[at] = _("A customer is booking that time right now.")
        elif row:
            facts = {"name": work.member.name, "service": row.service, "customer": row.customer}
            found[at] = _("%(name)s has %(service)s for %(customer)s.", **facts)
        elif at in there:
            found[at] = _("This customer already has this service there at that time.")
        elif any(row.starts_at < work.free_at(at) and row.ends_at > at for row in off):
            found[at] = _("%(name)s has time off or is busy.", name=work.member.name)
    return {at: f"{work.company.format_moment(at)}: {why}" for at, why in found.items()}


def taken_quarters(work: Work, times: Collection[datetime], besides: Collection[int], now: datetime) -> dict:
    """The rows of appointments, and of holds without a service, by the quarter hours of these times that they take."""
    quarters = [each for at in times for each in quarters_between(at, work.free_at(at))]
    asked = {"company_id": work.company.id, "staff_id": work.member.id, "quarters": quarters, "now": now}
    rows = db.session.execute(appointments_at(), asked)
    return {row.quarter_hour: row for row in rows if row.appointment_id not in besides}


def off_within(work: Work, begin: datetime, end: datetime) -> list:
    asked = {"company_id": work.company.id, "staff_id": work.member.id, "begin": begin, "end": end}
    return list(db.session.execute(OFF, asked))


def at_the_address(work: Work, times: Collection[datetime], besides: Collection[int]) -> set[datetime]:
    """The times at which the customer has the same service at the same address."""
    where = {"property_id": work.property_id, "service_id": work.service.id}
    rows = db.session.execute(same_bookings(), {"company_id": work.company.id, **where, "times": list(times)})
    return {row.starts_at for row in rows if row.id not in besides}


@cache
def appointments_at() -> Select:
    of_quarter = AppointmentSlice.quarter_hour, AppointmentSlice.appointment_id
    rows = select(*of_quarter, Service.name.label("service"), Customer.name.label("customer"))
    rows = rows.select_from(AppointmentSlice)
    rows = rows.outerjoin(Appointment, AppointmentSlice.appointment_id == Appointment.id)
    rows = rows.outerjoin(Service, Appointment.service_id == Service.id)
    rows = rows.outerjoin(Customer, Appointment.customer_id == Customer.id)
    mine = AppointmentSlice.company_id == COMPANY, AppointmentSlice.staff_id == bindparam("staff_id")
    lives = AppointmentSlice.held_until.is_(None) | (AppointmentSlice.held_until > bindparam("now", type_=Utc))
    return rows.where(*mine, lives, AppointmentSlice.quarter_hour.in_(bindparam("quarters", expanding=True)))


@cache
def same_bookings() -> Select:
    mine = Appointment.company_id == COMPANY, Appointment.property_id == bindparam("property_id")
    same = Appointment.service_id == bindparam("service_id"), Appointment.canceled_at.is_(None)
    then = Appointment.starts_at.in_(bindparam("times", expanding=True, type_=Utc))
    return select(Appointment.id, Appointment.starts_at).where(*mine, *same, then)


def within(table: type[TimeOff | BusyTime]) -> Select:
    """The rows of a table of times that touch a period, of the staff member or of everyone."""
    whose = or_(table.staff_id == bindparam("staff_id"), table.staff_id.is_(None))
    touching = table.starts_at < bindparam("end", type_=Utc), table.ends_at > bindparam("begin", type_=Utc)
    return select(table.starts_at, table.ends_at).where(table.company_id == COMPANY, whose, *touching)


OFF = union_all(within(TimeOff), within(BusyTime))
