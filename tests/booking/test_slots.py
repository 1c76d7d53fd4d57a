"""Free times against a slow oracle that checks local time minute by minute, and on the days clocks change."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sergio.booking.slots import DAY, Rota, days_from, epoch_minute, instant, least_busy, merged, open_slots, without
from tests.booking.builders import LEAPS

ZONES = [
    *("America/New_York", "America/St_Johns", "America/Santiago", "America/Havana", "America/Nuuk", "Europe/London"),
    *("Atlantic/Azores", "Africa/Cairo", "Africa/Casablanca", "Asia/Beirut", "Asia/Kathmandu", "Antarctica/Troll"),
    *("Australia/Lord_Howe", "Pacific/Chatham", "Pacific/Apia", "UTC"),
]
CHANGES = [date(2027, 3, 14), date(2027, 4, 4), date(2027, 9, 5), date(2027, 10, 30), date(2027, 11, 7)]
MONDAY = date(2026, 11, 23)


def oracle(first, count, zone, rotas, *, minutes, buffer, grid, earliest):
    """The same by brute force: the local time of every minute of every day."""
    dates = {first + timedelta(days=n) for n in range(count)}
    begin = int((datetime(first.year, first.month, first.day, tzinfo=UTC) - timedelta(days=1)).timestamp()) // 60
    found = {}
    walls = {m: instant(m).astimezone(zone) for m in range(begin, begin + (count + 2) * DAY)}
    for rota in rotas:
        opened = {m for m, local in walls.items() if local.date() in dates and works(rota, local)}
        off = {m for span in rota.off + rota.appointments for m in range(*span)}
        for start in sorted(opened):
            needed = range(start, start + minutes + buffer)
            on_grid = (walls[start].hour * 60 + walls[start].minute) % grid == 0
            if start >= earliest and on_grid and opened.issuperset(needed[:minutes]) and off.isdisjoint(needed):
                found.setdefault(start, []).append(rota.staff_id)
    return found


def works(rota, local) -> bool:
    wall = local.hour * 60 + local.minute
    return any(day == local.weekday() and opens <= wall < closes for day, opens, closes in rota.hours)


@st.composite
def calendars(draw):
    zone = ZoneInfo(draw(st.sampled_from(ZONES)))
    first = draw(st.sampled_from(CHANGES) | st.dates(date(2024, 1, 1), date(2035, 1, 1)))
    first -= timedelta(days=draw(st.integers(0, 2)))
    count = draw(st.integers(1, 3))
    begin = epoch_minute(datetime(first.year, first.month, first.day, tzinfo=zone))
    hour = st.tuples(st.integers(0, 6), st.integers(0, 96), st.integers(0, 96)).map(
        lambda hours: (hours[0], min(hours[1:]) * 15, max(hours[1:]) * 15)
    )
    span = st.tuples(st.integers(-100, count * DAY), st.integers(1, 900)).map(
        lambda span: (begin + span[0], begin + sum(span))
    )
    spans = st.lists(span, max_size=4)
    rotas = [
        Rota(n, draw(st.lists(hour, max_size=12)), draw(spans), draw(spans), []) for n in range(draw(st.integers(1, 2)))
    ]
    how = {
        "minutes": draw(st.sampled_from([15, 20, 50, 60, 120, 240])),
        "buffer": draw(st.sampled_from([0, 10, 30])),
        "grid": draw(st.sampled_from([15, 30, 60])),
        "earliest": begin + draw(st.integers(-500, 2000)),
    }
    return first, count, zone, rotas, how


@settings(max_examples=150, deadline=None)
@given(calendars())
def test_free_times_follow_local_time(calendar):
    first, count, zone, rotas, how = calendar
    assert open_slots(days_from(first, count, zone), rotas, **how) == oracle(first, count, zone, rotas, **how)


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50))),
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50))),
)
def test_without_leaves_exactly_the_other_minutes(spans, taken):
    left = {m for span in without(merged(spans), merged(taken)) for m in range(*span)}
    assert left == {m for s in spans for m in range(*s)} - {m for t in taken for m in range(*t)}


def rota(staff_id=1, hours=((0, 9 * 60, 17 * 60),), appointments=(), off=()):
    return Rota(staff_id, list(hours), list(appointments), list(off), [])


def starts(rotas, zone="America/New_York", first=MONDAY, **how):
    """The free times of one day in local time."""
    how = {"minutes": 60, "buffer": 0, "grid": 30, "earliest": 0, **how}
    found = open_slots(days_from(first, 1, ZoneInfo(zone)), rotas, **how)
    return [f"{instant(m).astimezone(ZoneInfo(zone)):%H:%M}" for m in found]


def on_monday(hour, minute=0):
    return epoch_minute(datetime(2026, 11, 23, hour, minute, tzinfo=ZoneInfo("America/New_York")))


def test_the_last_appointment_ends_when_work_does():
    assert starts([rota()], minutes=120)[-1] == "15:00"


def test_the_buffer_can_end_after_working_hours():
    assert starts([rota()], minutes=120, buffer=30)[-1] == "15:00"


def test_the_buffer_ends_before_the_next_appointment():
    taken = rota(appointments=[(on_monday(12), on_monday(13))])
    assert "11:00" in starts([taken])
    assert "11:00" not in starts([taken], buffer=15)
    assert "10:30" in starts([taken], buffer=15)


@pytest.mark.parametrize(("minutes", "last"), [(60, "11:00"), (90, "10:30"), (120, "10:00"), (180, "09:00")])
def test_longer_work_must_start_earlier_before_an_appointment(minutes, last):
    taken = rota(appointments=[(on_monday(12), on_monday(17))])
    assert starts([taken], minutes=minutes)[-1] == last


def test_a_time_is_free_if_any_staff_member_is():
    away = rota(1, off=[(on_monday(0), on_monday(23))])
    free = open_slots(
        days_from(MONDAY, 1, ZoneInfo("America/New_York")), [away, rota(2)], minutes=60, buffer=0, grid=30, earliest=0
    )
    assert set(map(tuple, free.values())) == {(2,)}


def test_the_earliest_start_is_exact_to_the_minute():
    assert starts([rota()], earliest=on_monday(10))[0] == "10:00"
    assert starts([rota()], earliest=on_monday(10) + 1)[0] == "10:30"


def test_the_grid_follows_local_time_with_an_odd_offset():
    assert starts([rota()], zone="Asia/Kathmandu")[:2] == ["09:00", "09:30"]


@pytest.mark.parametrize(("change", "count"), [(date(2027, 4, 4), 3), (date(2027, 10, 3), 3)])
def test_full_hours_stay_full_after_clocks_change_by_half_an_hour(change, count):
    zone = ZoneInfo("Australia/Lord_Howe")
    always = rota(hours=[(weekday, 0, DAY) for weekday in range(7)])
    days = days_from(change - timedelta(days=1), count, zone)
    found = open_slots(days, [always], minutes=60, buffer=0, grid=60, earliest=0)
    assert {instant(minute).astimezone(zone).minute for minute in found} == {0}
    assert len(found) in (3 * 24 - 1, 3 * 24)


def test_the_least_busy_staff_come_first():
    assert least_busy([1, 2, 3], {1: 8, 2: 0, 3: 4}) == [2, 3, 1]


def test_each_turn_begins_with_another_one_of_those_who_are_equally_busy():
    orders = [least_busy([1, 2, 3, 4], {1: 0, 2: 8, 3: 0, 4: 0}, turn) for turn in range(5)]
    assert orders == [[1, 3, 4, 2], [3, 4, 1, 2], [3, 4, 1, 2], [4, 1, 3, 2], [1, 3, 4, 2]]


NIGHT = [(weekday, 0, DAY) for weekday in range(7)]


@pytest.mark.parametrize(("zone", "on", "skipped", "twice"), LEAPS)
def test_a_skipped_time_is_never_offered_and_a_repeated_one_is_two_times(zone, on, skipped, twice):
    offered = starts([rota(hours=NIGHT)], zone=zone, first=date(*on), minutes=15)
    assert not set(skipped) & set(offered)
    assert {time for time in offered if offered.count(time) == 2} == set(twice)
    assert len(offered) == 48 - len(skipped) + len(twice)
