"""One customer, for the office: contacts, service addresses, what is open, what is coming, and notes."""

from collections import defaultdict
from datetime import date, datetime
from typing import NamedTuple
from urllib.parse import quote_plus

from flask import abort
from sqlalchemy import Row, Select, bindparam, select

from sergio.booking import formats, labels
from sergio.booking.statuses import status_of
from sergio.companies.models import Company, is_test
from sergio.customers.models import Customer
from sergio.customers.roles import FULL
from sergio.customers.roles import LABELS as ROLES
from sergio.database.company_scope import COMPANY
from sergio.extensions import db
from sergio.invoices import labels as invoice_labels
from sergio.invoices.ledger import status_on
from sergio.lib import money, phone
from sergio.lib.language import gettext as _
from sergio.lib.postal import address
from sergio.overview import customer_parts as parts
from sergio.overview.customers import total_due
from sergio.quotes.labels import LABELS as QUOTES
from sergio.web.pages import go

PATH = "/office/customers"


class ShownContact(NamedTuple):
    """`tel` is the phone number as E.164. `role` is empty for one who may do everything, `left`
    for one who is present.
    """

    id: int
    name: str
    email: str
    phone: str
    tel: str
    role: str
    left: str


class ShownPlace(NamedTuple):
    """A service address; `map_url` is a map of it."""

    number: int
    address: str
    map_url: str
    is_archived: bool


class ShownAppointment(NamedTuple):
    """An appointment as the page shows it; `date` has the parts of `ui.date`."""

    path: str
    date: tuple[str, str, str, str]
    title: str
    text: str
    status: str
    label: str


class ShownNote(NamedTuple):
    """A note; `when` says who wrote it when, `changed` who changed it, or is empty."""

    id: int
    text: str
    when: str
    changed: str
    is_pinned: bool


class OpenDocument(NamedTuple):
    """An unpaid invoice or an open quote."""

    path: str
    title: str
    note: str
    amount: str
    status: str
    label: str


class ShownCustomer(NamedTuple):
    """A customer as the page shows it; `owes` and `archived` (since when) are empty if it does not, or is not."""

    company: Company
    id: int
    name: str
    number: int
    is_test: bool
    since: str
    archived: str
    owes: str
    contacts: list[ShownContact]
    places: list[ShownPlace]
    waiting_places: list[str]
    appointments: list[ShownAppointment]
    notes: list[ShownNote]
    unpaid: list[OpenDocument]
    quotes: list[OpenDocument]

    @property
    def path(self) -> str:
        return f"{PATH}/{self.number}"

    @property
    def present(self) -> list[ShownContact]:
        return [contact for contact in self.contacts if not contact.left]

    @property
    def former(self) -> list[ShownContact]:
        return [contact for contact in self.contacts if contact.left]

    @property
    def archived_places(self) -> list[ShownPlace]:
        return [place for place in self.places if place.is_archived]


def customer_numbered(number: int, company: Company, now: datetime) -> ShownCustomer:
    """The company's customer; 404 for any other. One that was merged leads to the page of the other."""
    asked = {"company_id": company.id, "number": number, "today": company.day(now), "now": now}
    shown = shown_customer(parts.of_office(), asked, company, now)
    return shown._replace(appointments=shown.appointments[::-1])


def own_customer(number: int, company: Company, now: datetime, staff_id: int) -> ShownCustomer:
    """The same for a technician: only with their own appointments, 404 without any."""
    asked = {"company_id": company.id, "number": number, "staff_id": staff_id}
    shown = shown_customer(parts.of_technician(), asked, company, now)
    return shown if shown.appointments else abort(404)


