"""Formats of times, lengths and prices of appointments, and sentences about the rules of booking."""

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import groupby
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from babel.dates import get_timezone_name
from babel.units import format_unit

from sergio.lib import language
from sergio.lib.language import gettext as _
from sergio.lib.language import locale_of, ngettext

HOUR, DAY = 60, 24 * 60
MIDNIGHT = datetime(2024, 1, 1)  # noqa: DTZ001 - only its time of day is shown
A_MONDAY = MIDNIGHT.date()


def length(minutes: int) -> str:
    """ "45 minutes", "1 hour 30 minutes", "24 hours", "2 days"."""
    return length_text(minutes, language.spoken.get())


@lru_cache(1000)
def length_text(minutes: int, language: str) -> str:
    if minutes >= 2 * DAY and minutes % DAY == 0:
        return format_unit(minutes // DAY, "duration-day", locale=locale_of(language))
    hours, rest = divmod(minutes, HOUR)
    parts = [(hours, "duration-hour"), (rest, "duration-minute")]
    written = [format_unit(count, unit, locale=locale_of(language)) for count, unit in parts if count]
    return " ".join(written) or format_unit(0, "duration-minute", locale=locale_of(language))


def span(company, starts_at: datetime, ends_at: datetime) -> str:
    """ "9:00 AM to 11:00 AM" on the company's clock."""
    zone = company.zone
    return hours(starts_at.astimezone(zone), ends_at.astimezone(zone))


def hours(start: datetime, end: datetime) -> str:
    """The same of local times."""
    return _("%(start)s to %(end)s", start=language.format_time(start), end=language.format_time(end))


def date_parts(company, at: datetime) -> tuple[str, str, str, str]:
    """A day for `ui.date`: ISO, month, day and weekday in the company's time zone."""
    on = company.day(at)
    month, day, weekday = (language.day_parts(on, part) for part in ("MMM", "d", "E"))
    return on.isoformat(), month, day, weekday


def when(company, appointment) -> tuple[tuple, str, str]:
    """The parts of its date, its day and its hours, for `ui.appointment_time`."""
    starts_at, ends_at = appointment.starts_at, appointment.ends_at
    return date_parts(company, starts_at), company.format_day(starts_at), span(company, starts_at, ends_at)


def map_link(address: str) -> str:
    """Directions to an address; phones open it in their maps app (developers.google.com/maps/documentation/urls)."""
    return f"https://www.google.com/maps/dir/?{urlencode({'api': 1, 'destination': address})}"


def or_reach_us(company) -> str:
    """How to reach the company by phone or email; empty if it has neither."""
    if company.phone:
        return _("Or call us at %(phone)s.", phone=company.national_phone)
    return _("Or email us at %(email)s.", email=company.email) if company.email else ""


def outside(place) -> str:
    """The sentence for a place outside the service area."""
    town = ", ".join(place.address_lines[1:]) or place.address
    return _("%(town)s is outside the area where we usually work.", town=town)


def held_until(company, until: datetime) -> str:
    """The sentence for a time that is held while somebody fills in the details."""
    return _("This time is held for you until %(time)s.", time=company.format_time(until))


def zone_name(company) -> str:
    """ "Eastern Time", in whose hours times are shown."""
    return zone_text(company.time_zone, language.spoken.get())


@lru_cache(1000)
def zone_text(time_zone: str, language: str) -> str:
    return get_timezone_name(ZoneInfo(time_zone), locale=language)


def taken() -> str:
    """The sentence for a time that was just taken."""
    return _("That time was just taken.")


def taken_but(first: datetime | None) -> str:
    """The same, with what the page shows below it. `first` is the first time that is still free."""
    if first:
        return _("That time was just taken. Here are the closest free times.")
    return _("That time was just taken, and no other times are available.")


def price(service, company) -> str:
    """ "from $180.00", "$180.00", or "price on request"."""
    if service.price is None:
        return _("price on request")
    amount = company.money(service.price)
    return amount if service.price_is_fixed else _("from %(amount)s", amount=amount)


def price_alone(service, company) -> str:
    """The same beside the word "Price"."""
    if service.price is None:
        return _("On request")
    amount = company.money(service.price)
    return amount if service.price_is_fixed else _("From %(amount)s", amount=amount)


def too_many(company) -> str:
    """The sentence for a customer who has reached the limit of appointments booked online."""
    most = company.most_bookings
    sentence = ngettext(
        "You already have %(num)d upcoming appointment booked online, which is the limit.",
        "You already have %(num)d upcoming appointments booked online, which is the limit.",
        most,
    )
    return f"{sentence} {_('To book another, cancel one you no longer need.')} {or_reach_us(company)}".strip()


def whole_day(company, on: date) -> tuple[datetime, datetime]:
    """The midnights a day is between, in the company's time zone."""
    return datetime.combine(on, time(), company.zone), datetime.combine(on + timedelta(1), time(), company.zone)


def week(hours) -> list[tuple[str, str]]:
    """The weekly hours, days with the same ones together: ("Monday to Friday", "9:00 AM to 5:00 PM")."""
    texts = [", ".join(of_day(row.opens, row.closes) for row in hours if row.weekday == day) for day in range(7)]
    runs = [[day for day, _text in run] for _text, run in groupby(enumerate(texts), lambda each: each[1])]
    return [(days_of_week(run[0], run[-1]), texts[run[0]] or _("Off")) for run in runs]


def of_day(opens: int, closes: int) -> str:
    """ "9:00 AM to 5:00 PM" of minutes of the day."""
    return _("%(start)s to %(end)s", start=of_minute(opens), end=of_minute(closes))


def of_minute(minute: int) -> str:
    """ "9:00 AM" of a minute of the day."""
    return language.format_time(MIDNIGHT + timedelta(minutes=minute))


def days_of_week(first: int, last: int) -> str:
    names = [language.written_day(A_MONDAY + timedelta(day), "EEEE") for day in (first, last)]
    return names[0] if first == last else _("%(start)s to %(end)s", start=names[0], end=names[1])


def time_off(company, row) -> dict:
    """A `TimeOff` as pages show it; `who` is empty for everyone's."""
    begin, end = row.starts_at.astimezone(company.zone), row.ends_at.astimezone(company.zone)
    if (begin.hour, begin.minute, end.hour, end.minute) == (0, 0, 0, 0):
        count = (end.date() - begin.date()).days
        when = company.format_day(begin.date()) if count == 1 else days(begin.date(), count)
    elif begin.date() == end.date():
        when = f"{company.format_day(begin.date())}, {span(company, row.starts_at, row.ends_at)}"
    else:
        when = _(
            "%(start)s to %(end)s", start=company.format_moment(row.starts_at), end=company.format_moment(row.ends_at)
        )
    return {"id": row.id, "who": row.staff.name if row.staff else "", "when": when, "note": row.note}


def days(first: date, count: int) -> str:
    """ "Nov 22 to 28, 2026", in short."""
    return language.days(first, first + timedelta(days=count - 1))
