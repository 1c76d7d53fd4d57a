"""A customer's service history: appointments, accepted quotes, invoices and payments, in one statement."""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import (
    BindParameter,
    Integer,
    Row,
    Select,
    String,
    and_,
    bindparam,
    case,
    column,
    literal,
    null,
    select,
    union_all,
)

from sergio.booking.models import Appointment
from sergio.booking.services import Service
from sergio.companies.models import Company
from sergio.customers.models import Customer, Property
from sergio.database.company_scope import COMPANY
from sergio.database.constants import constants
from sergio.database.engines import Utc
from sergio.invoices.ledger import CHARGE, CREDIT, PAYMENT, REFUND, REFUND_DUE, VOID
from sergio.invoices.models import PORTAL_PATH, Invoice, LedgerEntry
from sergio.lib import language, money
from sergio.lib.language import gettext as _
from sergio.lib.language import kept, ngettext
from sergio.overview.timeline_work import APPOINTMENT, with_work
from sergio.quotes.models import Quote, QuoteAcceptance, QuoteVersion
from sergio.staff.models import StaffMember
from sergio.web.paging import ROWS_AND_ONE, Order, Paging

CANCELED, ACCEPTED = "canceled", "accepted"


class Entry(NamedTuple):
    """One entry as the page shows it; `more` is (URL, label) of its document or next step, or None. `photo` is the URL
    of its first photo, `note` the latest note for the customer.
    """

    icon: str
    href: str
    title: str
    text: str
    amount: str
    more: tuple[str, str] | None
    photo: str = ""
    photos: str = ""
    note: str = ""


def history_page(customer: Customer, company: Company, now: datetime, *, place: int | None, paging: Paging) -> list:
    """A page of the history, the latest first: a list of (name of the month, its entries).

    With the id of a `place`, only what belongs to it.
    """
    parts = {ledger: company.shows_invoices, accepted_quotes: company.shows_quotes, appointments: True}
    bounds = {"place": place, "since": company.history_since(now)}
    statement = latest(
        tuple(part for part, is_shown in parts.items() if is_shown),
        frozenset(name for name, value in bounds.items() if value is not None),
        frozenset(name for name in ("photos", "notes") if getattr(company, f"shows_{name}")),
    )
    rows = paging.rows_of(statement, LATEST, company_id=company.id, customer_id=customer.id, now=now, **bounds)
    months = groupby(rows, lambda row: month(company, row.at))
    return [(name, [ENTRIES[row.kind](row, company) for row in same]) for name, same in months]


NOW: BindParameter[datetime] = bindparam("now", type_=Utc)
LATEST = Order("latest", column("at", Utc), column("kind", String), column("id", Integer), descending=True)
"""The latest first; at the same time a payment before its invoice. `id` is of the row that `kind` comes from."""


NO_PREFIX = literal("").label("prefix")


@cache
def latest(parts: tuple[Callable[[], Select], ...], bounds: frozenset[str], work: frozenset[str]) -> Select:
    """The latest entries of these parts; `bounds` are "place", if only one is asked for, and "since", and `work` is
    what customers see of appointments, "photos" and "notes".
    """
    selects = [part() for part in parts]
    if "place" in bounds:
        selects = [each.where(Property.id == bindparam("place")) for each in selects]
    rows = select(union_all(*selects).subquery()).where(LATEST.after).order_by(*LATEST.by).limit(ROWS_AND_ONE)
    if "since" in bounds:
        rows = rows.where(column("at", Utc) >= bindparam("since", type_=Utc))
    return with_work(rows.subquery(), work).order_by(*LATEST.by)


SHOWN = CHARGE, PAYMENT, REFUND, REFUND_DUE, VOID, CREDIT


def ledger() -> Select:
    """Invoices issued and voided, payments, refunds and credits."""
    facts = (LedgerEntry.kind, LedgerEntry.at, LedgerEntry.id, Invoice.number, Invoice.title, LedgerEntry.amount)
    more = (LedgerEntry.memo.label("text"), LedgerEntry.payment_number.label("other"), Property.street)
    of_invoice = LedgerEntry.company_id == Invoice.company_id, LedgerEntry.invoice_id == Invoice.id
    rows = select(*facts, Invoice.currency, *more, Invoice.prefix).select_from(Invoice)
    rows = rows.join(LedgerEntry, and_(*of_invoice))
    rows = rows.outerjoin(Property, Invoice.property_id == Property.id)
    return rows.where(*of_customer(Invoice), LedgerEntry.kind.in_(constants(SHOWN)))


def accepted_quotes() -> Select:
    """The customer's accepted quotes, with the total that was signed."""
    when = (literal(ACCEPTED).label("kind"), QuoteAcceptance.at, QuoteAcceptance.id)
    facts = (*when, Quote.number, QuoteVersion.title, QuoteAcceptance.total.label("amount"), QuoteVersion.currency)
    more = (QuoteAcceptance.name.label("text"), null().label("other"), Property.street, NO_PREFIX)
    rows = select(*facts, *more).select_from(Quote).join(Quote.acceptance).join(QuoteAcceptance.offered)
    return rows.outerjoin(Property, Quote.property_id == Property.id).where(*of_customer(Quote))