def shown_customer(statement: Select, asked: dict, company: Company, now: datetime) -> ShownCustomer:
    found: dict[int, list[Row]] = defaultdict(list)
    for row in db.rows(statement, asked):
        found[row.part].append(row)
    if not found[parts.CUSTOMER]:
        abort(404)
    [itself] = found[parts.CUSTOMER]
    if itself.flag:
        abort(go(kept_path(itself.id, company)))
    latest = sorted(found[parts.APPOINTMENT], key=lambda each: (each.starts_at, each.id), reverse=True)
    newest = sorted(found[parts.NOTE], key=lambda each: (each.flag, each.starts_at, each.id), reverse=True)
    return ShownCustomer(
        *(company, itself.id, itself.name, itself.number, is_test(itself.number), company.short_day(itself.starts_at)),
        archived=company.short_day(itself.ends_at) if itself.ends_at else "",
        owes=total_due(itself.text) if itself.text else "",
        contacts=[contact(row, company) for row in found[parts.CONTACT]],
        places=[place(row) for row in found[parts.PLACE]],
        waiting_places=[address(row) for row in found[parts.ADDRESS_CHANGE]],
        appointments=[appointment(row, company, now) for row in latest],
        notes=[note(row, company) for row in newest],
        unpaid=[unpaid_invoice(row, company, now) for row in found[parts.INVOICE]],
        quotes=[open_quote(row, company) for row in found[parts.QUOTE]],
    )


def kept_path(customer_id: int, company: Company) -> str:
    """The page of the customer into which one was merged."""
    return f"{PATH}/{db.session.scalar(KEPT, {'company_id': company.id, 'id': customer_id})}"


MERGED = select(Customer.merged_into_id).where(Customer.company_id == COMPANY, Customer.id == bindparam("id"))
KEPT = select(Customer.number).where(Customer.company_id == COMPANY, Customer.id == MERGED.scalar_subquery())


def contact(row: Row, company: Company) -> ShownContact:
    return ShownContact(
        *(row.id, row.name, row.email),
        phone=phone.national(row.phone, company.country) if row.phone else "",
        tel=row.phone,
        role="" if row.role == FULL else str(ROLES[row.role]),
        left=company.short_day(row.left_at) if row.left_at else "",
    )


def place(row: Row) -> ShownPlace:
    where = address(row)
    url = f"https://www.google.com/maps/search/?api=1&query={quote_plus(where)}"
    return ShownPlace(row.number, where, url, row.ends_at is not None)


def appointment(row: Row, company: Company, now: datetime) -> ShownAppointment:
    status = status_of(row, now)
    time = formats.span(company, row.starts_at, row.ends_at)
    text = _("%(time)s with %(name)s", time=time, name=row.staff.split()[0])
    date = formats.date_parts(company, row.starts_at)
    return ShownAppointment(f"/office/schedule/{row.number}", date, row.name, text, status, labels.status_label(status))


def note(row: Row, company: Company) -> ShownNote:
    when = _("%(name)s, %(moment)s", name=row.name, moment=company.format_moment(row.starts_at))
    changed = ""
    if row.ends_at:
        changed = _("changed by %(name)s, %(moment)s", name=row.staff, moment=company.format_moment(row.ends_at))
    return ShownNote(row.id, row.text, when, changed, row.flag)


def unpaid_invoice(row: Row, company: Company, now: datetime) -> OpenDocument:
    due = Due(row.status, row.day)
    status = status_on(due, company.day(now))
    title = _("Invoice %(number)s", number=f"{row.text}{row.number}")
    text = _("%(title)s · due %(day)s", title=row.name, day=company.short_day(row.day))
    amount = money.format_amount(row.amount, row.currency)
    return OpenDocument(
        f"/office/invoices/{row.number}", title, text, amount, status, str(invoice_labels.LABELS[status])
    )


class Due(NamedTuple):
    status: str
    due_on: date


def open_quote(row: Row, company: Company) -> OpenDocument:
    title = _("Quote %(number)s", number=row.number)
    text = _("%(title)s · valid until %(day)s", title=row.name, day=company.short_day(row.day))
    amount = money.format_amount(row.amount, row.currency)
    return OpenDocument(f"/office/quotes/{row.number}", title, text, amount, row.status, str(QUOTES[row.status]))
