"""The days on which US banks move money."""

from calendar import monthrange
from datetime import date, timedelta
from functools import cache

MONDAY, THURSDAY, SATURDAY = 0, 3, 5
DEBIT_TAKES = 4
"""Business days until a debit usually has arrived: docs.stripe.com/payments/ach-direct-debit#timing."""
FIXED = ((1, 1), (6, 19), (7, 4), (11, 11), (12, 25))
NTH = ((1, MONDAY, 3), (2, MONDAY, 3), (9, MONDAY, 1), (10, MONDAY, 2), (11, THURSDAY, 4))
"""Month, weekday, which one of the month."""


def debit_arrives(started: date) -> date:
    """The day by which a debit that was started on a day has usually arrived."""
    day = started
    for _business_day in range(DEBIT_TAKES):
        day = next_business_day(day)
    return day


def next_business_day(day: date) -> date:
    day += timedelta(1)
    while day.weekday() >= SATURDAY or day in closed_days(day.year):
        day += timedelta(1)
    return day


@cache
def closed_days(year: int) -> frozenset[date]:
    """The holidays of the Federal Reserve (frbservices.org/about/holiday-schedules). One on a Sunday is kept on Monday,
    one on a Saturday not at all.
    """
    fixed = (date(year, month, day) for month, day in FIXED)
    moved = (day + timedelta(1) if day.weekday() > SATURDAY else day for day in fixed)
    memorial_day = nth(year, 5, MONDAY, 5 if monthrange(year, 5)[0] in (5, 6, MONDAY) else 4)
    return frozenset((*moved, *(nth(year, *each) for each in NTH), memorial_day))


def nth(year: int, month: int, weekday: int, which: int) -> date:
    first = date(year, month, 1)
    return first + timedelta((weekday - first.weekday()) % 7 + 7 * (which - 1))
