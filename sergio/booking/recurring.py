"""The verbs of a series of appointments: beginning it, moving or canceling one with all later ones, and going on."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import joinedload

from sergio import jobs
from sergio.audit.actor import Actor
from sergio.booking.clashes import Work, clashes
from sergio.booking.models import Appointment
from sergio.booking.series import AHEAD, AppointmentSeries, at_minute, minute_of
from sergio.booking.services import Service
from sergio.customers.models import Contact, Property
from sergio.database.company_scope import COMPANY
from sergio.database.engines import Utc
from sergio.extensions import db
from sergio.staff.models import StaffMember

Move = tuple[Appointment, datetime]
"""An appointment, and its new time."""


def begin(
    series: AppointmentSeries,
    work: Work,
    contact: Contact,
    place: Property,
    times: Sequence[datetime],
    *,
    message: str | None,
    by: Actor,
    now: datetime,
    **columns,
) -> Appointment:
    """Add a series with its first appointments, and email the customer once, unless `message` is None. Raises `Taken`,
    with nothing to keep, if one of the times is.
    """
    db.session.add(series)
    db.session.flush()
    columns |= {"minutes": work.minutes, "series_id": series.id}
    who = work.service, contact, place
    made = [Appointment.schedule(*who, at, [work.member.id], by=by, now=now, **columns) for at in times]
    tell("scheduled", made, message, now)
    return made[0]


def later(appointment: Appointment, now: datetime) -> Sequence[Appointment]:
    """It and the later ones of its series that can still be changed, by time."""
    whose = {"company_id": appointment.company_id, "series_id": appointment.series_id}
    rows = db.session.scalars(later_of(), whose | {"since": appointment.starts_at}).all()
    return [each for each in rows if not each.why_over(now)]


def moved_times(appointment: Appointment, starts_at: datetime, now: datetime) -> dict[int, Move]:
    """It and the later ones that still follow the series, by id, each with its time if this one moves to `starts_at`:
    as many days later or earlier, at the same time of the day.
    """
    series, zone = series_of(appointment), appointment.company.zone
    minute, shift = minute_of(starts_at, zone)[1], shift_of(appointment, starts_at)
    found = {appointment.id: (appointment, starts_at)}
    for each in later(appointment, now):
        if each.id != appointment.id and series.has(each):
            found[each.id] = each, at_minute(each.starts_at.astimezone(zone).date() + shift, minute, zone)
    return found


def shift_of(appointment: Appointment, starts_at: datetime) -> timedelta:
    """By how many days the series moves with it."""
    zone = appointment.company.zone
    own = series_of(appointment).day_near(appointment.starts_at.astimezone(zone).date())
    return starts_at.astimezone(zone).date() - own


def move_later(
    appointment: Appointment,
    starts_at: datetime,
    minutes: int,
    member: StaffMember,
    *,
    without: Collection[datetime],
    message: str | None,
    by: Actor,
    now: datetime,
    seen: int | None = None,
):
    """Move it and all later ones that follow the series, and email the customer once, unless `message` is None. Those
    whose new time is among `without` stay where they are. Raises `Taken` or `Refused`; then there is nothing to keep.
    """
    series = locked(appointment)
    appointment.lock()
    appointment.refuse_unseen(seen)
    moves = moved_times(appointment, starts_at, now)
    shift = shift_of(appointment, starts_at)
    wanted = [move for move in moves.values() if move[1] not in without]
    order = sorted(wanted, key=lambda move: move[1], reverse=starts_at > appointment.starts_at)
    for each, at in order:  # so that each finds the time of its neighbor free
        each.rearrange(at, minutes, member, message=None, by=by, now=now)
    series.starts_on, series.minute = minute_of(starts_at, appointment.company.zone)
    series.made_until += shift
    series.staff_id, series.minutes = member.id, minutes
    series.until = series.until and series.until + shift
    tell("rearranged", [each for each, _at in sorted(wanted, key=lambda move: move[1])], message, now)


def cancel_later(
    appointment: Appointment, *, reason: str, message: str | None, by: Actor, now: datetime, seen: int | None = None
):
    """Cancel it and all later ones of its series, which ends, and email the customer once, unless `message` is None."""
    series = locked(appointment)
    appointment.lock()
    appointment.refuse_unseen(seen)
    canceled = later(appointment, now)
    for each in canceled:
        each.cancel(by=by, now=now, reason=reason, message=None)
    series.ended_at = now
    tell("called_off", canceled, message, now)


def extend(series: AppointmentSeries, *, by: Actor, now: datetime):
    """Add the appointments of the next weeks to a series without an end. What is not free then is left out, and the
    office gets an email about it. The series ends where nobody can do it any more.
    """
    db.session.refresh(series, with_for_update=True)
    if series.ended_at or series.until:
        return
    service, member, contact, place = (db.session.get_one(table, id) for table, id in parts_of(series))
    over = member.left_at, service.archived_at, place.archived_at, contact.customer.archived_at
    if any(over) or not member.bookable:
        series.ended_at = now
        jobs.enqueue("booking.series_ended", company=service.company, series_id=series.id)
        return
    company = service.company
    times = dict(series.times(company.day(now) + AHEAD, company.zone))
    work = Work(service, member, place.id, series.minutes)
    taken = clashes(work, list(times.values()), now=now)
    columns: dict[str, Any] = {"minutes": series.minutes, "series_id": series.id, "office_note": series.note}
    for at in times.values():
        if at not in taken:
            Appointment.schedule(service, contact, place, at, [member.id], by=by, now=now, **columns)
    if times:
        series.made_until = max(times)
    if taken:
        series.skipped = [*series.skipped, *(on.isoformat() for on, at in times.items() if at in taken)]
        why = list(taken.values())
        jobs.enqueue("booking.series_left_out", company=company, series_id=series.id, left_out=why)


def parts_of(series: AppointmentSeries) -> tuple:
    people = (StaffMember, series.staff_id), (Contact, series.contact_id)
    return (Service, series.service_id), *people, (Property, series.property_id)


def locked(appointment: Appointment) -> AppointmentSeries:
    """The series of an appointment, locked until the commit."""
    series = series_of(appointment)
    db.session.refresh(series, with_for_update=True)
    return series


def series_of(appointment: Appointment) -> AppointmentSeries:
    if appointment.series is None:
        raise ValueError("This appointment is of no series.")
    return appointment.series


def tell(event: str, appointments: Sequence[Appointment], message: str | None, now: datetime):
    """Enqueue the one email to the customer about these appointments, unless `message` is None."""
    if message is None or not appointments:
        return
    for each in appointments:
        each.told_at = now
    ids = [each.id for each in appointments]
    company = appointments[0].company
    jobs.enqueue("booking.notify_series", company=company, event=event, appointment_ids=ids, message=message)


@cache
def later_of() -> Select:
    parts = (Appointment.service, Appointment.place, Appointment.staff)
    mine = Appointment.company_id == COMPANY, Appointment.series_id == bindparam("series_id")
    since = Appointment.starts_at >= bindparam("since", type_=Utc), Appointment.canceled_at.is_(None)
    return select(Appointment).where(*mine, *since).order_by(Appointment.starts_at).options(*map(joinedload, parts))
