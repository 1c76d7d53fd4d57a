"""What customers did, and staff with their appointments, for the dashboard, in one statement."""

from datetime import datetime
from functools import cache
from typing import NamedTuple

from sqlalchemy import BigInteger, Row, Select, cast, func, literal, null, select, union_all

from sergio.booking.models import Appointment, AppointmentMove
from sergio.booking.services import Service
from sergio.companies.models import Company, is_test
from sergio.customers.models import Contact, Customer
from sergio.database.company_scope import COMPANY
from sergio.database.engines import Utc
from sergio.extensions import db
from sergio.invoices.ledger import DISPUTE, PAYMENT
from sergio.invoices.models import Invoice, LedgerEntry
from sergio.lib import money
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.quotes.models import Quote, QuoteAcceptance, QuoteChangeRequest, QuoteDecline, QuoteVersion

ROWS = 15
SHORT = 160
ACCEPTED, DECLINED, CHANGES_REQUESTED = "accepted", "declined", "changes_requested"
BOOKED, MOVED, CANCELED = "booked", "moved", "canceled"


class Event(NamedTuple):
    """One thing a customer did, as the page shows it; `quote` is what they wrote, in quotation marks, or empty."""

    icon: str
    href: str
    who: str
    what: str
    quote: str
    when: str
    amount: str
    at: datetime
    is_new: bool


def events(company: Company, now: datetime, seen_at: datetime | None) -> list[Event]:
    """The latest `ROWS` things customers did; those after `seen_at` are new, for None all."""
    found = db.rows(latest(), {"company_id": company.id})
    return [event(row, company, now, seen_at) for row in found]


def unseen(shown: list[Event]) -> str:
    """How many of the latest events are new: "3 new", or "15+ new" where there may be more; "" for none."""
    count = sum(event.is_new for event in shown)
    return _("%(count)s new", count=f"{count}+" if count == ROWS else count) if count else ""


@cache
def latest() -> Select:
    """The latest of all kinds; the latest of each kind are read by an index that has them in this order."""
    replies = (QuoteDecline, DECLINED, QuoteDecline.reason), (QuoteChangeRequest, CHANGES_REQUESTED, REQUEST)
    parts = (payments(), disputes(), accepted(), *(replied(*each) for each in replies), booked(), moved(), canceled())
    rows = union_all(*(select(part.limit(ROWS).subquery()) for part in parts)).subquery()
    return select(rows).order_by(rows.c.at.desc(), rows.c.kind, rows.c.number.desc()).limit(ROWS)


REQUEST = QuoteChangeRequest.message


def payments() -> Select:
    return money_moved().where(LedgerEntry.kind == PAYMENT, LedgerEntry.amount < 0)


def disputes() -> Select:
    return money_moved().where(LedgerEntry.kind == DISPUTE, LedgerEntry.amount > 0)


def money_moved() -> Select:
    facts = (LedgerEntry.kind, LedgerEntry.at, Customer.name.label("who"), Invoice.number, Invoice.title)
    more = LedgerEntry.memo.label("text"), cast(null(), Utc).label("planned_at"), Invoice.prefix, NOBODY
    rows = select(*facts, LedgerEntry.amount, Invoice.currency, *more)
    rows = rows.select_from(LedgerEntry).join(Invoice, LedgerEntry.invoice_id == Invoice.id).join(Invoice.customer)
    return newest_first(rows, LedgerEntry, LedgerEntry.at)


def accepted() -> Select:
    """Accepted quotes, with the total that was signed."""
    facts = (literal(ACCEPTED), QuoteAcceptance.at, QuoteAcceptance.name, Quote.number, QuoteVersion.title)
    rows = select(
        *facts, QuoteAcceptance.total, QuoteVersion.currency, QuoteVersion.title, cast(null(), Utc), NO_PREFIX, NOBODY
    )
    return of_quote(rows, QuoteAcceptance)


def replied(reply: type[QuoteDecline] | type[QuoteChangeRequest], kind: str, text) -> Select:
    """Declined quotes and requests for changes, with what the customer wrote."""
    facts = (literal(kind), reply.at, reply.name, Quote.number, QuoteVersion.title, QuoteVersion.total)
    return of_quote(select(*facts, QuoteVersion.currency, text, cast(null(), Utc), NO_PREFIX, NOBODY), reply)


def of_quote(rows: Select, answer) -> Select:
    rows = rows.select_from(answer).join(Quote, answer.quote_id == Quote.id).join(answer.offered)
    return newest_first(rows, answer, answer.at)


def booked() -> Select:
    """Booked appointments, by the customer or the office, with the customer's notes."""
    who = func.coalesce(func.nullif(Appointment.booked_by, ""), Contact.name).label("who")
    facts = (literal(BOOKED), Appointment.created_at, who, Appointment.number, Service.name)
    rows = select(*facts, *NO_AMOUNT, Appointment.notes, Appointment.starts_at, NO_PREFIX, Contact.name)
    return newest_first(of_appointment(rows.select_from(Appointment)), Appointment, Appointment.created_at)


