"""How lengths and times of visits are written, and whom to turn to."""

from datetime import datetime

from babel.dates import format_skeleton
from babel.units import format_unit
from flask_babel import gettext as _

HOUR, DAY = 60, 24 * 60


def length(minutes: int, language: str) -> str:
    """ "45 minutes", "1 hour 30 minutes", "24 hours", "2 days"."""
    if minutes >= 2 * DAY and minutes % DAY == 0:
        return format_unit(minutes // DAY, "duration-day", locale=language)
    hours, rest = divmod(minutes, HOUR)
    parts = [(hours, "duration-hour"), (rest, "duration-minute")]
    written = [format_unit(count, unit, locale=language) for count, unit in parts if count]
    return " ".join(written) or format_unit(0, "duration-minute", locale=language)


def span(company, starts_at: datetime, ends_at: datetime) -> str:
    """ "9:00 AM to 11:00 AM" on the company's clock."""
    return _("%(start)s to %(end)s", start=company.written_time(starts_at), end=company.written_time(ends_at))


def leaf(company, at: datetime) -> tuple[str, str, str, str]:
    """A day for `ui.date`: ISO, month, day and weekday where the company is."""
    local = at.astimezone(company.zone).replace(tzinfo=None)
    month, day, weekday = (format_skeleton(part, local, locale=company.language) for part in ("MMM", "d", "E"))
    return local.date().isoformat(), month, day, weekday


def or_reach_us(company) -> str:
    """The next step when the portal cannot help: whom to call or write to; empty where the company gave neither."""
    if company.phone:
        return _("Or call us: %(phone)s.", phone=company.phone)
    return _("Or write to us: %(email)s.", email=company.email) if company.email else ""


def taken(company, at: datetime) -> str:
    """What the one who came second is told."""
    return _("Somebody was quicker: %(moment)s has just been taken.", moment=company.written_moment(at))
