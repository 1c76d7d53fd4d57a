"""When somebody is busy, by calendars as Google, Outlook and Apple write them, and by those that mean harm."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from sergio.lib import busy_times
from sergio.lib.busy_times import Unusable

NEW_YORK = ZoneInfo("America/New_York")
BEGIN, END = datetime(2026, 11, 22, tzinfo=UTC), datetime(2027, 11, 27, tzinfo=UTC)


def calendar(*events: str) -> bytes:
    lines = [line.strip() for event in events for line in ("BEGIN:VEVENT", *event.strip().splitlines(), "END:VEVENT")]
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//a//b", *lines, "END:VCALENDAR", ""]).encode()


def busy(*events: str) -> list[str]:
    """The busy times on New York's clock, "11-25 09:00 10:00"."""
    spans = busy_times.busy_times(calendar(*events), BEGIN, END, "America/New_York")
    local = [[at.astimezone(NEW_YORK) for at in span] for span in spans]
    return [f"{begin:%m-%d %H:%M} {end:%H:%M}" for begin, end in local]


@pytest.mark.parametrize(
    ("event", "times"),
    [
        ("UID:1\nDTSTART:20261125T140000Z\nDTEND:20261125T150000Z", ["11-25 09:00 10:00"]),
        ("UID:1\nDTSTART;TZID=America/Chicago:20261125T080000\nDURATION:PT90M", ["11-25 09:00 10:30"]),
        ("UID:1\nDTSTART;TZID=Eastern Standard Time:20261125T090000\nDURATION:PT1H", ["11-25 09:00 10:00"]),
        ("UID:1\nDTSTART:20261125T090000\nDTEND:20261125T100000", ["11-25 09:00 10:00"]),
        ("UID:1\nDTSTART;VALUE=DATE:20261125\nDTEND;VALUE=DATE:20261126", ["11-25 00:00 00:00"]),
        ("UID:1\nDTSTART;VALUE=DATE:20261125", ["11-25 00:00 00:00"]),
        ("UID:1\nDTSTART:20261125T140000Z\nDTEND:20261125T150000Z\nTRANSP:TRANSPARENT", []),
        ("UID:1\nDTSTART:20261125T140000Z\nDTEND:20261125T150000Z\nSTATUS:CANCELLED", []),
        ("UID:1\nDTSTART:20261125T140000Z\nDTEND:20261125T150000Z\nX-MICROSOFT-CDO-BUSYSTATUS:FREE", []),
        ("UID:0a@sergio\nDTSTART:20261125T140000Z\nDTEND:20261125T150000Z", []),
        ("UID:1\nDTSTART:20261125T140000Z", []),
        ("UID:1\nDTSTART:20261125T140000Z\nDTEND:20261125T130000Z", []),
        ("UID:1\nDTSTART:20200101T140000Z\nDTEND:20200101T150000Z", []),
        ("UID:1\nSUMMARY:Without a time", []),
    ],
)
def test_a_time_is_read(event, times):
    assert busy(event) == times


def test_times_that_touch_are_one():
    first = "UID:1\nDTSTART:20261125T140000Z\nDTEND:20261125T150000Z"
    second = "UID:2\nDTSTART:20261125T143000Z\nDTEND:20261125T160000Z"
    assert busy(first, second) == ["11-25 09:00 11:00"]


WEEKLY = "UID:1\nDTSTART;TZID=America/New_York:20261104T090000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY"


def test_repetitions_are_found_without_those_left_out_and_with_those_moved():
    weekly = f"{WEEKLY};UNTIL=20261223T140000Z\nEXDATE;TZID=America/New_York:20261202T090000"
    moved = "UID:1\nRECURRENCE-ID;TZID=America/New_York:20261209T090000\nDTSTART:20261210T150000Z\nDURATION:PT1H"
    gone = "UID:1\nRECURRENCE-ID;TZID=America/New_York:20261216T090000\nDTSTART:20261216T140000Z\nSTATUS:CANCELLED"
    assert busy(weekly, moved, gone) == ["11-25 09:00 10:00", "12-10 10:00 11:00", "12-23 09:00 10:00"]


def test_repetitions_keep_the_time_on_the_wall_and_end_with_the_window():
    found = busy(WEEKLY)
    assert len(found) == 53
    assert {each[6:] for each in found} == {"09:00 10:00"}


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>Sign in</html>", b"BEGIN:VCALENDAR", b"\x00\xff" * 1000, b"BEGIN:VEVENT\r\nEND:VEVENT\r\n"],
)
def test_what_is_no_calendar_is_refused(content):
    with pytest.raises(Unusable):
        busy_times.busy_times(content, BEGIN, END, "America/New_York")


BOMBS = ["SECONDLY", "MINUTELY;BYMONTH=12", "HOURLY;BYMONTH=2;BYMONTHDAY=30"]
"""The last one looks for a day that never comes, until the program may compute no longer."""


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_of_repetitions_ends_and_costs_this_process_nothing(bomb, monkeypatch):
    monkeypatch.setattr(busy_times, "PROCESSOR_TIME", 1)
    with pytest.raises(Unusable):
        busy(f"UID:1\nDTSTART:19700101T000000Z\nDURATION:PT1S\nRRULE:FREQ={bomb}")


def test_a_thousand_events_are_read():
    events = [f"UID:{n}\nDTSTART:202612{n % 28 + 1:02}T{n % 24:02}0000Z\nDURATION:PT1H" for n in range(1000)]
    assert 1 <= len(busy(*events)) <= 672
