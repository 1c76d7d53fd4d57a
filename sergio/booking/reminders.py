"""Reminders of appointments, two days and two hours before, outside of the company's quiet hours. Once each."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from typing import NamedTuple

from sqlalchemy import Select, String, UniqueConstraint, bindparam, exists, literal_column, select
from sqlalchemy.orm import Mapped, mapped_column

from sergio.audit.actor import Actor
from sergio.audit.models import record
from sergio.booking import emails
from sergio.booking.guarantees import AppointmentGuarantee
from sergio.booking.models import Appointment
from sergio.booking.statuses import REQUESTED
from sergio.companies.models import Company
from sergio.database.checks import one_of
from sergio.database.company_scope import COMPANY, CompanyOwned, within_company
from sergio.database.engines import Utc
from sergio.extensions import Model, db

KINDS = DAYS_BEFORE, HOURS_BEFORE = "days_before", "hours_before"
HOUR = timedelta(hours=1)
FURTHEST = timedelta(hours=48 + 24 + 1)
"""Before its appointment, no reminder is sent earlier: the longest quiet hours can bring it forward by a day."""


class Timing(NamedTuple):
    """How long before an appointment a reminder is sent, how long before it would be too late, and how long before the
    reminder a customer who was emailed about the appointment needs none.
    """

    before: timedelta
    too_late: timedelta
    known: timedelta


TIMINGS = {
    DAYS_BEFORE: Timing(48 * HOUR, 24 * HOUR, 12 * HOUR),
    HOURS_BEFORE: Timing(2 * HOUR, HOUR / 2, HOUR),
}


class AppointmentReminder(CompanyOwned, Model):
    """A reminder that was sent, of an appointment at the time it had then."""

    __table_args__ = (
        UniqueConstraint("company_id", "appointment_id", "kind", "starts_at"),
        one_of("kind", KINDS),
        *within_company(appointment_id="appointment"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    appointment_id: Mapped[int] = mapped_column()
    kind: Mapped[str] = mapped_column(String(20))
    starts_at: Mapped[datetime]
    at: Mapped[datetime]


def remind(appointment: Appointment, kind: str, *, by: Actor, now: datetime):
    """Email the customer that reminder, unless the appointment was moved or canceled, or another worker has sent it."""
    appointment.lock()
    which = {"company_id": appointment.company_id, "appointment_id": appointment.id}
    row = db.session.execute(due_of_one(), which | {"now": now, "furthest": now + FURTHEST}).one_or_none()
    if row is None or kind not in kinds_due(row, appointment.company, now):
        return
    sent = {"appointment_id": appointment.id, "kind": kind, "starts_at": appointment.starts_at, "at": now}
    db.session.add(AppointmentReminder(company_id=appointment.company_id, **sent))
    db.session.flush()
    record(appointment, "reminded", by=by, at=now, after={"starts_at": appointment.starts_at.isoformat()})
    if appointment.customer.contact_for(appointment.contact):
        emails.coming_up(appointment, now)


def due(company: Company, now: datetime) -> Iterator[tuple[int, str, datetime]]:
    """The id, the kind and the time of the appointment of each reminder that the company's customers should get now."""
    if company.quiet_around(now):
        return
    for row in db.session.execute(soon(), {"company_id": company.id, "now": now, "furthest": now + FURTHEST}):
        for kind in kinds_due(row, company, now):
            yield row.id, kind, row.starts_at


def kinds_due(row, company: Company, now: datetime) -> list[str]:
    """The reminders to send now of a row of `soon`."""
    offered = {DAYS_BEFORE: company.reminds_days_before, HOURS_BEFORE: company.reminds_hours_before}
    sent = {DAYS_BEFORE: row.days_before, HOURS_BEFORE: row.hours_before}
    return [kind for kind in KINDS if offered[kind] and not sent[kind] and is_due(row, kind, company, now)]


def is_due(row, kind: str, company: Company, now: datetime) -> bool:
    begin, end = sent_between(row.starts_at, kind, company)
    knows = row.told_at is not None and row.told_at > begin - TIMINGS[kind].known
    return begin <= now < end and not knows and company.quiet_around(now) is None


def sent_between(starts_at: datetime, kind: str, company: Company) -> tuple[datetime, datetime]:
    """From when to when a reminder can be sent. One that would be in the quiet hours is sent after them; where that is
    too late, in the hour before them.
    """
    timing = TIMINGS[kind]
    begin, end = starts_at - timing.before, starts_at - timing.too_late
    quiet = company.quiet_around(begin)
    if quiet is None:
        return begin, end
    if quiet[1] < end:
        return quiet[1], end
    return quiet[0] - HOUR, quiet[0]


def sent(kind: str):
    """SQL: that reminder of the appointment's time was sent."""
    reminder = AppointmentReminder
    mine = reminder.company_id == COMPANY, reminder.appointment_id == Appointment.id
    return exists().where(
        *mine, reminder.kind == literal_column(repr(kind)), reminder.starts_at == Appointment.starts_at
    )


@cache
def soon() -> Select:
    """The appointments that will take place within `FURTHEST`, and which reminders of each were sent."""
    columns = Appointment.id, Appointment.starts_at, Appointment.told_at
    rows = select(*columns, *(sent(kind).label(kind) for kind in KINDS))
    coming = Appointment.canceled_at.is_(None), Appointment.completed_at.is_(None), Appointment.approval != REQUESTED
    unpaid = AppointmentGuarantee.company_id == COMPANY, AppointmentGuarantee.appointment_id == Appointment.id
    waits = exists().where(*unpaid, AppointmentGuarantee.given_at.is_(None), AppointmentGuarantee.ended_at.is_(None))
    within = (
        Appointment.starts_at > bindparam("now", type_=Utc),
        Appointment.starts_at < bindparam("furthest", type_=Utc),
    )
    return rows.where(Appointment.company_id == COMPANY, *coming, *within, ~waits).order_by(Appointment.starts_at)


@cache
def due_of_one() -> Select:
    return soon().where(Appointment.id == bindparam("appointment_id"))
