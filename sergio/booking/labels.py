"""Labels for the statuses of appointments, and sentences about them for pages and emails."""

from datetime import date, datetime, timedelta

from sergio.booking.calendars import NO_CALENDAR
from sergio.booking.deadlines import online_until
from sergio.booking.formats import days_of_week, length, of_minute, or_reach_us, price, price_alone, span
from sergio.booking.services import CARD_ON_FILE, DEPOSIT
from sergio.booking.statuses import CANCELED, DECLINED, DONE, PAST, REQUESTED, UPCOMING
from sergio.lib import language, public_web
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.lib.language import short_day
from sergio.service_area.coverage import OUT, UNKNOWN

LABELS = {
    UPCOMING: _l("Upcoming"),
    REQUESTED: _l("Requested"),
    PAST: _l("Past"),
    DONE: _l("Completed"),
    CANCELED: _l("Canceled"),
    DECLINED: _l("Declined"),
}


def status_label(status: str) -> str:
    return str(LABELS[status])


def technician(company, staff_name: str, status: str) -> tuple[str, str]:
    """The technician, for `ui.facts`; empty for a canceled appointment, and where customers do not see the name."""
    shown = company.shows_technician and status not in (CANCELED, DECLINED)
    return _("Technician"), staff_name.split()[0] if shown else ""


def deadlines(company, starts_at: datetime, now: datetime) -> list[str]:
    """Sentences about until when an appointment can be moved and canceled online; empty if it is too late."""
    move, cancel = (online_until(starts_at, m) for m in (company.reschedule_minutes, company.cancel_minutes))
    if move == cancel >= now:
        return [_("You can reschedule or cancel online until %(moment)s.", moment=company.format_moment(move))]
    moving = _("You can reschedule online until %(moment)s.", moment=company.format_moment(move))
    canceling = _("You can cancel online until %(moment)s.", moment=company.format_moment(cancel))
    return [sentence for last, sentence in ((move, moving), (cancel, canceling)) if now <= last]


def too_late(company, why_not_move: str, why_not_cancel: str) -> str:
    """Why an appointment can no longer be moved, or canceled, or both."""
    if why_not_move and why_not_cancel and company.reschedule_minutes == company.cancel_minutes:
        limit = length(company.cancel_minutes)
        return _("Appointments can be rescheduled or canceled online up to %(limit)s before they start.", limit=limit)
    return " ".join(why for why in (why_not_move, why_not_cancel) if why)


def moved(appointment) -> str:
    """The sentence for the customer who has just moved it, or asked to."""
    company = appointment.company
    if appointment.wanted_starts_at:
        wanted, moment = (company.format_moment(at) for at in (appointment.wanted_starts_at, appointment.starts_at))
        received = _("We received your request for %(moment)s.", moment=wanted)
        return f"{received} {_('Until we answer, you keep %(moment)s.', moment=moment)}"
    moment = company.format_moment(appointment.starts_at)
    if appointment.approval == REQUESTED:
        return _("We received your request for %(moment)s.", moment=moment)
    return _("Your appointment is now on %(moment)s.", moment=moment)


EVERY = {1: _l("Every week"), 2: _l("Every 2 weeks"), 4: _l("Every 4 weeks")}


def repeats(series) -> str:
    """ "Every 2 weeks, on Wednesday at 9:00 AM."."""
    day, at = days_of_week(series.starts_on.weekday(), series.starts_on.weekday()), of_minute(series.minute)
    return _("%(every)s, on %(day)s at %(time)s.", every=EVERY[series.weeks], day=day, time=at)


def skipped(series) -> list[str]:
    """The days on which a series has no appointment because the time was taken."""
    return [language.written_day(date.fromisoformat(on), "medium") for on in series.skipped]


def changes(appointment) -> list[tuple]:
    """The moves and the cancellation of an appointment, for `ui.timeline`; the latest first."""
    company = appointment.company
    entries = [
        (
            company.format_moment(move.at),
            _("Rescheduled to %(moment)s", moment=company.format_moment(move.new)),
            _("by %(name)s, from %(moment)s", name=move.by, moment=company.format_moment(move.old)),
            *(None, None),
        )
        for move in reversed(appointment.moves)
    ]
    if appointment.canceled_at:
        status = DECLINED if appointment.approval == DECLINED else CANCELED
        by = _("by %(name)s", name=appointment.canceled_by)
        if appointment.cancel_reason:
            by = f"{by}: {appointment.cancel_reason}"
        entries.insert(0, (company.format_moment(appointment.canceled_at), status_label(status), by, CANCELED, None))
    return entries


