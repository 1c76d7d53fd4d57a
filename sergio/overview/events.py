"""What customers did, for the dashboard, in one statement."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Row, Select, and_, cast, desc, literal, null, or_, select, union_all

from sergio.booking.models import Appointment, AppointmentMove, Service
from sergio.companies.models import Company
from sergio.customers.models import Contact, Customer
from sergio.database.engines import Utc
from sergio.extensions import db
from sergio.invoices.ledger import DISPUTE, PAYMENT
from sergio.invoices.models import Invoice, LedgerEntry
from sergio.lib import money
from sergio.lib.language import gettext as _
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


def events(company: Company, now: datetime) -> list[Event]:
    """The latest `ROWS` things customers did."""
    parts = [
        money_moved().where(Invoice.company_id == company.id),
        accepted().where(Quote.company_id == company.id),
        replied(QuoteDecline, DECLINED, QuoteDecline.reason).where(Quote.company_id == company.id),
        replied(QuoteChangeRequest, CHANGES_REQUESTED, QuoteChangeRequest.message).where(
            Quote.company_id == company.id
        ),
        *(part.where(Appointment.company_id == company.id) for part in (booked(), moved(), canceled())),
    ]
    rows = union_all(*parts).order_by(desc("at"), "kind", desc("number")).limit(ROWS)
    return [event(row, company, now) for row in db.session.execute(rows)]


def money_moved() -> Select:
    """Payments and disputes."""
    facts = (LedgerEntry.kind, LedgerEntry.at, Customer.name.label("who"), Invoice.number, Invoice.title)
    planned = cast(null(), Utc).label("planned_at")
    rows = select(*facts, LedgerEntry.amount, Invoice.currency, LedgerEntry.memo.label("text"), planned)
    disputed = and_(LedgerEntry.kind == DISPUTE, LedgerEntry.amount > 0)
    rows = rows.select_from(Invoice).join(Invoice.entries).join(Invoice.customer)
    return rows.where(or_(LedgerEntry.kind == PAYMENT, disputed))


def accepted() -> Select:
    """Accepted quotes, with the total that was signed."""
    facts = (literal(ACCEPTED), QuoteAcceptance.at, QuoteAcceptance.name, Quote.number, QuoteVersion.title)
    rows = select(*facts, QuoteAcceptance.total, QuoteVersion.currency, QuoteVersion.title, null())
    return rows.select_from(Quote).join(Quote.acceptance).join(QuoteAcceptance.offered)


def replied(reply: type[QuoteDecline] | type[QuoteChangeRequest], kind: str, text) -> Select:
    """Declined quotes and requests for changes, with what the customer wrote."""
    facts = (literal(kind), reply.at, reply.name, Quote.number, QuoteVersion.title, QuoteVersion.total)
    rows = select(*facts, QuoteVersion.currency, text, null()).select_from(Quote)
    return rows.join(reply, reply.quote_id == Quote.id).join(reply.offered)


def booked() -> Select:
    """Booked appointments, with the customer's notes."""
    facts = (literal(BOOKED), Appointment.created_at, Contact.name, Appointment.number, Service.name)
    rows = select(*facts, null(), null(), Appointment.notes, Appointment.starts_at)
    return rows.select_from(Appointment).join(Appointment.service).join(Appointment.contact)


def moved() -> Select:
    facts = (literal(MOVED), AppointmentMove.at, AppointmentMove.by, Appointment.number, Service.name)
    rows = select(*facts, null(), null(), literal(""), AppointmentMove.new)
    return rows.select_from(Appointment).join(Appointment.moves).join(Appointment.service)


def canceled() -> Select:
    facts = (literal(CANCELED), Appointment.canceled_at, Appointment.canceled_by, Appointment.number, Service.name)
    rows = select(*facts, null(), null(), literal(""), Appointment.starts_at).select_from(Appointment)
    return rows.join(Appointment.service).where(Appointment.canceled_at.is_not(None))


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


def event(row: Row, company: Company, now: datetime) -> Event:
    href = f"/office/{PAGES.get(row.kind, 'schedule')}/{row.number}"
    what = sentence(row.kind, row.number, row.title, company.format_moment(row.planned_at) if row.planned_at else "")
    quote, detail = ("", row.text) if row.kind in (PAYMENT, DISPUTE, ACCEPTED) else (quoted(row.text), "")
    amount = money.format_amount(abs(row.amount), row.currency) if row.amount else ""
    when = " · ".join(part for part in (detail, day_and_time(company, row.at, now)) if part)
    return Event(ICONS[row.kind], href, row.who, what, quote, when, amount)


def sentence(kind: str, number: int, title: str, moment: str) -> str:
    """What a customer did, to follow their name."""
    named = {"number": number, "service": title, "moment": moment}
    return {
        PAYMENT: _("paid invoice %(number)s", **named),
        DISPUTE: _("disputed the payment for invoice %(number)s", **named),
        ACCEPTED: _("accepted quote %(number)s", **named),
        DECLINED: _("declined quote %(number)s", **named),
        CHANGES_REQUESTED: _("requested changes to quote %(number)s", **named),
        BOOKED: _("booked %(service)s for %(moment)s", **named),
        MOVED: _("rescheduled %(service)s to %(moment)s", **named),
        CANCELED: _("canceled %(service)s on %(moment)s", **named),
    }[kind]


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