def appointments() -> Select:
    """Past and canceled appointments, with the service's number if it can be booked again."""
    kind = case((Appointment.canceled_at.is_not(None), CANCELED), else_=APPOINTMENT)
    again = case((Service.bookable, Service.number))
    when = (kind.label("kind"), Appointment.starts_at.label("at"), Appointment.id.label("id"))
    what = (Appointment.number, Service.name.label("title"), null().label("amount"), null().label("currency"))
    more = (StaffMember.name.label("text"), again.label("other"), Property.street, NO_PREFIX)
    rows = select(*when, *what, *more).select_from(Appointment)
    rows = rows.join(Appointment.service).join(Appointment.staff).join(Appointment.place)
    return rows.where(*of_customer(Appointment), Appointment.is_over(NOW))


def of_customer(table: type[Invoice | Quote | Appointment]) -> tuple:
    return table.company_id == COMPANY, table.customer_id == bindparam("customer_id")


def appointment(row: Row, company: Company) -> Entry:
    when = moment(row, company)
    with_whom = _("%(moment)s with %(name)s", moment=when, name=row.text.split()[0])
    text = with_whom if company.shows_technician else when
    entry = of_appointment(row, company, row.title, text)
    if not row.photo and not row.note:
        return entry
    count = ngettext("%(num)d photo", "%(num)d photos", row.photos or 0)
    src = f"{entry.href}/photos/{row.photo}/small.jpg" if row.photo else ""
    return entry._replace(photo=src, photos=count, note=row.note or "")


def canceled_appointment(row: Row, company: Company) -> Entry:
    title = _("%(service)s, canceled", service=row.title)
    return of_appointment(row, company, title, _("was scheduled for %(moment)s", moment=moment(row, company)))


def of_appointment(row: Row, company: Company, title: str, text: str) -> Entry:
    again = row.other and company.booking_open
    more = (f"/portal/book?again={row.number}", _("Book again")) if again else None
    return Entry("calendar", f"/portal/appointments/{row.number}", title, f"{text} · {row.street}", "", more)


def accepted_quote(row: Row, company: Company) -> Entry:
    title = _("Quote %(number)s accepted", number=row.number)
    href = f"/portal/quotes/{row.number}"
    text = _("%(day)s by %(name)s", day=company.short_day(row.at), name=row.text)
    return Entry("check", href, title, f"{text} · {row.title}", amount(row), pdf(href, company))


def issued_invoice(row: Row, company: Company) -> Entry:
    title = _("Invoice %(number)s", number=reference(row))
    href = f"{PORTAL_PATH}/{row.number}"
    return of_invoice("invoice", row, company, title, row.title, pdf(href, company))


def payment(row: Row, company: Company) -> Entry:
    if row.amount > 0:
        undone = _("Payment for invoice %(number)s undone", number=reference(row))
        return of_invoice("close", row, company, undone, kept(row.text) or row.title)
    title = _("Payment for invoice %(number)s", number=reference(row))
    downloads = row.other and company.shows_documents
    receipt = (f"/portal/payments/{row.other}/receipt.pdf", _("Receipt")) if downloads else None
    return of_invoice("card", row, company, title, kept(row.text) or row.title, receipt)


def refund(row: Row, company: Company) -> Entry:
    return of_invoice("card", row, company, _("Refund for invoice %(number)s", number=reference(row)), row.title)


def voided_invoice(row: Row, company: Company) -> Entry:
    return of_invoice("close", row, company, _("Invoice %(number)s voided", number=reference(row)), row.title)


def credit(row: Row, company: Company) -> Entry:
    number = reference(row)
    title = _("Credit for invoice %(number)s", number=number)
    undone = _("Credit for invoice %(number)s undone", number=number)
    return of_invoice("check", row, company, undone if row.amount > 0 else title, kept(row.text) or row.title)


def reference(row: Row) -> str:
    """The number of an invoice with its prefix."""
    return f"{row.prefix}{row.number}"


def of_invoice(icon: str, row: Row, company: Company, title: str, about: str, more=None) -> Entry:
    text = f"{company.short_day(row.at)} · {about}"
    return Entry(icon, f"{PORTAL_PATH}/{row.number}", title, text, amount(row), more)


def pdf(href: str, company: Company) -> tuple[str, str] | None:
    return (f"{href}.pdf", _("PDF")) if company.shows_documents else None


ENTRIES = {
    APPOINTMENT: appointment,
    CANCELED: canceled_appointment,
    ACCEPTED: accepted_quote,
    CHARGE: issued_invoice,
    PAYMENT: payment,
    REFUND: refund,
    REFUND_DUE: refund,
    VOID: voided_invoice,
    CREDIT: credit,
}


def amount(row: Row) -> str:
    return money.format_amount(abs(row.amount), row.currency)


def moment(row: Row, company: Company) -> str:
    return f"{company.short_day(row.at)}, {company.format_time(row.at)}"


def month(company: Company, at: datetime) -> str:
    """ "November 2026" in the company's time zone."""
    return language.day_parts(company.day(at).replace(day=1), "yMMMM")
