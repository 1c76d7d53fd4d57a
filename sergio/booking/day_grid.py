"""A day of the schedule as a table of quarter hours: a column for each person, cells that span what fills them."""

from collections.abc import Hashable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from sergio.booking.slots import QUARTER, Day, epoch_minute, opening, wall_minute

HOUR = 60
USUAL = (8 * HOUR, 18 * HOUR)
"""The hours that are shown where nobody works."""
FREE, CLOSED, OFF, BUSY, BLANK = "free", "closed", "off", "busy", "blank"


class Cell(NamedTuple):
    """Quarter hours of one person: from epoch minute `minute` on, `span` rows. `what` is the entry, or the time off."""

    kind: str
    minute: int
    span: int
    staff_id: int
    what: object


class Line(NamedTuple):
    """A row of the table: a quarter hour, with the name of its hour where one begins, which spans `span` rows."""

    minute: int
    begins: bool
    span: int
    cells: list[Cell]


class Column(NamedTuple):
    """A person, and into how many lanes their appointments are split, because some overlap."""

    person: object
    lanes: int


def grid(day: Day, people: Sequence, entries: Sequence, zone) -> tuple[list[Column], list[Line]]:
    """The columns and lines of a day. Entries have `staff_id`, `starts_at`, `ends_at`; people are `agenda.Person`."""
    minutes = shown(day, people, entries, zone)
    hours = hour_of(minutes, day, zone)
    columns: list[Column] = []
    cells: dict[int, list[Cell]] = {minute: [] for minute in minutes}
    for person in people:
        lanes = lanes_of([each for each in entries if each.staff_id == person.id])
        columns.append(Column(person, len(lanes)))
        for place, lane in enumerate(lanes):
            for cell in runs(person, ground(day, person, minutes, hours) if place == 0 else {}, lane, minutes):
                cells[cell.minute].append(cell)
    spans = {minute: len(list(rows)) for minute, rows in groupby(hours[minute] for minute in minutes)}
    return columns, [Line(minute, minute == hours[minute], spans.get(minute, 0), cells[minute]) for minute in minutes]


def shown(day: Day, people: Sequence, entries: Sequence, zone) -> list[int]:
    """The quarter hours to show, in epoch minutes: whole hours around all that is open or booked, within the day."""
    first, last = day.stretches[0].begin, day.stretches[-1].end
    spans = [span for person in people for span in opening([day], person.hours)]
    spans += [(epoch_minute(each.starts_at), -(-int(each.ends_at.timestamp()) // 60)) for each in entries]
    spans = spans or opening([day], [(day.on.weekday(), *USUAL)])
    begin, end = min(begin for begin, _end in spans), max(end for _begin, end in spans)
    begin = max(first, begin - wall_minute(begin, zone) % HOUR)
    end = min(last, end + -wall_minute(end, zone) % HOUR)
    return list(range(begin, end, QUARTER))


def hour_of(minutes: list[int], day: Day, zone) -> dict[int, int]:
    """For each quarter hour, the one with which its hour begins; a clock change begins one, too."""
    changes = {stretch.begin for stretch in day.stretches}
    found, hour = {}, minutes[0]
    for minute in minutes:
        if minute in changes or wall_minute(minute, zone) % HOUR == 0:
            hour = minute
        found[minute] = hour
    return found


def lanes_of(entries: list) -> list[list]:
    """The entries in as few lanes as needed for none to overlap in its lane; at least one."""
    lanes: list[list] = [[]]
    for each in sorted(entries, key=lambda each: each.starts_at):
        free = next((lane for lane in lanes if not lane or lane[-1].ends_at <= each.starts_at), None)
        if free is None:
            lanes.append([each])
        else:
            free.append(each)
    return lanes


def ground(day: Day, person, minutes: list[int], hours: dict[int, int]) -> dict[int, tuple[str, Hashable]]:
    """What is behind each quarter hour: time off, or an hour that is open or closed."""
    found: dict[int, tuple[str, Hashable]] = {minute: (CLOSED, hours[minute]) for minute in minutes}
    for begin, end in opening([day], person.hours):
        for minute in range(begin - begin % QUARTER, end, QUARTER):
            if minute in found:
                found[minute] = FREE, hours[minute]
    for starts_at, ends_at, note in person.off:
        for minute in within(starts_at, ends_at, minutes):
            found[minute] = OFF, note
    return found


def within(starts_at: datetime, ends_at: datetime, minutes: list[int]) -> range:
    """The quarter hours of `minutes` that a period touches."""
    begin = epoch_minute(starts_at) // QUARTER * QUARTER
    end = -(-int(ends_at.timestamp()) // 60)
    return range(max(begin, minutes[0]), min(end, minutes[-1] + QUARTER), QUARTER)


def runs(person, behind: dict, lane: list, minutes: list[int]) -> Iterator[Cell]:
    """The cells of a lane, from top to bottom."""
    filled = {minute: each for each in lane for minute in within(each.starts_at, each.ends_at, minutes)}
    states = [(BUSY, filled[each]) if each in filled else behind.get(each, (BLANK, None)) for each in minutes]
    row = 0
    for (kind, what), same in groupby(states):
        span = len(list(same))
        yield Cell(kind, minutes[row], span, person.id, what)
        row += span
