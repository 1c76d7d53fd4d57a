"""How lengths and times of visits are written, and whom to turn to."""

from datetime import date, datetime, timedelta

from babel.dates import format_interval, format_skeleton
from babel.units import format_unit
from flask_babel import gettext as _
from flask_babel import ngettext

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
    return _("%(start)s to %(end)s", start=company.format_time(starts_at), end=company.format_time(ends_at))


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
    moment = company.format_moment(at)
    return _("Somebody was quicker: %(moment)s has just been taken. Please choose another time.", moment=moment)


def price(service, company) -> str:
    """ "from $180.00", or that one has to ask."""
    if service.price_from is None:
        return _("price on request")
    return _("from %(amount)s", amount=company.money(service.price_from))


def offer(row, company) -> dict:
    """A row of `Service.offers` as the first step shows it; `place` is the number of the customer's only one."""
    step = f"time?service={row.number}&place={row.place}" if row.place else f"place?service={row.number}"
    return {
        "href": f"/portal/book/{step}",
        "name": row.name,
        "description": row.description,
        "length": length(row.minutes, company.language),
        "price": price(row, company),
    }


def closed(company) -> str:
    """What is said while online booking is switched off."""
    return " ".join((_("Online booking is switched off at the moment."), how_to_reach_us(company)))


def too_many(company) -> str:
    """What is said to a customer who holds as many appointments as can be booked online."""
    most = company.most_bookings
    sentence = ngettext(
        "You already have %(num)d upcoming appointment booked online, which is the limit.",
        "You already have %(num)d upcoming appointments booked online, which is the limit.",
        most,
    )
    return f"{sentence} {_('To book another one, cancel one you no longer need.')} {or_reach_us(company)}".strip()


def not_online(company, name: str) -> str:
    """What is said of a service that cannot be booked online."""
    sentence = _("%(name)s cannot be booked online. Please choose another service.", name=name)
    return f"{sentence} {or_reach_us(company)}".strip()


def how_to_reach_us(company) -> str:
    """The next step where nothing else is left."""
    if company.phone:
        return _("Please call us: %(phone)s.", phone=company.phone)
    return _("Please write to us: %(email)s.", email=company.email) if company.email else _("Please ask us.")


def until(company, starts_at: datetime, at: datetime) -> list[str]:
    """How long a visit can still be moved and canceled online, in sentences; `at` is now."""
    move, cancel = (starts_at - timedelta(minutes=m) for m in (company.reschedule_minutes, company.cancel_minutes))
    if move == cancel >= at:
        return [_("You can move or cancel it online until %(moment)s.", moment=company.format_moment(move))]
    moving = _("You can move it online until %(moment)s.", moment=company.format_moment(move))
    canceling = _("You can cancel it online until %(moment)s.", moment=company.format_moment(cancel))
    return [sentence for last, sentence in ((move, moving), (cancel, canceling)) if at <= last]


def too_late(company, why_not_move: str, why_not_cancel: str) -> str:
    """Why a visit cannot be moved, or canceled, or either."""
    if why_not_move and why_not_cancel and company.reschedule_minutes == company.cancel_minutes:
        limit = length(company.cancel_minutes, company.language)
        return _("Visits can be moved or canceled online until %(limit)s before they begin.", limit=limit)
    return " ".join(why for why in (why_not_move, why_not_cancel) if why)


def label(status: str) -> str:
    """How a visit stands, in a word."""
    return {"upcoming": _("Upcoming"), "past": _("Past"), "done": _("Done"), "canceled": _("Canceled")}[status]


def who(staff_name: str, status: str) -> tuple[str, str]:
    """Who comes, or came, for `ui.facts`; nobody to a visit that was called off."""
    first_name = "" if status == "canceled" else staff_name.split()[0]
    return _("Who comes") if status == "upcoming" else _("Who came"), first_name


def days(company, first: date, count: int) -> str:
    """ "Nov 22 to 28, 2026", in short."""
    return format_interval(first, first + timedelta(days=count - 1), "yMMMd", locale=company.language)


def choice(company, service, place, starts_at: datetime | None) -> list[tuple[str, str]]:
    """What is about to be booked, in names and values for `ui.facts`."""
    when = ""
    if starts_at:
        ends_at = starts_at + timedelta(minutes=service.minutes)
        when = f"{company.format_day(starts_at)}, {span(company, starts_at, ends_at)}"
    return [
        (_("What"), f"{service.name}, {length(service.minutes, company.language)}"),
        (_("When"), when),
        (_("Where"), place.address),
        (_("Price"), price(service, company)),
    ]


def changes(appointment) -> list[tuple]:
    """How a visit came to stand where it does, for `ui.timeline`; the latest first."""
    company = appointment.company
    entries = [
        (
            company.format_moment(move.at),
            _("Moved to %(moment)s", moment=company.format_moment(move.new)),
            _("by %(name)s, from %(moment)s", name=move.by, moment=company.format_moment(move.old)),
            *(None, None),
        )
        for move in reversed(appointment.moves)
    ]
    if appointment.canceled_at:
        by = _("by %(name)s", name=appointment.canceled_by)
        entries.insert(0, (company.format_moment(appointment.canceled_at), _("Canceled"), by, "canceled", None))
    return entries
