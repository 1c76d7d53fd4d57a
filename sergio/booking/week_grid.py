"""A week of the schedule: for each day and person the appointments, the time off, and whether they work."""

from collections import defaultdict
from datetime import date, timedelta
from operator import attrgetter
from typing import NamedTuple

from sergio.booking.agenda import Entry, Person
from sergio.booking.slots import Day, instant
from sergio.lib import language

MOST = 8
"""Appointments of a person and day that are shown."""
IN_WEEK = attrgetter("number", "sequence", "status", "time", "customer", "service", "label")
"""What a week shows of an entry. A full one has 140, and templates unpack values sooner than they look them up."""


class PersonsDay(NamedTuple):
    """A person's day: its entries as `IN_WEEK`, how many more there are, what is off (or ""), and whether they work."""

    id: int
    name: str
    entries: list[tuple]
    more: int
    off: str | None
    works: bool


class ShownDay(NamedTuple):
    """A day with everyone's; `entries` are all of it by time, for the list."""

    on: str
    weekday: str
    date: str
    name: str
    today: bool
    people: list[PersonsDay]
    entries: list[Entry]


def week(days: list[Day], people: list[Person], found: list[Entry], today: date) -> list[ShownDay]:
    by_day: defaultdict[date, list[Entry]] = defaultdict(list)
    for each in found:
        for on in dates_of(each, days):
            by_day[on].append(each)
    return [shown_day(day, people, by_day[day.on], today) for day in days]


def dates_of(entry: Entry, days: list[Day]) -> list[date]:
    """The days of an entry that are shown."""
    if entry.first == entry.last:
        return [entry.first] if days[0].on <= entry.first <= days[-1].on else []
    first, last = max(entry.first, days[0].on), min(entry.last, days[-1].on)
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def shown_day(day: Day, people: list[Person], found: list[Entry], today: date) -> ShownDay:
    of_person: defaultdict[int, list[tuple]] = defaultdict(list)
    for each in found:
        of_person[each.staff_id].append(IN_WEEK(each))
    begin, end = instant(day.stretches[0].begin), instant(day.stretches[-1].end)
    weekday = day.on.weekday()
    persons = []
    for person in people:
        mine = of_person[person.id]
        off = [note for since, until, note in person.off if since < end and until > begin]
        works = weekday in [on for on, _opens, _closes in person.hours]
        more = max(0, len(mine) - MOST)
        persons.append(PersonsDay(person.id, person.name, mine[:MOST], more, off[0] if off else None, works))
    names = (language.day_parts(day.on, form) for form in ("EEE", "MMMd"))
    return ShownDay(day.on.isoformat(), *names, language.written_day(day.on, "full"), day.on == today, persons, found)
