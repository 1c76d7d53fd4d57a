"""What customers did, as staff see it, in one statement."""

from datetime import datetime
from typing import NamedTuple

from flask_babel import gettext as _
from sqlalchemy import Row, Select, and_, cast, desc, literal, null, or_, select, union_all

from sergio.booking.models import Appointment, AppointmentMove, Service
from sergio.companies.models import Company
from sergio.customers.models import Contact, Customer
from sergio.database.engines import Utc
from sergio.extensions import db
from sergio.invoices.ledger import DISPUTE, PAYMENT
from sergio.invoices.models import Invoice, LedgerEntry
from sergio.lib import money
from sergio.quotes.models import Quote, QuoteAcceptance, QuoteChangeRequest, QuoteDecline, QuoteVersion

ROWS = 15
SHORT = 160
ACCEPTED, DECLINED, WISHED = "accepted", "declined", "wished"
BOOKED, MOVED, CANCELED = "booked", "moved", "canceled"


class Event(NamedTuple):
    """One thing a customer did, worded: who did what, in which words of their own, when, and how much it is about."""

    sign: str
    href: str
    who: str
    what: str
    words: str
    when: str
    amount: str


def events(company: Company, at: datetime) -> list[Event]:
    """The latest `ROWS` things customers did."""
    parts = [money_moved(), accepted(), said(QuoteDecline, DECLINED, QuoteDecline.reason)]
    parts += [said(QuoteChangeRequest, WISHED, QuoteChangeRequest.message), booked(), moved(), canceled()]
    rows = union_all(*parts).order_by(desc("at"), "kind", desc("number")).limit(ROWS)
    return [as_row(row, company, at) for row in db.session.execute(rows)]


def money_moved() -> Select:
    """Payments that came, and payments that are disputed."""
    facts = (LedgerEntry.kind, LedgerEntry.at, Customer.name.label("who"), Invoice.number, Invoice.title)
    planned = cast(null(), Utc).label("planned_at")
    rows = select(*facts, LedgerEntry.amount, Invoice.currency, LedgerEntry.memo.label("words"), planned)
    disputed = and_(LedgerEntry.kind == DISPUTE, LedgerEntry.amount > 0)
    rows = rows.select_from(Invoice).join(Invoice.entries).join(Invoice.customer)
    return rows.where(or_(LedgerEntry.kind == PAYMENT, disputed))


def accepted() -> Select:
    """Quotes somebody said yes to, with the total they signed."""
    facts = (literal(ACCEPTED), QuoteAcceptance.at, QuoteAcceptance.name, Quote.number, QuoteVersion.title)
    rows = select(*facts, QuoteAcceptance.total, QuoteVersion.currency, QuoteVersion.title, null())
    return rows.select_from(Quote).join(Quote.acceptance).join(QuoteAcceptance.offered)


def said(answer: type[QuoteDecline] | type[QuoteChangeRequest], kind: str, text) -> Select:
    """Noes and wishes, in the customers' words."""
    facts = (literal(kind), answer.at, answer.name, Quote.number, QuoteVersion.title, QuoteVersion.total)
    rows = select(*facts, QuoteVersion.currency, text, null()).select_from(Quote)
    return rows.join(answer, answer.quote_id == Quote.id).join(answer.offered)


def booked() -> Select:
    """Visits as they were booked, with what the customer wrote about them."""
    facts = (literal(BOOKED), Appointment.created_at, Contact.name, Appointment.number, Service.name)
    rows = select(*facts, null(), null(), Appointment.notes, Appointment.starts_at)
    return rows.select_from(Appointment).join(Appointment.service).join(Appointment.contact)


def moved() -> Select:
    """Visits that were given another time."""
    facts = (literal(MOVED), AppointmentMove.at, AppointmentMove.by, Appointment.number, Service.name)
    rows = select(*facts, null(), null(), literal(""), AppointmentMove.new)
    return rows.select_from(Appointment).join(Appointment.moves).join(Appointment.service)


def canceled() -> Select:
    """Visits that were called off."""
    facts = (literal(CANCELED), Appointment.canceled_at, Appointment.canceled_by, Appointment.number, Service.name)
    rows = select(*facts, null(), null(), literal(""), Appointment.starts_at).select_from(Appointment)
    return rows.join(Appointment.service).where(Appointment.canceled_at.is_not(None))


SIGNS = {
    PAYMENT: "card",
    DISPUTE: "alert",
    ACCEPTED: "check",
    DECLINED: "close",
    WISHED: "pen",
    BOOKED: "calendar",
    MOVED: "clock",
    CANCELED: "close",
}
PAGES = {**dict.fromkeys((PAYMENT, DISPUTE), "invoices"), **dict.fromkeys((ACCEPTED, DECLINED, WISHED), "quotes")}


def as_row(row: Row, company: Company, at: datetime) -> Event:
    """A row as the page shows it."""
    href = f"/office/{PAGES.get(row.kind, 'schedule')}/{row.number}"
    what = sentence(row.kind, row.number, row.title, company.format_moment(row.planned_at) if row.planned_at else "")
    own, told = ("", row.words) if row.kind in (PAYMENT, DISPUTE, ACCEPTED) else (quoted(row.words), "")
    amount = money.format_amount(abs(row.amount), row.currency, company.language) if row.amount else ""
    moment = " · ".join(part for part in (told, when(company, row.at, at)) if part)
    return Event(SIGNS[row.kind], href, row.who, what, own, moment, amount)


def sentence(kind: str, number: int, title: str, moment: str) -> str:
    """What was done, to be read after a name."""
    named = {"number": number, "service": title, "moment": moment}
    return {
        PAYMENT: _("paid invoice %(number)s", **named),
        DISPUTE: _("disputes the payment of invoice %(number)s", **named),
        ACCEPTED: _("accepted quote %(number)s", **named),
        DECLINED: _("declined quote %(number)s", **named),
        WISHED: _("asked for changes to quote %(number)s", **named),
        BOOKED: _("booked %(service)s for %(moment)s", **named),
        MOVED: _("moved %(service)s to %(moment)s", **named),
        CANCELED: _("canceled %(service)s of %(moment)s", **named),
    }[kind]


def quoted(text: str) -> str:
    """A customer's own words, the beginning of them if they are many."""
    short = text if len(text) <= SHORT else f"{text[:SHORT].rstrip()}…"
    return f"“{short}”" if text else ""


def when(company: Company, then: datetime, at: datetime) -> str:
    """ "Today, 9:30 AM", "Yesterday, 9:30 AM" or "Nov 24, 2026"."""
    days = (company.day(at) - company.day(then)).days
    if days > 1:
        return company.short_day(then)
    day = _("Yesterday") if days == 1 else _("Today")
    return f"{day}, {company.format_time(then)}"
