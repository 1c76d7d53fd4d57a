"""When a service can be booked: the free times, and the rule that forbids any other time."""

from bisect import bisect_left
from collections.abc import Collection, Sequence
from datetime import date, datetime
from functools import cached_property

from sergio.booking import formats, slices
from sergio.booking.busy import HOURS_AT_TIME, HOURS_TO_BOOK, hours_now, of_service, rotas, taken
from sergio.booking.holds import BookingHold, hold_of
from sergio.booking.models import MINUTE, Appointment, Taken
from sergio.booking.services import Service
from sergio.booking.slots import (
    Day,
    Rota,
    days_from,
    edges,
    epoch_minute,
    instant,
    least_busy,
    open_slots,
    open_starts,
    wall_minute,
)
from sergio.customers.models import Contact
from sergio.database import locks
from sergio.extensions import db
from sergio.lib import tokens
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.service_area.travel import Trips


class Availability:
    """The times at which a service can be booked, or `appointment` moved to. The calendar is read when first needed.

    `hours` are the rows of `with_hours`, if they were read together with the service. With `trips`, only times are free
    at which somebody gets to the address from the appointment before and to the one after. `hold` is the own one of who
    is booking: its time is free for them.
    """

    def __init__(
        self,
        service: Service,
        hours: Sequence | None = None,
        *,
        now: datetime,
        appointment: Appointment | None = None,
        trips: Trips | None = None,
        hold: BookingHold | None = None,
    ):
        self.service, self.company, self.now = service, service.company, now
        self.hours, self.appointment, self.trips, self.hold = hours, appointment, trips, hold
        work = appointment or service
        self.minutes, self.buffer = work.minutes, work.buffer_minutes
        self.days = days_from(self.company.day(now), self.company.horizon_days + 1, self.company.zone)
        lead = self.company.lead_minutes if service.lead_minutes is None else service.lead_minutes
        self.earliest_start = now + lead * MINUTE

    @classmethod
    def for_office(
        cls, service: Service, *, now: datetime, appointment: Appointment | None = None, minutes: int | None = None
    ) -> "Availability":
        """The same for staff, who need no notice and may give it another length."""
        found = cls(service, now=now, appointment=appointment)
        found.earliest_start = now
        found.minutes = minutes or found.minutes
        return found

    @cached_property
    def rotas(self) -> list[Rota]:
        """The staff who do the service: their working hours, appointments and time off on the bookable days."""
        hours = hours_now(self.service) if self.hours is None else self.hours
        return self._rotas(hours, *edges(self.days))

    @cached_property
    def slots(self) -> dict[int, list[int]]:
        """Every free time, in order, with the staff who are free then: see `open_slots`."""
        return open_slots(self.days, self.rotas, **self._length(self.earliest_start))

    @cached_property
    def starts(self) -> list[int]:
        """Every free time, in order."""
        return self._starts(self.days, self.rotas)

    @property
    def first(self) -> datetime | None:
        return instant(self.starts[0]) if self.starts else None

    @property
    def first_time_sentence(self) -> str:
        """The sentence that names the first free time."""
        if self.first:
            return _("The first available time is %(moment)s.", moment=self.company.format_moment(self.first))
        return _("No times are available through %(day)s.", day=self.company.format_day(self.days[-1].on))

    def on(self, day: Day) -> list[datetime]:
        """The free times of a day."""
        begin, end = (bisect_left(self.starts, edge) for edge in (day.stretches[0].begin, day.stretches[-1].end))
        return [instant(start) for start in self.starts[begin:end]]

    def is_free(self, day: Day) -> bool:
        """Whether the day has a free time."""
        index = bisect_left(self.starts, day.stretches[0].begin)
        return index < len(self.starts) and self.starts[index] < day.stretches[-1].end

    def first_after(self, day: Day) -> datetime | None:
        """The first free time after a day."""
        index = bisect_left(self.starts, day.stretches[-1].end)
        return instant(self.starts[index]) if index < len(self.starts) else None

    def nearest(self, starts_at: datetime | None) -> date | None:
        """The first day with a free time on or after `starts_at`, else the first of all; None if there is none."""
        day = self.day(self.company.day(starts_at)) if starts_at else self.days[0]
        free = next(iter(self.on(day)), None) or self.first_after(day) or self.first
        return self.company.day(free) if free else None

    def day(self, on: date | None) -> Day:
        """The bookable day nearest to `on`; for None, the day of the first free time, else today."""
        on = on or self.company.day(self.first or self.now)
        return self.days[min(max(0, (on - self.days[0].on).days), len(self.days) - 1)]

    def staff_for(self, contact: Contact, starts_at: datetime) -> list[int]:
        """As `staff_at`, for a contact who books online: first the one who is held for them. Raises `Refused` if the
        customer has reached the limit.

        Each customer begins with another one of those who are equally free: else all who book at the same moment would
        try the same one, and wait for each other.
        """
        whose = {"customer_id": contact.customer_id, "contact_id": contact.id, "now": self.now}
        hours = db.rows(HOURS_TO_BOOK, self._at(starts_at) | whose)
        if self.hold is None or self.hold.entry_id is None:  # else it was offered to them, and is locked
            self.hold = hold_of(contact) if hours[0].held_id else None
        if hours[0].booked_online >= self.company.most_bookings:
            raise Refused(formats.too_many(self.company))
        staff_ids = self.staff_at(starts_at, hours, contact.customer_id)
        held = self.hold.staff_id if self.hold and self.is_held(starts_at) else None
        return sorted(staff_ids, key=lambda staff_id: staff_id != held)

    def staff_at(self, starts_at: datetime, hours: Sequence | None = None, turn: int = 0) -> list[int]:
        """The staff free then, the least busy of the day first (`least_busy` with `turn`). Raises `Refused` with the
        rule that forbids the time, or `Taken`.

        For the transaction that books: it reads appointments, and `hours` unless that transaction has just read them,
        again, but only those that touch the time, because all other writers wait meanwhile.
        """
        if self.trips:
            # Neighbors in time need not touch, so no unique key lets two of them be booked only one after the other.
            locks.lock_until_commit(db.session, tokens.digest(f"trips of {self.company.id}"))
        hours = hours or db.rows(HOURS_AT_TIME, self._at(starts_at))
        found = self._rotas(hours, starts_at, self._free_at(starts_at))
        free = open_slots(self._around(starts_at), found, **self._length(self._earliest(starts_at)))
        if not among(free, starts_at):
            raise self._refusal(starts_at, found)
        return least_busy(free[epoch_minute(starts_at)], {row.staff_id: row.load for row in hours}, turn)

    def refusal_for(self, starts_at: datetime) -> Refused | None:
        """Why a time is not free: the rule, the first free time, and how to reach the company. None if it is free."""
        if among(self.starts, starts_at) or self.is_held(starts_at):
            return None
        refusal = self._refusal(starts_at, self.rotas)
        if isinstance(refusal, Taken):
            return Taken(formats.taken_but(self.first))
        parts = (str(refusal), self.first_time_sentence, formats.or_reach_us(self.company))
        return Refused(" ".join(part for part in parts if part))

    def is_held(self, starts_at: datetime) -> bool:
        """Whether the time is held for who is booking."""
        return self.hold is not None and self.hold.covers(self.service, starts_at, self.now)

    def _rotas(self, hours: Sequence, since: datetime, until: datetime) -> list[Rota]:
        but = {"appointment": self.appointment, "hold": self.hold}
        return rotas(hours, taken(self.company, since, until, now=self.now, **but, trips=self.trips), self.trips)

    def _at(self, starts_at: datetime) -> dict:
        """The parameters of `HOURS_AT_TIME`."""
        days = self._around(starts_at)
        quarters = slices.quarters_between(*edges(days[:1]))
        which = {"weekdays": [day.on.weekday() for day in days[:7]], "first_quarter": quarters[0]}
        which |= {"last_quarter": quarters[-1], "except_id": self.appointment.id if self.appointment else 0}
        return of_service(self.service) | which

    def _earliest(self, starts_at: datetime) -> datetime:
        """The first start, as far as a time is concerned: a held one was early enough when it was chosen."""
        held = self.is_held(starts_at)
        return max(self.now, min(self.earliest_start, starts_at)) if held else self.earliest_start

    def _refusal(self, starts_at: datetime, rotas: list[Rota]) -> Refused:
        rule = self._rule_against(starts_at, rotas)
        return Refused(rule) if rule else Taken(formats.taken())

    def _around(self, starts_at: datetime) -> list[Day]:
        """The days that an appointment at that time, with its buffer, touches."""
        both = starts_at, self._free_at(starts_at)
        first, last = (self.days.index(self.day(self.company.day(at))) for at in both)
        return self.days[first : last + 1]

    def _free_at(self, starts_at: datetime) -> datetime:
        return starts_at + (self.minutes + self.buffer) * MINUTE

    def _starts(self, days: list[Day], rotas: list[Rota]) -> list[int]:
        return open_starts(days, rotas, **self._length(self.earliest_start))

    def _length(self, earliest_start: datetime) -> dict[str, int]:
        """What `open_runs` needs to know about the appointment."""
        earliest = -(-int(earliest_start.timestamp() * 1000) // 60_000)
        length = {"minutes": self.minutes, "buffer": self.buffer}
        return length | {"grid": self.company.slot_minutes, "earliest": earliest}

    def _rule_against(self, starts_at: datetime, rotas: list[Rota]) -> str | None:
        """The rule that forbids a time; None if only another appointment conflicts."""
        company = self.company
        minute = epoch_minute(starts_at)
        if starts_at < self.now:
            return _("That time has passed.")
        if starts_at < self.earliest_start:
            earliest_start = company.format_moment(self.earliest_start)
            return _("Times before %(moment)s are too soon to book online.", moment=earliest_start)
        if company.day(starts_at) > self.days[-1].on:
            return _("Appointments can be booked online through %(day)s.", day=company.format_day(self.days[-1].on))
        if starts_at != instant(minute) or wall_minute(minute, company.zone) % company.slot_minutes:
            grid = formats.length(company.slot_minutes)
            return _("Appointments start every %(grid)s.", grid=grid)
        around = self._around(starts_at)
        if minute not in self._starts(around, [rota._replace(appointments=[], trips=[]) for rota in rotas]):
            return _("That time is outside our working hours.")
        if self.trips and minute in self._starts(around, [rota._replace(trips=[]) for rota in rotas]):
            return _("We can't get to this address in time then, coming from another appointment or on the way to one.")
        return None


def among(starts: Collection[int], starts_at: datetime) -> bool:
    """Whether a time is one of the free ones."""
    minute = epoch_minute(starts_at)
    return minute in starts and starts_at == instant(minute)