def offer(row, company, href: str) -> dict:
    """A row of `Service.offers` for the first step, with the URL of the next one."""
    return {
        "href": href,
        "name": row.name,
        "description": row.description,
        "length": length(row.minutes),
        "price": price(row, company),
        "asked_first": asked_first(row, company),
    }


def summary(company, service, place, starts_at: datetime | None) -> list[tuple[str, str]]:
    """The names and values of what is about to be booked, for `ui.facts`."""
    when = ""
    if starts_at:
        ends_at = starts_at + timedelta(minutes=service.minutes)
        when = f"{company.format_day(starts_at)}, {span(company, starts_at, ends_at)}"
    return [
        (_("Service"), f"{service.name}, {length(service.minutes)}"),
        (_("When"), when),
        (_("Service address"), place.address),
        (_("Price"), price_alone(service, company)),
    ]


def needed(appointment) -> str:
    """What the customer still has to give for an appointment, and by when; empty for nothing."""
    guarantee = appointment.guarantee
    if guarantee is None or not guarantee.is_waiting or appointment.canceled_at:
        return ""
    time = appointment.company.format_time(guarantee.due_at)
    if guarantee.invoice is None:
        return _("Save a card by %(time)s to keep this time. It is not charged now.", time=time)
    invoice = guarantee.invoice
    amount = invoice.money(invoice.due)
    return _("Pay the deposit of %(amount)s by %(time)s to keep this time.", amount=amount, time=time)


def asked_first(service, company) -> str:
    """What customers who book the service give first; empty for nothing."""
    if service.guarantee == DEPOSIT:
        return _("A deposit of %(amount)s is due when you book.", amount=company.money(service.deposit))
    return _("A saved card is needed to book.") if service.guarantee == CARD_ON_FILE else ""


def wishes(entry) -> str:
    """The times that somebody on the waitlist waits for: "Monday, Friday, mornings, until Nov 30, 2026"."""
    days = ", ".join(days_of_week(day, day) for day in entry.weekdays) or _("Any day")
    part = {"morning": _("mornings"), "afternoon": _("afternoons")}.get(entry.day_part, _("any time"))
    return _("%(days)s, %(part)s, until %(last)s", days=days, part=part, last=short_day(entry.until_on))


def closed(company) -> str:
    """The sentence while online booking is switched off, with the company's own message if it has one."""
    reason = company.booking_message or _("Online booking is not available right now.")
    return f"{reason} {company.how_to_reach}"


def not_online(company, name: str) -> str:
    """The sentence for a service that cannot be booked online."""
    sentence = _("%(name)s cannot be booked online. Choose another service.", name=name)
    return f"{sentence} {or_reach_us(company)}".strip()


TROUBLE = {
    public_web.ADDRESS: _l("No website has that address."),
    public_web.PRIVATE: _l("The link leads into a private network, where we don't read anything."),
    public_web.ANSWER: _l("The website didn't answer with a calendar. Check whether the link still works."),
    public_web.SLOW: _l("The website takes too long to answer."),
    public_web.LARGE: _l("The calendar is larger than 1 MB."),
    NO_CALENDAR: _l("What the website sent is not a calendar, or has more repeating events than we can read."),
}
STALE = timedelta(hours=24)


def trouble(company, other_calendar, now: datetime) -> str:
    """What is wrong with reading the other calendar of a staff member; empty while that works."""
    since = other_calendar.read_at
    if not other_calendar.error and now - (since or other_calendar.added_at) < STALE:
        return ""
    why = str(TROUBLE.get(other_calendar.error, ""))
    if since is None:
        return _("We couldn't read this calendar yet. %(why)s", why=why).strip()
    last = _("We last read this calendar on %(moment)s.", moment=company.format_moment(since))
    return " ".join(filter(None, [last, why, _("The busy times from then still block bookings.")]))


def place_warning(appointment) -> str:
    """What staff should know of the place of a request; empty for nothing."""
    sentences = {
        OUT: _("The address is outside your service area. The customer asked anyway."),
        UNKNOWN: _("We couldn't tell whether the address is in your service area."),
    }
    new = _("The customer entered this address, and you haven't approved it yet. Confirming the request approves it.")
    found = [sentences.get(appointment.area, ""), new if appointment.place.needs_approval else ""]
    return " ".join(filter(None, found))
