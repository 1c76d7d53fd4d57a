"""What the office should know before it gives an appointment a time: who has what then, and which rules it breaks."""

from collections import Counter
from datetime import datetime
from functools import cache
from typing import NamedTuple

from sqlalchemy import Row, Select, bindparam, func, select, union_all
from sqlalchemy.orm import selectinload

from sergio.booking import formats, handover
from sergio.booking.agenda import rows_of
from sergio.booking.availability import Availability
from sergio.booking.busy import STARTS_AT
from sergio.booking.models import MINUTE, Appointment
from sergio.booking.plan_forms import PlanForm
from sergio.booking.services import Service
from sergio.booking.slots import QUARTER, days_from, epoch_minute, free_again, instant, opening
from sergio.companies.models import Company
from sergio.database.company_scope import COMPANY
from sergio.database.engines import Utc
from sergio.extensions import db
from sergio.lib.language import gettext as _
from sergio.staff.models import StaffMember

MOST_FREE, MOST_A_DAY = 8, 3


class Plan(NamedTuple):
    """A service at a time with a staff member; `appointment` is the one that is moved, None for a new one."""

    service: Service
    member: StaffMember
    starts_at: datetime
    minutes: int
    appointment: Appointment | None = None

    @property
    def company(self) -> Company:
        return self.service.company

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + self.minutes * MINUTE

    @property
    def times(self) -> dict:
        """The parameters of the statements on this plan."""
        appointment = self.appointment
        same = appointment is not None and appointment.minutes == self.minutes
        buffer = appointment.buffer_minutes if appointment and same else self.service.buffer_minutes
        return {
            "company_id": self.company.id,
            "staff_id": self.member.id,
            "service_id": self.service.id,
            "begin": instant(epoch_minute(self.starts_at) // QUARTER * QUARTER),
            "end": free_again(self.ends_at, buffer),
            "except_id": appointment.id if appointment else 0,
        }


def is_refused(plan: Plan, property_id: int, form: PlanForm, now: datetime) -> bool:
    """Note in the form what speaks against a plan at a service address, rules of booking only until the office says
    "anyway".
    """
    form.collisions = collisions(plan)
    if is_there_already(plan, property_id):
        form.collisions.append(_("This customer already has this service there at that time."))
    form.warnings = [] if form.anyway.data else warnings(plan, now)
    return bool(form.collisions or form.warnings)


def collisions(plan: Plan) -> list[str]:
    """A sentence for each appointment that the staff member has then. None of them gives way."""
    rows = sorted(db.session.execute(COLLISIONS, plan.times), key=lambda row: row.starts_at)
    return [collision(plan.company, row) for row in rows]


def collision(company: Company, row: Row) -> str:
    facts = {
        "name": row.staff,
        "service": row.service,
        "customer": row.customer,
        "day": company.format_day(row.starts_at),
        "hours": formats.span(company, row.starts_at, row.ends_at),
    }
    if row.held:
        return _("%(name)s's time on %(day)s, %(hours)s, is held for a request of %(customer)s.", **facts)
    return _("%(name)s has %(service)s for %(customer)s on %(day)s, %(hours)s.", **facts)


def warnings(plan: Plan, now: datetime) -> list[str]:
    """What is unusual about the plan, and allowed. How far ahead customers must book does not bind the office."""
    name = plan.member.name
    found = []
    if plan.starts_at < now:
        found.append(_("That time has passed."))
    if not db.session.scalar(handover.DOES, plan.times):
        found.append(_("%(name)s does not do this service.", name=name))
    if db.session.scalar(handover.IS_OFF, plan.times):
        found.append(_("%(name)s has time off then.", name=name))
    elif db.session.scalar(handover.IS_BUSY, plan.times):
        found.append(_("%(name)s's other calendar shows them as busy then.", name=name))
    elif not works(plan):
        found.append(_("That is outside %(name)s's working hours.", name=name))
    return found


def works(plan: Plan) -> bool:
    """Whether the appointment lies within the weekly hours."""
    company = plan.company
    first, last = company.day(plan.starts_at), company.day(plan.ends_at)
    days = days_from(first, (last - first).days + 1, company.zone)
    hours = [(row.weekday, row.opens, row.closes) for row in plan.member.hours]
    begin, end = epoch_minute(plan.starts_at), -(-int(plan.ends_at.timestamp()) // 60)
    return any(opens <= begin and end <= closes for opens, closes in opening(days, hours))


def free_times(availability: Availability, staff_id: int | None, near: datetime | None) -> list[tuple[datetime, int]]:
    """Some free times, a few a day, each with a staff member: the next ones, or those nearest to a time."""
    free = [
        (instant(start), staff_id if staff_id else staff_ids[0])
        for start, staff_ids in availability.slots.items()
        if staff_id is None or staff_id in staff_ids
    ]
    if near:
        free.sort(key=lambda each: abs(each[0] - near))
    counts: Counter = Counter()
    chosen = []
    for each in free:
        counts[availability.company.day(each[0])] += 1
        if counts[availability.company.day(each[0])] <= MOST_A_DAY:
            chosen.append(each)
        if len(chosen) == MOST_FREE:
            break
    return sorted(chosen)


def bookable_staff(company: Company) -> list[StaffMember]:
    """Who gets appointments, by name."""
    members = db.session.scalars(everyone(), {"company_id": company.id})
    return [member for member in members if member.bookable]


@cache
def everyone() -> Select:
    """The company's staff with their working hours."""
    return StaffMember.present().options(selectinload(StaffMember.hours))


def busy(staff_id, starts_at, free_at, *, held: int):
    """The appointments of a staff member that touch a period, without `except_id`."""
    rows = rows_of(staff_id, starts_at, Appointment.ends_at if not held else free_at, held=held)
    rows = rows.where(staff_id == bindparam("staff_id"), free_at > bindparam("begin", type_=Utc))
    rows = rows.where(Appointment.canceled_at.is_(None), Appointment.id != bindparam("except_id"))
    begins = starts_at if held else STARTS_AT
    return rows.where(Appointment.company_id == COMPANY, begins < bindparam("end", type_=Utc))


COLLISIONS = union_all(
    busy(Appointment.staff_id, Appointment.starts_at, Appointment.free_at, held=0),
    busy(Appointment.wanted_staff_id, Appointment.wanted_starts_at, Appointment.wanted_free_at, held=1),
)
"""Sorted where it is used: to have them in order, SQLite would go through all appointments."""
SAME_BOOKING = select(func.count(Appointment.id)).where(
    Appointment.company_id == COMPANY,
    Appointment.property_id == bindparam("property_id"),
    Appointment.service_id == bindparam("service_id"),
    Appointment.starts_at == bindparam("starts_at", type_=Utc),
    Appointment.canceled_at.is_(None),
    Appointment.id != bindparam("except_id"),
)


def is_there_already(plan: Plan, property_id: int) -> bool:
    """Whether the same service is already planned at that place and time, which the database allows once."""
    times = plan.times | {"property_id": property_id, "starts_at": plan.starts_at}
    return bool(db.session.scalar(SAME_BOOKING, {name: times[name] for name in SAME_PARAMETERS}))


SAME_PARAMETERS = ("company_id", "property_id", "service_id", "starts_at", "except_id")
