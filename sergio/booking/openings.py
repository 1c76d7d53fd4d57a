"""When a service can be booked, as it stands at one instant: what the calendar offers, and why it offers no more."""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import date, datetime

from flask_babel import gettext as _
from sqlalchemy import and_, exists, false, or_, select, true, union_all

from sergio.booking import words
from sergio.booking.models import MINUTE, Appointment, Taken
from sergio.booking.services import Service, ServiceStaff
from sergio.booking.slots import Day, Rota, days_from, epoch_minute, fairest, instant, open_slots, wall_minute
from sergio.extensions import db
from sergio.lib.errors import Refused
from sergio.staff.models import StaffMember, TimeOff, WorkingHours


class Openings:
    """The times at which a service can be booked, or a visit moved to."""

    def __init__(self, service: Service, days: list[Day], rotas: list[Rota], *, length: tuple[int, int], at: datetime):
        """`length` is the visit's minutes and the buffer's after it; `days` are those one may book, today first."""
        self.service, self.company = service, service.company
        self.days, self.rotas, self.length, self.at = days, rotas, length, at
        lead = self.company.lead_minutes if service.lead_minutes is None else service.lead_minutes
        self.soonest = at + lead * MINUTE
        self.slots = self._slots(rotas)
        self.starts = list(self.slots)

    @property
    def first(self) -> datetime | None:
        """The first free time there is."""
        return instant(self.starts[0]) if self.starts else None

    @property
    def first_free(self) -> str:
        """The sentence that says when somebody could come at the earliest."""
        if self.first:
            return _("The first free time is %(moment)s.", moment=self.company.written_moment(self.first))
        return _("No time is free until %(day)s.", day=self.company.written_day(self.days[-1].on))

    def on(self, day: Day) -> list[datetime]:
        """The free times of a day."""
        begin, end = (bisect_left(self.starts, edge) for edge in (day.stretches[0].begin, day.stretches[-1].end))
        return [instant(start) for start in self.starts[begin:end]]

    def first_after(self, day: Day) -> datetime | None:
        """The first free time after a day."""
        index = bisect_left(self.starts, day.stretches[-1].end)
        return instant(self.starts[index]) if index < len(self.starts) else None

    def nearest(self, at: datetime | None) -> date | None:
        """The day of `at` if it has a free time, else the next that has, else the first; None where nothing is free."""
        day = self.day(self.company.day(at)) if at else self.days[0]
        free = next(iter(self.on(day)), None) or self.first_after(day) or self.first
        return self.company.day(free) if free else None

    def day(self, on: date | None) -> Day:
        """The day one may book that is nearest to `on`; without one, the day of the first free time, else today."""
        on = on or self.company.day(self.first or self.at)
        return self.days[min(max(0, (on - self.days[0].on).days), len(self.days) - 1)]

    def staff_at(self, starts_at: datetime) -> list[int]:
        """Who can come then, fairest first. Raises `Refused` with the rule in the way, `Taken` if it is a visit."""
        if refusal := self.why_not(starts_at):
            raise refusal
        return fairest(self.slots[epoch_minute(starts_at)], self.rotas, self.day(self.company.day(starts_at)))

    def why_not(self, starts_at: datetime) -> Refused | None:
        """The no to a time that is not free: the rule, what would work, and whom to turn to."""
        minute = epoch_minute(starts_at)
        if minute in self.slots and starts_at == instant(minute):
            return None
        rule = self._rule_against(starts_at)
        if rule is None:
            return Taken(words.taken(self.company, starts_at))
        return Refused(" ".join(part for part in (rule, self.first_free, words.or_reach_us(self.company)) if part))

    def _slots(self, rotas: list[Rota]) -> dict[int, list[int]]:
        minutes, buffer = self.length
        earliest = -(-int(self.soonest.timestamp() * 1000) // 60_000)
        grid = self.company.slot_minutes
        return open_slots(self.days, rotas, minutes=minutes, buffer=buffer, grid=grid, earliest=earliest)

    def _rule_against(self, starts_at: datetime) -> str | None:
        """The rule that forbids a time; None when only another visit stands there."""
        company, minute = self.company, epoch_minute(starts_at)
        if starts_at < self.at:
            return _("That time has passed.")
        if starts_at < self.soonest:
            soonest = company.written_moment(self.soonest)
            return _("Times before %(moment)s are too soon to book online.", moment=soonest)
        if company.day(starts_at) > self.days[-1].on:
            return _("Visits can be booked online up to %(day)s.", day=company.written_day(self.days[-1].on))
        if starts_at != instant(minute) or wall_minute(minute, company.zone) % company.slot_minutes:
            grid = words.length(company.slot_minutes, company.language)
            return _("Visits begin on the hour, or any %(grid)s after it.", grid=grid)
        if minute not in self._slots([rota._replace(visits=[]) for rota in self.rotas]):
            return _("Nobody works at that time.")
        return None


def openings(rows: Sequence, service: Service, at: datetime, *, visit: Appointment | None = None) -> Openings:
    """The times free for a service or, of `visit`, to move it to; `rows` end as `with_hours` makes them."""
    company = service.company
    days = days_from(company.day(at), company.horizon_days + 1, company.zone)
    window = days[0].stretches[0].begin, days[-1].stretches[-1].end
    length = (visit.minutes, visit.buffer_minutes) if visit else (service.minutes, service.buffer_minutes)
    return Openings(service, days, rotas(rows, taken(company, *window, visit)), length=length, at=at)


def with_hours(query):
    """The query, which names `Service`, with a row for each working hour of each who does it (nulls where nobody)."""
    named = exists().where(ServiceStaff.service_id == Service.id)
    does = or_(~named, named.where(ServiceStaff.staff_id == StaffMember.id))
    bookable = and_(StaffMember.company_id == Service.company_id, StaffMember.bookable, StaffMember.left_at.is_(None))
    hours = WorkingHours.staff_id == StaffMember.id
    query = query.select_from(Service).outerjoin(StaffMember, and_(bookable, does)).outerjoin(WorkingHours, hours)
    return query.add_columns(StaffMember.id, WorkingHours.weekday, WorkingHours.opens, WorkingHours.closes)


def taken(company, begin: int, end: int, visit: Appointment | None) -> Sequence:
    """(staff id, from, until, whether it is a visit) for visits and time off between two epoch minutes.

    It names the company, for sessions that serve none in particular. `visit` itself is left out.
    """
    since, until = instant(begin), instant(end)
    off = select(TimeOff.staff_id, TimeOff.starts_at, TimeOff.ends_at, false()).where(
        TimeOff.company_id == company.id, TimeOff.ends_at > since, TimeOff.starts_at < until
    )
    visits = select(Appointment.staff_id, Appointment.starts_at, Appointment.free_at, true()).where(
        Appointment.company_id == company.id,
        Appointment.cancelled_at.is_(None),
        Appointment.free_at > since,
        Appointment.starts_at < until,
        Appointment.id != (visit.id if visit else 0),
    )
    return db.session.execute(union_all(off, visits)).all()


def rotas(rows: Sequence, taken: Sequence) -> list[Rota]:
    """What `with_hours` and `taken` read, put together by staff member."""
    found: dict[int, Rota] = {}
    for *_what, staff_id, weekday, opens, closes in rows:
        rota = found.setdefault(staff_id, Rota(staff_id, [], [], []))
        if opens is not None:
            rota.hours.append((weekday, opens, closes))
    for staff_id, starts_at, ends_at, is_visit in taken:
        if rota := found.get(staff_id):
            spans = rota.visits if is_visit else rota.off
            spans.append((epoch_minute(starts_at), -(-int(ends_at.timestamp()) // 60)))
    return list(found.values())
