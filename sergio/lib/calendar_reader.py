"""The program that reads a calendar for `busy_times`. It runs alone, as a file, and loads nothing of Sergio.

The calendar comes by stdin, the time to look at as JSON in the argument: `begin` and `end` in seconds since 1970, the
`zone` of days and of times without a zone, and `seconds`, how long it may compute. The answer is JSON: pairs of seconds
in which somebody is busy.
"""

import json
import resource
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from icalendar import Calendar

LIMITS = {
    resource.RLIMIT_AS: 512 * 1024 * 1024,
    resource.RLIMIT_FSIZE: 0,
    resource.RLIMIT_CORE: 0,
}
MOST = 5_000
"""Times that are passed on, the earliest ones."""
OURS = "@sergio"
"""Our own appointments, which come back where somebody has added them to that calendar."""
TOO_OFTEN = ("SECONDLY", "MINUTELY")
"""Nobody is busy that often."""
DAY = timedelta(days=1)

Span = tuple[int, int]


def main():
    for limit, value in LIMITS.items():
        resource.setrlimit(limit, (value, value))
    window = json.loads(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_CPU, (window["seconds"], window["seconds"]))
    zone = ZoneInfo(window["zone"])
    begin, end = (datetime.fromtimestamp(window[edge], UTC) for edge in ("begin", "end"))
    calendars = Calendar.from_ical(sys.stdin.buffer.read(), multiple=True)
    if not any(calendar.name == "VCALENDAR" for calendar in calendars):
        sys.exit(1)
    events = [event for calendar in calendars for event in calendar.walk("VEVENT")]
    json.dump(merged(spans_of(events, begin, end, zone)), sys.stdout)


def spans_of(events: list, begin: datetime, end: datetime, zone: ZoneInfo) -> Iterator[Span]:
    """The busy times within the window; those of events that repeat, without what was moved or removed."""
    moved = defaultdict(set)
    for event in events:
        if "RECURRENCE-ID" in event:
            moved[str(event.get("UID"))].add(seconds(event["RECURRENCE-ID"].dt, zone))
    for event in events:
        if not blocks(event):
            continue
        length = seconds_long(event)
        known = moved[str(event.get("UID"))] if "RECURRENCE-ID" not in event else ()
        for start in starts(event, begin - timedelta(seconds=length), end, zone):
            if start not in known and start < end.timestamp() and start + length > begin.timestamp():
                yield max(start, int(begin.timestamp())), min(start + length, int(end.timestamp()))


def blocks(event) -> bool:
    """Whether somebody is busy then."""
    free = str(event.get("TRANSP", "")).upper() == "TRANSPARENT" or str(event.get("STATUS", "")).upper() == "CANCELLED"
    free = free or str(event.get("X-MICROSOFT-CDO-BUSYSTATUS", "")).upper() == "FREE"
    return "DTSTART" in event and not free and not str(event.get("UID", "")).endswith(OURS)


def starts(event, begin: datetime, end: datetime, zone: ZoneInfo) -> Iterator[int]:
    """When an event takes place, in seconds, around the window. Repetitions keep the time on the wall."""
    first = event["DTSTART"].dt
    own = getattr(first, "tzinfo", None) or zone
    left_out = {seconds(each, zone) for each in dates_of(event, "EXDATE")}
    found = {seconds(first, zone), *(seconds(each, zone) for each in dates_of(event, "RDATE"))}
    for rule in rules_of(event):
        if str(rule.get("FREQ", [""])[0]).upper() in TOO_OFTEN:
            sys.exit(1)
        until = rule.get("UNTIL")
        if until:
            rule["UNTIL"] = [wall(until[0], own)]
        naive = rrulestr(rule.to_ical().decode(), dtstart=wall(first, own), ignoretz=True)
        around = wall(begin, own) - DAY, wall(end, own) + DAY
        found.update(seconds(each.replace(tzinfo=own), zone) for each in naive.between(*around, inc=True))
    yield from found - left_out


def rules_of(event) -> list:
    rule = event.get("RRULE", [])
    return rule if isinstance(rule, list) else [rule]


def dates_of(event, name: str) -> Iterator:
    """The days or times of EXDATE or RDATE, which may stand there several times."""
    values = event.get(name, [])
    for value in values if isinstance(values, list) else [values]:
        for each in value.dts:
            yield each.dt[0] if isinstance(each.dt, tuple) else each.dt


def wall(at: date | datetime, zone) -> datetime:
    """The local time in a zone, without the zone."""
    if not isinstance(at, datetime):
        return datetime.combine(at, time())
    return (at.astimezone(zone) if at.tzinfo else at).replace(tzinfo=None)


def seconds(at: date | datetime, zone: ZoneInfo) -> int:
    if not isinstance(at, datetime):
        at = datetime.combine(at, time())
    return int((at if at.tzinfo else at.replace(tzinfo=zone)).timestamp())


def seconds_long(event) -> int:
    """The length of an event; a day has 24 hours."""
    first = event["DTSTART"].dt
    if "DTEND" in event:
        last = event["DTEND"].dt
        if isinstance(first, datetime) != isinstance(last, datetime):
            return 0
        return max(0, int((last - first).total_seconds()))
    if "DURATION" in event:
        return max(0, int(event["DURATION"].dt.total_seconds()))
    return 0 if isinstance(first, datetime) else int(DAY.total_seconds())


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same seconds as spans in order that do not touch."""
    result: list[Span] = []
    for begin, end in sorted(spans):
        if result and begin <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        elif begin < end:
            result.append((begin, end))
    return list(islice(result, MOST))


if __name__ == "__main__":
    main()
