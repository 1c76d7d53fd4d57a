"""The dashboard's chart: what was paid in each of the last twelve months, as bars and as a table."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from sqlalchemy import Row

from sergio.companies.models import Company
from sergio.lib.language import day_parts

MONTHS = 12
HEIGHT, WIDTH = 100, 40
"""Of the drawing, and of a month in it, in units of the drawing."""


class Bar(NamedTuple):
    """A month: its names, its amount formatted, and the rectangle that stands for it."""

    month: str
    short: str
    amount: str
    x: int
    y: int
    height: int


class Chart(NamedTuple):
    bars: list[Bar]
    best: str
    """The highest amount, formatted."""


def first_month(today: date) -> date:
    """The first day of the first month that is shown."""
    return months_before(today, MONTHS - 1)


def months_before(day: date, months: int) -> date:
    """The first day of the month that is so many months before that of `day`."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, 1)


def chart(company: Company, today: date, rows: Iterable[Row]) -> Chart | None:
    """From the rows of `paid_sums.monthly`, those in the company's currency; None if nothing was paid.

    A month in which more was returned than paid has a negative amount, and no bar.
    """
    paid = {row.month: row.amount for row in rows if row.currency == company.currency}
    highest = max(paid.values(), default=0)
    if highest <= 0:
        return None
    months = [months_before(today, back) for back in reversed(range(MONTHS))]
    bars = [bar(company, place, month, paid.get(month, 0), highest) for place, month in enumerate(months)]
    return Chart(bars, company.money(highest))


def bar(company: Company, place: int, month: date, amount: int, highest: int) -> Bar:
    height = max(0, HEIGHT * amount // highest)
    names = day_parts(month, "yMMMM"), day_parts(month, "MMM")
    return Bar(*names, company.money(amount), place * WIDTH, HEIGHT - height, height)
