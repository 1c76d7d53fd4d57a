"""Free times: working hours minus appointments and time off, in minutes since 1970, unaffected by clock changes."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import groupby, pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

DAY = 24 * 60
QUARTER = 15

Span = tuple[int, int]


class Stretch(NamedTuple):
    """Epoch minutes `begin` to `end` without a clock change. `wall` is the local minute of the day at `begin`."""

    begin: int
    end: int
    wall: int


class Day(NamedTuple):
    """A calendar day: one stretch, or two on the day the clocks change."""

    on: date
    stretches: list[Stretch]


class Rota(NamedTuple):
    """One staff member's working hours as (weekday, opens, closes) in local minutes, appointments and time off.

    `trips` are the minutes it takes to get there from each of the appointments, or to it; empty where none count.
    """

    staff_id: int
    hours: list[tuple[int, int, int]]
    appointments: list[Span]
    off: list[Span]
    trips: list[int]

    @property
    def away(self) -> list[Span]:
        """The appointments with the trips before and after them."""
        if not self.trips:
            return self.appointments
        return [(begin - trip, end + trip) for (begin, end), trip in zip(self.appointments, self.trips, strict=True)]


def open_slots(days: list[Day], rotas: Iterable[Rota], **length: int) -> dict[int, list[int]]:
    """Every start, in order, with the staff who are free then: see `open_runs`."""
    found: defaultdict[int, list[int]] = defaultdict(list)
    for staff_id, starts in open_runs(days, rotas, **length):
        for start in starts:
            found[start].append(staff_id)
    return dict(sorted(found.items()))


def open_starts(days: list[Day], rotas: Iterable[Rota], **length: int) -> list[int]:
    """The same without the staff, which is all that most pages show, in a quarter of the time."""
    return sorted(set().union(*(starts for _staff_id, starts in open_runs(days, rotas, **length))))


def open_runs(
    days: list[Day], rotas: Iterable[Rota], *, minutes: int, buffer: int, grid: int, earliest: int
) -> Iterator[tuple[int, range]]:
    """The starts for an appointment of `minutes`, by staff member and stretch of free time.

    Staff are free when the appointment lies within their working hours, and neither it nor the `buffer` after it
    touches an appointment, a trip, or time off. A start is at a multiple of `grid` (15, 30 or 60) minutes by the clock
    and not before `earliest`. All times are epoch minutes. A local time that is skipped in spring has none, so it is
    never offered; one that is repeated in fall has two.
    """
    runs = even_runs(days, grid)
    for rota in rotas:
        taken = merged((begin - buffer, end) for begin, end in (*rota.away, *rota.off))
        for begin, end in without(opening(days, rota.hours), taken):
            for first, last, full in runs:
                from_on, until = max(begin, earliest, first), min(end - minutes + 1, last)
                yield rota.staff_id, range(from_on + (full - from_on) % grid, until, grid)


def opening(days: list[Day], hours: list[tuple[int, int, int]]) -> list[Span]:
    """The working hours of each day as spans of epoch minutes; those that touch are one."""
    plan = defaultdict(list)
    for weekday, opens, closes in hours:
        plan[weekday].append((opens, closes))
    return merged(
        (max(begin, begin + opens - wall), min(end, begin + closes - wall))
        for on, stretches in days
        for opens, closes in plan[on.weekday()]
        for begin, end, wall in stretches
    )


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same minutes as spans in order that neither overlap nor touch."""
    result: list[Span] = []
    for begin, end in sorted(spans):
        if begin >= end:
            continue
        if result and begin <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((begin, end))
    return result


def without(spans: list[Span], taken: list[Span]) -> Iterator[Span]:
    """The parts of `spans` outside `taken`; both as `merged` returns them."""
    index = 0
    for begin, end in spans:
        while index < len(taken) and taken[index][1] <= begin:
            index += 1
        upto = index
        while upto < len(taken) and taken[upto][0] < end:
            yield begin, taken[upto][0]
            begin = taken[upto][1]
            upto += 1
        yield begin, end


def even_runs(days: list[Day], grid: int) -> list[tuple[int, int, int]]:
    """Spans in which the local times that are a multiple of `grid` are `grid` minutes apart, each with the remainder of
    those by `grid`: one, unless clocks change by less than `grid`.
    """
    stretches = [stretch for day in days for stretch in day.stretches]
    runs = groupby(stretches, lambda stretch: (stretch.begin - stretch.wall) % grid)
    whole = [(remainder, list(run)) for remainder, run in runs]
    return [(run[0].begin, run[-1].end, remainder) for remainder, run in whole]


@lru_cache(64)
def days_from(first: date, count: int, zone: ZoneInfo) -> list[Day]:
    """`count` days from `first` on, in the time zone `zone`; each midnight is computed once."""
    dates = [first + timedelta(days=n) for n in range(count + 1)]
    starts = [epoch_minute(datetime(on.year, on.month, on.day, tzinfo=zone)) for on in dates]
    return [Day(on, even_stretches(*edges, zone)) for on, edges in zip(dates, pairwise(starts), strict=False)]


def even_stretches(begin: int, end: int, zone: ZoneInfo) -> list[Stretch]:
    """A day from midnight to midnight, split at clock changes."""
    if end - begin == DAY:
        return [Stretch(begin, end, 0)]
    offsets = {minute: instant(minute).astimezone(zone).utcoffset() for minute in range(begin, end, QUARTER)}
    changes = [
        minute for minute in range(begin + QUARTER, end, QUARTER) if offsets[minute] != offsets[minute - QUARTER]
    ]
    edges = [begin, *changes, end]
    return [Stretch(begin, end, wall_minute(begin, zone)) for begin, end in pairwise(edges)]


def wall_minute(minute: int, zone: ZoneInfo) -> int:
    """The local time at an epoch minute, in minutes after midnight."""
    local = instant(minute).astimezone(zone)
    return local.hour * 60 + local.minute


def epoch_minute(at: datetime) -> int:
    """The minute an instant falls in. A midnight that is skipped is the moment of the clock change."""
    return int(at.timestamp() // 60)


def instant(minute: int) -> datetime:
    """The beginning of an epoch minute, in UTC."""
    return datetime.fromtimestamp(minute * 60, UTC)


def free_again(ends_at: datetime, buffer_minutes: int) -> datetime:
    """When its staff member is free again: after the buffer, rounded up to a quarter hour."""
    free = epoch_minute(ends_at) + buffer_minutes
    return instant(free + -free % QUARTER)


def edges(days: list[Day]) -> tuple[datetime, datetime]:
    """When the first of these days begins, and when the last one ends."""
    return instant(days[0].stretches[0].begin), instant(days[-1].stretches[-1].end)


def least_busy(staff_ids: list[int], load: dict[int, int], turn: int = 0) -> list[int]:
    """The staff ids by their `load`, the smallest first; those of the same load as they come, from the `turn`th on."""
    first = turn % len(staff_ids)
    return sorted(staff_ids[first:] + staff_ids[:first], key=load.__getitem__)
