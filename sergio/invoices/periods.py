"""Periods of days that people choose in a query string."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from sergio.companies.models import Company
from sergio.lib.language import gettext as _

FIRST_YEAR, LAST_YEAR = 2000, 2999


@dataclass(frozen=True)
class Period:
    """From the day `first` to the day `last`, both included; None where it is open. `errors` are sentences by name of
    the part of the query string (`from`, `to`), and `typed` is what was typed there.
    """

    first: date | None
    last: date | None
    errors: dict[str, str] = field(default_factory=dict)
    typed: dict[str, str] = field(default_factory=dict)

    @classmethod
    def from_query(cls, args, first: date | None = None, last: date | None = None) -> "Period":
        """The period of `?from=` and `?to=`; the days given stand for those that are left out or wrong."""
        typed = {name: args.get(name, "").replace("\0", "").strip()[:20] for name in ("from", "to")}
        days = {name: day(text) for name, text in typed.items()}
        wrong = _("Enter a date such as 2026-11-30.")
        errors = {name: wrong for name, text in typed.items() if text and days[name] is None}
        begin, end = days["from"] or first, days["to"] or last
        if not errors and begin and end and begin > end:
            errors = {"to": _("The last day is before the first day. Choose a later one.")}
        return cls(begin, end, errors, typed)

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last day of a period that is not open."""
        return self.first or date.min, self.last or date.max

    @property
    def query(self) -> dict[str, str]:
        """The query string of the same period."""
        return {name: on.isoformat() for name, on in (("from", self.first), ("to", self.last)) if on}


def day(text: str) -> date | None:
    """A day such as "2026-11-24"; None for anything else."""
    try:
        on = date.fromisoformat(text)
    except ValueError:
        return None
    return on if FIRST_YEAR <= on.year <= LAST_YEAR else None


def bounds(company: Company, first: date, last: date) -> tuple[datetime, datetime]:
    """The instants at which a period of the company's days begins and has ended."""
    begin, end = (datetime.combine(on, time(), company.zone) for on in (first, last + timedelta(days=1)))
    return begin, end


def last_months(on: date, count: int) -> date:
    """The first day of the month that is `count` months before that of a day."""
    months = on.year * 12 + on.month - 1 - count
    return date(months // 12, months % 12 + 1, 1)
