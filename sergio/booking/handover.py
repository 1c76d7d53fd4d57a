"""Giving a staff member's coming appointments to a colleague who is free then, and removing someone from the team."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import BindParameter, Select, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import joinedload

from sergio.audit.actor import Actor
from sergio.booking.busy import STARTS_AT
from sergio.booking.calendars import BusyTime
from sergio.booking.models import Appointment
from sergio.booking.services import ServiceStaff
from sergio.companies.models import Company
from sergio.database.company_scope import COMPANY
from sergio.database.engines import Utc
from sergio.extensions import db
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.staff.models import StaffMember, TimeOff


def coming(company: Company, member: StaffMember, now: datetime) -> Sequence[Appointment]:
    """Their appointments that are not over, the next first."""
    whose = {"company_id": company.id, "staff_id": member.id, "now": now}
    return db.session.scalars(of_member(), whose).all()


def remove(member: StaffMember, successor: StaffMember | None, *, by: Actor, now: datetime) -> tuple[int, int]:
    """Remove them from the team, and give what can be given to `successor`; returns how many were given, and how many
    appointments stay with the one who left, because the successor is not free then. Nobody is booked twice.
    """
    appointments = coming(member.company, member, now)
    member.leave(by=by, at=now)
    given = [each for each in appointments if successor and give(each, successor, by=by, now=now)]
    return len(given), len(appointments) - len(given)


def give(appointment: Appointment, member: StaffMember, *, by: Actor, now: datetime) -> bool:
    """Give it to a colleague; False, with nothing changed, if they cannot take it (`why_not`)."""
    if why_not(appointment, member):
        return False
    try:
        appointment.hand_over(member, by=by, now=now)
    except Refused:
        return False
    return True


def why_not(appointment: Appointment, member: StaffMember) -> str:
    """Why a colleague cannot take an appointment, other appointments aside; empty if they can."""
    if member.left_at or not member.bookable:
        return _("%(name)s doesn't take appointments.", name=member.name)
    if not db.session.scalar(DOES, of(appointment, member)):
        return _("%(name)s does not do this service.", name=member.name)
    if db.session.scalar(IS_OFF, of(appointment, member)):
        return _("%(name)s has time off then.", name=member.name)
    if db.session.scalar(IS_BUSY, of(appointment, member)):
        return _("%(name)s's other calendar shows them as busy then.", name=member.name)
    return ""


def of(appointment: Appointment, member: StaffMember) -> dict:
    """The parameters of `DOES`, `IS_OFF` and `IS_BUSY`."""
    times = {"begin": appointment.starts_at, "end": appointment.free_at}
    return {
        "company_id": appointment.company_id,
        "service_id": appointment.service_id,
        "staff_id": member.id,
        **times,
    }


NAMED = exists().where(ServiceStaff.company_id == COMPANY, ServiceStaff.service_id == bindparam("service_id"))
DOES = select(func.count()).where(or_(~NAMED, NAMED.where(ServiceStaff.staff_id == bindparam("staff_id"))))
IS_OFF = select(func.count(TimeOff.id)).where(
    TimeOff.company_id == COMPANY,
    or_(TimeOff.staff_id == bindparam("staff_id"), TimeOff.staff_id.is_(None)),
    TimeOff.starts_at < bindparam("end", type_=Utc),
    TimeOff.ends_at > bindparam("begin", type_=Utc),
)
IS_BUSY = select(func.count(BusyTime.id)).where(
    BusyTime.company_id == COMPANY,
    BusyTime.staff_id == bindparam("staff_id"),
    BusyTime.starts_at < bindparam("end", type_=Utc),
    BusyTime.ends_at > bindparam("begin", type_=Utc),
)
NOW: BindParameter[datetime] = bindparam("now", type_=Utc)
"""Conditions on `ends_at` and `free_at`, which is never before it: the index is of `free_at`."""
ORPHANS = (
    select(StaffMember.id, StaffMember.name, func.count(Appointment.id).label("count"))
    .join(Appointment, Appointment.staff_id == StaffMember.id)
    .where(StaffMember.company_id == COMPANY, StaffMember.left_at.is_not(None))
    .where(Appointment.company_id == COMPANY, Appointment.is_coming(NOW), Appointment.free_at > NOW)
    .group_by(StaffMember.id, StaffMember.name)
    .order_by(StaffMember.name)
)
"""Who left and still has coming appointments, and how many."""
COLLIDING = (
    select(TimeOff.id, Appointment.number, Appointment.starts_at, Appointment.staff_id, StaffMember.name)
    .select_from(TimeOff)
    .join(Appointment, and_(Appointment.company_id == TimeOff.company_id, Appointment.free_at > TimeOff.starts_at))
    .join(StaffMember, Appointment.staff_id == StaffMember.id)
    .where(TimeOff.company_id == COMPANY, TimeOff.ends_at > NOW, TimeOff.ends_at > STARTS_AT)
    .where(or_(TimeOff.staff_id.is_(None), TimeOff.staff_id == Appointment.staff_id))
    .where(Appointment.is_coming(NOW), Appointment.free_at > NOW)
    .order_by(STARTS_AT, Appointment.id)
)
"""The appointments within each coming time off of those who are off, with their staff."""


@cache
def of_member() -> Select:
    """The coming appointments of a staff member, with what a list of them shows."""
    whose = Appointment.company_id == COMPANY, Appointment.staff_id == bindparam("staff_id")
    rows = select(Appointment).where(*whose, Appointment.is_coming(NOW), Appointment.free_at > NOW)
    rows = rows.options(joinedload(Appointment.customer), joinedload(Appointment.service))
    return rows.order_by(STARTS_AT, Appointment.id)
