"""The slot engine beside the obvious loop over aware datetimes: the same free times, how many times faster."""

import random
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sergio.booking.slots import Rota, days_from, epoch_minute, open_slots

ZONE = ZoneInfo("America/New_York")
FIRST, DAYS = date(2026, 10, 19), 30
"""Thirty days with the end of daylight saving time among them."""
STAFF, APPOINTMENTS = 10, 500
MINUTES, BUFFER, GRID = 60, 15, 30
NOW = datetime(2026, 10, 19, 12, tzinfo=UTC)
LEAD = timedelta(hours=24)
HOURS = [(weekday, opens, closes) for weekday in range(5) for opens, closes in ((480, 720), (780, 1020))]
Slots = dict[int, list[int]]
"""The staff who are free, by the epoch minute of the start."""


class Comparison(NamedTuple):
    """Milliseconds of the naive loop and of the engine, and the number of free times both find."""

    naive: float
    engine: float
    slots: int


def compared() -> Comparison:
    booked = appointments()
    if naive(booked) != engine(booked):
        raise AssertionError("the slot engine and the naive loop find different times")
    rounds = [(seconds(naive, booked, 1), seconds(engine, booked, 20)) for _ in range(5)]
    slow, fast = (median(each) * 1000 for each in zip(*rounds, strict=True))
    return Comparison(slow, fast, len(engine(booked)))


class Booked(NamedTuple):
    """An appointment in UTC, within the working hours, and the minutes of the trip from it or to it."""

    staff_id: int
    begin: datetime
    end: datetime
    trip: int


def appointments() -> list[Booked]:
    """The same at each call."""
    chance = random.Random(3)
    found = []
    while len(found) < APPOINTMENTS:
        day = FIRST + timedelta(days=chance.randrange(DAYS))
        if day.weekday() < 5:
            begin = local(day, chance.randrange(480, 960, 15)).astimezone(UTC)
            end = begin + timedelta(minutes=chance.choice((30, 60, 90)))
            found.append(Booked(chance.randrange(STAFF), begin, end, chance.randrange(45)))
    return found


def local(day: date, minute: int) -> datetime:
    return datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=ZONE)


def engine(booked: list[Booked]) -> Slots:
    spans = {staff_id: [] for staff_id in range(STAFF)}
    trips: dict[int, list[int]] = {staff_id: [] for staff_id in range(STAFF)}
    for staff_id, begin, end, trip in booked:
        spans[staff_id].append((epoch_minute(begin), epoch_minute(end)))
        trips[staff_id].append(trip)
    rotas = [Rota(staff_id, HOURS, taken, [], trips[staff_id]) for staff_id, taken in spans.items()]
    days = days_from(FIRST, DAYS, ZONE)
    return open_slots(days, rotas, minutes=MINUTES, buffer=BUFFER, grid=GRID, earliest=epoch_minute(NOW + LEAD))


def naive(booked: list[Booked]) -> Slots:
    """Every start on the grid, compared with every appointment of the staff member."""
    found: Slots = {}
    for day in (FIRST + timedelta(days=n) for n in range(DAYS)):
        for weekday, opens, closes in HOURS:
            if weekday == day.weekday():
                for minute in range(opens, closes - MINUTES + 1, GRID):
                    begin = local(day, minute)
                    if free := [
                        staff_id
                        for staff_id in range(STAFF)
                        if begin >= NOW + LEAD and is_free(staff_id, begin, booked)
                    ]:
                        found[epoch_minute(begin)] = free
    return found


def is_free(staff_id: int, begin: datetime, booked: list[Booked]) -> bool:
    end = begin + timedelta(minutes=MINUTES + BUFFER)
    return not any(
        each.staff_id == staff_id
        and begin < each.end + timedelta(minutes=each.trip)
        and end + timedelta(minutes=each.trip) > each.begin
        for each in booked
    )


def seconds(find: Callable, booked: list, times: int) -> float:
    """CPU time of one call, averaged over that many."""
    started = time.process_time()
    for _ in range(times):
        find(booked)
    return (time.process_time() - started) / times
