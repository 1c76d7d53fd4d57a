"""When somebody is busy, by a calendar in iCalendar form from elsewhere."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

PROGRAM = Path(__file__).with_name("calendar_reader.py")
PROCESSOR_TIME, PATIENCE = 8, 30
"""Seconds that the program may compute, and that it may take."""

DAY = timedelta(days=1)

Span = tuple[datetime, datetime]


class Unusable(Exception):
    """It is no calendar, or takes too much time or memory to read."""


def busy_times(content: bytes, begin: datetime, end: datetime, zone: str) -> list[Span]:
    """The times between two instants at which the calendar says "busy", in order; none touch. Raises `Unusable`.

    Days, and times without a time zone, are those of `zone`. What comes from strangers is read in a process of its own
    (`calendar_reader`): a few bytes can ask for more repetitions than there are seconds.
    """
    window = {"begin": int(begin.timestamp()), "end": int(end.timestamp()), "zone": zone, "seconds": PROCESSOR_TIME}
    command = [sys.executable, "-I", str(PROGRAM), json.dumps(window)]
    try:
        done = subprocess.run(command, input=content, capture_output=True, timeout=PATIENCE, env={}, cwd="/")
    except subprocess.TimeoutExpired:
        raise Unusable from None
    if done.returncode:
        raise Unusable
    return [(at(first), at(last)) for first, last in json.loads(done.stdout)]


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
