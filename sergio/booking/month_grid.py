"""A month of the schedule: the first appointments of each day, and how many more there are, in one statement."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from functools import cache
from typing import NamedTuple

from sqlalchemy import Select, and_, bindparam, func, literal, select, union_all

from sergio.booking.agenda import IS, OF_STAFF, Entry, entry, rows_of
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
    edges = {f"day_{n}": instant(day.stretches[0].begin) for n, day in enumerate(days)}
    edges[f"day_{len(days)}"] = instant(days[-1].stretches[-1].end)
    rows = db.session.execute(days_of(status), {"company_id": company.id, "staff_id": staff_id, "now": now, **edges})
    found, counts = defaultdict(list), {}
    for row in rows:
        found[row.day].append(entry(row, company.zone, now))
        counts[row.day] = row.count
    shown = [month_day(day.on, first, company.day(now), found[n], counts.get(n, 0)) for n, day in enumerate(days)]
    weeks = [shown[n : n + 7] for n in range(0, len(shown), 7)]
    names = [language.written_day(monday + timedelta(days=n), "EEEE") for n in range(7)]
    return names, [week for week in weeks if any(day.within for day in week)]


def month_day(on: date, first: date, today: date, entries: list[Entry], count: int) -> MonthDay:
    within = (on.year, on.month) == (first.year, first.month)
    name = language.written_day(on, "full")
    return MonthDay(on.isoformat(), on.day, name, within, on == today, entries, count - len(entries))


@cache
def days_of(status: str) -> Select:
    """The first appointments that begin on each of the days between `day_0`, `day_1` and so on."""
    edge = {n: bindparam(f"day_{n}", type_=Utc) for n in range(WEEKS * 7 + 1)}
    each = [select(literal(n).label("day"), edge[n].label("begin"), edge[n + 1].label("end")) for n in range(WEEKS * 7)]
    days = union_all(*each).cte("days")
    order = {"partition_by": days.c.day, "order_by": (Appointment.starts_at, Appointment.id)}
    place, count = func.row_number().over(**order), func.count().over(partition_by=days.c.day)
    ranked = select(days.c.day, Appointment.id, place.label("place"), count.label("count")).select_from(days)
    begins = and_(Appointment.starts_at >= days.c.begin, Appointment.starts_at < days.c.end)
    ranked = ranked.join(Appointment, begins).where(Appointment.company_id == COMPANY, OF_STAFF, *IS[status])
    ranked = ranked.subquery()
    rows = rows_of(Appointment.staff_id, Appointment.starts_at, Appointment.ends_at, held=0)
    rows = rows.add_columns(ranked.c.day, ranked.c.count).join(ranked, ranked.c.id == Appointment.id)
    return rows.where(ranked.c.place <= MOST).order_by(ranked.c.day, ranked.c.place)
