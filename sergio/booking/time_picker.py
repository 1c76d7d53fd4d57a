"""Choosing a time: a strip of seven days, and the free times of one of them."""

from calendar import monthcalendar
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from sergio.booking import formats
from sergio.booking.availability import Availability
from sergio.booking.slots import Day
from sergio.lib import language
from sergio.lib.language import gettext as _

STRIP = 7
MONTH = "view=month"
NOON, EVENING = 12, 17


class Tab(NamedTuple):
    """A day of the strip; `href` is None where nothing is free."""

    href: str | None
    weekday: str
    day: str
    name: str
    current: bool


class Month(NamedTuple):
    """The days of a month in whole weeks from Monday on, with None for those of others, and the months beside it."""

    name: str
    weekdays: list[str]
    days: list[Tab | None]
    earlier: str | None
    later: str | None


class Time(NamedTuple):
    """A free time; `value` is how forms and URLs write it (`value_of`)."""

    value: str
    label: str


class TimePicker:
    """The free times of one day, and links to other days.

    `page_url` is the URL of this page. With `next_url`, each time is a link to the next step; without it, a button of
    the form around it. Both URLs end with "?" or "&".
    """

    def __init__(self, availability: Availability, on: date | None, page_url: str = "?", next_url: str = ""):
        self.availability, self.company = availability, availability.company
        self.page_url, self.next_url = page_url, next_url
        self.day = availability.day(on)
        index = availability.days.index(self.day)
        self._begin = index - index % STRIP
        self.strip = availability.days[self._begin :][:STRIP]

    @property
    def heading(self) -> str:
        """ "Tuesday, November 24, 2026"."""
        return language.written_day(self.day.on, "full")

    @property
    def week(self) -> str:
        """ "Nov 22 to 28, 2026", in short."""
        return formats.days(self.strip[0].on, len(self.strip))

    @property
    def tabs(self) -> Iterator[Tab]:
        """The days of the strip."""
        for day in self.strip:
            weekday, name = (language.written_day(day.on, form) for form in ("EEE", "full"))
            href = self.href(day) if self.availability.is_free(day) else None
            yield Tab(href, weekday, str(day.on.day), name, day is self.day)

    @property
    def earlier(self) -> str | None:
        """The URL of the seven days before these."""
        return self._first_free(self.availability.days[: self._begin][-STRIP:])

    @property
    def later(self) -> str | None:
        """The URL of the seven days after these."""
        return self._first_free(self.availability.days[self._begin + STRIP :][:STRIP])

    @property
    def parts(self) -> list[tuple[str, list[Time]]]:
        """The free times of the day by morning, afternoon and evening; parts without any are left out."""
        named = {_("Morning"): range(NOON), _("Afternoon"): range(NOON, EVENING), _("Evening"): range(EVENING, 24)}
        times = [(at.astimezone(self.company.zone).hour, self.time(at)) for at in self.availability.on(self.day)]
        parts = [(name, [time for hour, time in times if hour in hours]) for name, hours in named.items()]
        return [(name, times) for name, times in parts if times]

    @property
    def next_free(self) -> tuple[str, str] | None:
        """URL and name of the next day with a free time; if there is none later, of the first of all."""
        at = self.availability.first_after(self.day) or self.availability.first
        day = self.availability.day(self.company.day(at)) if at else None
        return (self.href(day), self.company.format_day(day.on)) if day else None

    @property
    def first_free(self) -> Time | None:
        """The first free time if another day is shown; else None."""
        first = self.availability.first
        if first is None or self.company.day(first) == self.day.on:
            return None
        return Time(value_of(first), self.company.format_moment(first))

    @property
    def zone(self) -> str:
        return formats.zone_name(self.company)

    @property
    def month(self) -> "Month":
        """The month of the day."""
        first = self.day.on.replace(day=1)
        bookable = {day.on: day for day in self.availability.days}
        dates = monthcalendar(first.year, first.month)
        days = [self._month_day(first.replace(day=n), bookable) if n else None for week in dates for n in week]
        weekdays = [language.written_day(formats.A_MONDAY + timedelta(days=n), "EEE") for n in range(STRIP)]
        beside = self._month_before(first), self._month_after(first)
        return Month(language.day_parts(first, "yMMMM"), weekdays, days, *beside)

    def _month_day(self, on: date, bookable: dict[date, Day]) -> Tab:
        day = bookable.get(on)
        href = self.href(day) if day and self.availability.is_free(day) else None
        return Tab(href, "", str(on.day), language.written_day(on, "full"), on == self.day.on)

    def _month_before(self, first: date) -> str | None:
        days = [day for day in self.availability.days if day.on < first]
        return self._in_month(days, days[-1].on) if days else None

    def _month_after(self, first: date) -> str | None:
        after = (first + timedelta(days=31)).replace(day=1)
        days = [day for day in self.availability.days if day.on >= after]
        return self._in_month(days, days[0].on) if days else None

    def _in_month(self, days: list[Day], on: date) -> str | None:
        """The URL of the days in the month of `on`."""
        first = self._first_free([day for day in days if (day.on.year, day.on.month) == (on.year, on.month)])
        return f"{first}&{MONTH}" if first else None

    def time(self, at: datetime) -> Time:
        """A time for the page; in the hour that is repeated when clocks go back, with the name of its zone ("EST")."""
        local = at.astimezone(self.company.zone)
        twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
        label = self.company.format_time(at)
        return Time(value_of(at), f"{label} {local.tzname()}" if twice else label)

    def href(self, day: Day) -> str:
        return f"{self.page_url}day={day.on.isoformat()}"

    def _first_free(self, days: list[Day]) -> str | None:
        if not days:
            return None
        return self.href(next((day for day in days if self.availability.is_free(day)), days[0]))


def value_of(at: datetime) -> str:
    """An instant as URLs and forms write it: "2026-11-24T14:00Z"."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%MZ}"


def instant_of(value: str | None) -> datetime | None:
    """The instant that `value_of` wrote. None for anything else: a local time could be one that the clock skips."""
    try:
        at = datetime.fromisoformat(value or "")
    except ValueError:
        return None
    return at if at.tzinfo == UTC and 2000 < at.year < 3000 else None


def day_of(value: str | None) -> date | None:
    """A day as URLs write it, "2026-11-24"; None for anything else."""
    try:
        return date.fromisoformat(value or "")
    except ValueError:
        return None