def moved() -> Select:
    facts = (literal(MOVED), AppointmentMove.at, AppointmentMove.by, Appointment.number, Service.name)
    rows = select(*facts, *NO_AMOUNT, literal(""), AppointmentMove.new, NO_PREFIX, Contact.name)
    rows = rows.select_from(AppointmentMove).join(Appointment, AppointmentMove.appointment_id == Appointment.id)
    return newest_first(of_appointment(rows), AppointmentMove, AppointmentMove.at)


def canceled() -> Select:
    facts = (literal(CANCELED), Appointment.canceled_at, Appointment.canceled_by, Appointment.number, Service.name)
    rows = select(*facts, *NO_AMOUNT, literal(""), Appointment.starts_at, NO_PREFIX, Contact.name)
    rows = rows.select_from(Appointment).where(Appointment.canceled_at.is_not(None))
    return newest_first(of_appointment(rows), Appointment, Appointment.canceled_at)


def of_appointment(rows: Select) -> Select:
    return rows.join(Appointment.service).join(Appointment.contact)


NO_PREFIX, NOBODY = literal("").label("prefix"), literal("").label("whom")
NO_AMOUNT = (cast(null(), BigInteger), literal(""))


def newest_first(rows: Select, table, at) -> Select:
    """The rows of the company by the time of `table`, in the order of its index."""
    return rows.where(table.company_id == COMPANY).order_by(at.desc(), table.id.desc())


ICONS = {
    PAYMENT: "card",
    DISPUTE: "alert",
    ACCEPTED: "check",
    DECLINED: "close",
    CHANGES_REQUESTED: "pen",
    BOOKED: "calendar",
    MOVED: "clock",
    CANCELED: "close",
}
PAGES = {
    **dict.fromkeys((PAYMENT, DISPUTE), "invoices"),
    **dict.fromkeys((ACCEPTED, DECLINED, CHANGES_REQUESTED), "quotes"),
}

SENTENCES = {
    PAYMENT: _l("paid invoice %(number)s"),
    DISPUTE: _l("disputed the payment for invoice %(number)s"),
    ACCEPTED: _l("accepted quote %(number)s"),
    DECLINED: _l("declined quote %(number)s"),
    CHANGES_REQUESTED: _l("requested changes to quote %(number)s"),
    BOOKED: _l("booked %(service)s for %(moment)s"),
    MOVED: _l("rescheduled %(service)s to %(moment)s"),
    CANCELED: _l("canceled %(service)s on %(moment)s"),
}
"""What a customer did, to follow their name."""
FOR_A_CUSTOMER = {
    BOOKED: _l("scheduled %(service)s for %(whom)s on %(moment)s"),
    MOVED: _l("rescheduled %(service)s for %(whom)s to %(moment)s"),
    CANCELED: _l("canceled %(service)s for %(whom)s on %(moment)s"),
}
"""What staff did instead."""


def event(row: Row, company: Company, now: datetime, seen_at: datetime | None) -> Event:
    href = f"/office/{PAGES.get(row.kind, 'schedule')}/{row.number}"
    moment = company.format_moment(row.planned_at) if row.planned_at else ""
    facts = {"number": f"{row.prefix}{row.number}", "service": row.title, "moment": moment, "whom": row.whom}
    what = (FOR_A_CUSTOMER if row.whom not in ("", row.who) else SENTENCES)[row.kind] % facts
    quote, detail = ("", row.text) if row.kind in (PAYMENT, DISPUTE, ACCEPTED) else (quoted(row.text), "")
    amount = money.format_amount(abs(row.amount), row.currency) if row.amount else ""
    when = " · ".join(part for part in (detail, day_and_time(company, row.at, now)) if part)
    who = _("%(name)s (test)", name=row.who) if is_test(row.number) else row.who
    is_new = seen_at is None or row.at > seen_at
    return Event(ICONS[row.kind], href, who, what, quote, when, amount, row.at, is_new)


def quoted(text: str) -> str:
    """What a customer wrote, in quotation marks, cut to `SHORT` characters."""
    short = text if len(text) <= SHORT else f"{text[:SHORT].rstrip()}…"
    return f"“{short}”" if text else ""


def day_and_time(company: Company, then: datetime, now: datetime) -> str:
    """ "Today, 9:30 AM", "Yesterday, 9:30 AM" or "Nov 24, 2026"."""
    days = (company.day(now) - company.day(then)).days
    if days > 1:
        return company.short_day(then)
    day = _("Yesterday") if days == 1 else _("Today")
    return f"{day}, {company.format_time(then)}"
