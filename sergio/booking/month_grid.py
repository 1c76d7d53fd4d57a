"""A month of the schedule: the first appointments of each day, and how many more there are."""

from bisect import bisect_right
from collections import defaultdict
from datetime import date, datetime, timedelta
from functools import cache
from typing import NamedTuple

from sqlalchemy import Select, bindparam, select

from sergio.booking.agenda import IS, OF_STAFF, Entry, beside_appointments, entry, rows_of
from sergio.booking.models import Appointment
from sergio.booking.slots import days_from, instant
from sergio.companies.models import Company
from sergio.database.company_scope import COMPANY
from sergio.database.engines import Utc
from sergio.extensions import db
from sergio.lib import language

WEEKS = 6
MOST = 4
"""Appointments of a day that are shown."""
MOST_COUNTED = 10_000
"""Appointments of a month that are counted."""


class MonthDay(NamedTuple):
    """A day of the month's table; `within` is False for those of the month before and after."""

    on: str
    number: int
    name: str
    within: bool
    today: bool
    entries: list[Entry]
    more: int


def month(
    company: Company, first: date, staff_id: int | None, status: str, now: datetime
) -> tuple[list[str], list[list[MonthDay]]]:
    """The names of the weekdays, and the weeks of the month that begins on `first`, from Monday to Sunday."""
    monday = first - timedelta(days=first.weekday())
    days = days_from(monday, WEEKS * 7, company.zone)
    edges = [instant(day.stretches[0].begin) for day in days]
    asked = {"company_id": company.id, "staff_id": staff_id, "now": now}
    times = {"begin": edges[0], "end": instant(days[-1].stretches[-1].end)}
    by_day: defaultdict[int, list[int]] = defaultdict(list)
    for row in db.session.execute(starts(status), asked | times):
        by_day[bisect_right(edges, row.starts_at) - 1].append(row.id)
    ids = [each for day in by_day.values() for each in day[:MOST]]
    rows = db.session.execute(NUMBERED, {"company_id": company.id, "ids": ids}) if ids else ()
    written = beside_appointments()
    entries = {row.id: entry(row, company.zone, now, written) for row in rows}
    shown = [
        month_day(day.on, first, company.day(now), [entries[each] for each in by_day[n][:MOST]], len(by_day[n]))
        for n, day in enumerate(days)
    ]
    weeks = [shown[n : n + 7] for n in range(0, len(shown), 7)]
    names = [language.written_day(monday + timedelta(days=n), "EEEE") for n in range(7)]
    return names, [week for week in weeks if any(day.within for day in week)]


def month_day(on: date, first: date, today: date, entries: list[Entry], count: int) -> MonthDay:
    within = (on.year, on.month) == (first.year, first.month)
    name = language.written_day(on, "full")
    return MonthDay(on.isoformat(), on.day, name, within, on == today, entries, count - len(entries))


@cache
def starts(status: str) -> Select:
    """When each appointment of the days begins, in order."""
    begin, end = (bindparam(name, type_=Utc) for name in ("begin", "end"))
    within = Appointment.company_id == COMPANY, Appointment.starts_at >= begin, Appointment.starts_at < end
    rows = select(Appointment.id, Appointment.starts_at).where(*within, OF_STAFF, *IS[status])
    return rows.order_by(Appointment.starts_at, Appointment.id).limit(MOST_COUNTED)


NUMBERED = (
    rows_of(Appointment.staff_id, Appointment.starts_at, Appointment.ends_at, held=0)
    .add_columns(Appointment.id)
    .where(Appointment.id.in_(bindparam("ids", expanding=True)))
)
