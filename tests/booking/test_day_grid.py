"""A day of the schedule as a table of quarter hours."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from sergio.booking.day_grid import BUSY, CLOSED, FREE, OFF, grid
from sergio.booking.slots import days_from
from tests.booking.builders import LEAPS

NEW_YORK = ZoneInfo("America/New_York")
ALL_DAY = [(weekday, 0, 24 * 60) for weekday in range(7)]


def person(number=1, hours=((2, 540, 1020),), off=()):
    return SimpleNamespace(id=number, name=f"Person {number}", hours=list(hours), off=list(off))


def entry(begin: datetime, hours: float, staff_id=1):
    return SimpleNamespace(staff_id=staff_id, starts_at=begin, ends_at=begin + timedelta(hours=hours))


def local(hour, minute=0, day=25):
    return datetime(2026, 11, day, hour, minute, tzinfo=NEW_YORK)


def wednesday(people, entries=()):
    return grid(days_from(date(2026, 11, 25), 1, NEW_YORK)[0], people, list(entries), NEW_YORK)


def cells_of(lines, staff_id=1):
    return [(cell.kind, cell.span) for line in lines for cell in line.cells if cell.staff_id == staff_id]


def test_an_appointment_spans_its_quarter_hours_and_free_ones_are_cut_at_hours():
    _columns, lines = wednesday([person()], [entry(local(10, 15), 1.5)])
    assert len(lines) == 8 * 4
    assert cells_of(lines) == [(FREE, 4), (FREE, 1), (BUSY, 6), (FREE, 1)] + [(FREE, 4)] * 5


def test_hours_and_time_off_are_its_ground():
    off = [(local(12), local(13), "Lunch")]
    _columns, lines = wednesday([person(hours=[(2, 540, 720)], off=off), person(2, [(2, 480, 840)])])
    assert cells_of(lines) == [(CLOSED, 4), *[(FREE, 4)] * 3, (OFF, 4), (CLOSED, 4)]


def test_those_that_overlap_stand_beside_each_other():
    columns, lines = wednesday([person()], [entry(local(9), 2), entry(local(10), 2), entry(local(11), 1)])
    assert [column.lanes for column in columns] == [2]
    assert [cell.span for line in lines for cell in line.cells if cell.kind == BUSY] == [8, 8, 4]


def test_one_that_began_the_day_before_fills_the_day_from_its_beginning():
    _columns, lines = wednesday([person()], [entry(local(20, day=24), 14)])
    assert (lines[0].cells[0].kind, lines[0].cells[0].span) == (BUSY, 40)


def test_each_line_is_filled_exactly_once():
    entries = [entry(local(9), 2), entry(local(10), 2), entry(local(9), 3, staff_id=2)]
    columns, lines = wednesday([person(), person(2)], entries)
    width = sum(column.lanes for column in columns)
    filled = sum(cell.span for line in lines for cell in line.cells)
    assert filled == width * len(lines)


@pytest.mark.parametrize(("zone", "on", "skipped", "repeated"), LEAPS)
def test_a_day_with_a_clock_change_has_its_real_length(zone, on, skipped, repeated):
    zone, on = ZoneInfo(zone), date(*on)
    midnights = [datetime.combine(day, datetime.min.time(), zone).astimezone(UTC) for day in (on, on + timedelta(1))]
    _columns, lines = grid(days_from(on, 1, zone)[0], [person(hours=ALL_DAY)], [], zone)
    assert len(lines) * 15 == (midnights[1] - midnights[0]) // timedelta(minutes=1)
    assert sum(line.span for line in lines if line.begins) == len(lines)
    assert sum(span for _kind, span in cells_of(lines)) == len(lines)
