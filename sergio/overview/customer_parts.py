"""The statement of the office's page of a customer: everything that it shows but the timeline, a row for each."""

from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Boolean,
    ColumnElement,
    Date,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    cast,
    func,
    literal,
    literal_column,
    null,
    select,
    union_all,
)

from sergio.booking.models import Appointment
from sergio.booking.services import Service
from sergio.customers.address_changes import AddressChange
from sergio.customers.models import Contact, Customer
from sergio.customers.note import CustomerNote
from sergio.customers.properties import ADDRESS, Property
from sergio.database.company_scope import COMPANY
from sergio.database.engines import Utc
from sergio.invoices.models import Invoice
from sergio.overview.customers import amounts_due
from sergio.quotes.models import Quote, QuoteVersion
from sergio.staff.models import StaffMember
from sergio.web.paging import ROWS

MOST = 50
"""Contacts, service addresses and notes that are shown."""
MOST_OPEN = 10
"""Unpaid invoices, open quotes and coming appointments that are shown of each."""
CUSTOMER, CONTACT, PLACE, APPOINTMENT, NOTE, INVOICE, QUOTE, ADDRESS_CHANGE = range(8)
EMPTY = literal_column("''", String)
COLUMNS: dict[str, ColumnElement] = {
    "number": cast(null(), Integer),
    **dict.fromkeys(("name", "email", "phone", "role", "text", "currency", "status"), EMPTY),
    **dict.fromkeys(("street", "city", "region", "postal_code"), EMPTY),
    **dict.fromkeys(("staff", "approval"), EMPTY),
    "amount": cast(null(), BigInteger),
    "day": cast(null(), Date),
    "flag": cast(null(), Boolean),
    **dict.fromkeys(("starts_at", "ends_at", "completed_at", "canceled_at", "left_at"), cast(null(), Utc)),
}
TODAY: BindParameter[date] = bindparam("today", type_=Date)
NOW: BindParameter[datetime] = bindparam("now", type_=Utc)


@cache
def of_office() -> Select:
    """The customer with a `number` for staff who see everything (parameters `today` and `now`)."""
    work = coming(), notes(), unpaid_invoices(), open_quotes(), address_changes()
    return together(itself(), contacts(), places(), *work)


@cache
def of_technician() -> Select:
    """The same for the staff member with a `staff_id`: their own appointments, and no amounts or notes."""
    return together(itself_without_amounts(), contacts(), places(), own_appointments())


def together(*parts: Select) -> Select:
    rows = union_all(*(select(part.subquery()) for part in parts)).subquery()
    return select(rows).order_by(rows.c.part, rows.c.day, rows.c.id)


def facts(part: int, row: Any, **columns) -> Select:
    """A part of the statement: rows of a table by id, with all `COLUMNS`."""
    named = [column.label(name) for name, column in {**COLUMNS, **columns}.items()]
    rows = select(literal(part).label("part"), row.id.label("id"), *named).select_from(Customer)
    return rows.where(Customer.company_id == COMPANY, Customer.number == bindparam("number"))


def itself() -> Select:
    """The customer; `text` has what is due, `ends_at` is when it was archived, `flag` whether it was merged."""
    due = func.coalesce(amounts_due(), "").label("text")
    return facts(CUSTOMER, Customer, **ITSELF, text=due)


def itself_without_amounts() -> Select:
    return facts(CUSTOMER, Customer, **ITSELF)


ITSELF = {
    "name": Customer.name,
    "number": Customer.number,
    "starts_at": Customer.created_at,
    "ends_at": Customer.archived_at,
    "flag": Customer.merged_into_id.is_not(None),
}


def contacts() -> Select:
    """The contacts, with those who left."""
    columns = {name: getattr(Contact, name) for name in ("name", "email", "phone", "role", "left_at")}
    rows = facts(CONTACT, Contact, **columns).join(Contact, of_customer(Contact))
    return rows.order_by(Contact.id).limit(MOST)


def places() -> Select:
    """The service addresses; `ends_at` is when one was archived."""
    columns = {name: getattr(Property, name) for name in (*ADDRESS, "number")}
    rows = facts(PLACE, Property, **columns, ends_at=Property.archived_at).join(Property, of_customer(Property))
    return rows.order_by(Property.id).limit(MOST)


def address_changes() -> Select:
    """The service addresses that wait for the office."""
    columns = {name: getattr(AddressChange, name) for name in ADDRESS}
    rows = facts(ADDRESS_CHANGE, AddressChange, **columns).join(AddressChange, of_customer(AddressChange))
    return rows.where(AddressChange.is_waiting()).order_by(AddressChange.id).limit(MOST)


def coming() -> Select:
    """The next appointments."""
    rows = appointments().where(Appointment.is_coming(NOW), Appointment.ends_at > NOW)
    return rows.order_by(Appointment.starts_at, Appointment.id).limit(MOST_OPEN)


def own_appointments() -> Select:
    """The latest appointments of a staff member."""
    rows = appointments().where(Appointment.staff_id == bindparam("staff_id"))
    return rows.order_by(Appointment.starts_at.desc(), Appointment.id.desc()).limit(ROWS)


def appointments() -> Select:
    times = {name: getattr(Appointment, name) for name in ("starts_at", "ends_at", "completed_at", "canceled_at")}
    columns = {"number": Appointment.number, "name": Service.name, "staff": StaffMember.name, **times}
    columns["approval"] = Appointment.approval
    rows = facts(APPOINTMENT, Appointment, **columns).join(Appointment, of_customer(Appointment))
    rows = rows.join(Service, Appointment.service_id == Service.id)
    return rows.join(StaffMember, Appointment.staff_id == StaffMember.id)


def notes() -> Select:
    """The notes, the pinned one (`flag`) and then the latest."""
    columns = {"text": CustomerNote.text, "name": CustomerNote.written_by, "starts_at": CustomerNote.written_at}
    more = {"staff": CustomerNote.changed_by, "ends_at": CustomerNote.changed_at, "flag": CustomerNote.pinned}
    rows = facts(NOTE, CustomerNote, **columns, **more).join(CustomerNote, of_customer(CustomerNote))
    return rows.order_by(CustomerNote.pinned.desc(), CustomerNote.written_at.desc()).limit(MOST)


def unpaid_invoices() -> Select:
    """The unpaid invoices, `day` is when each is due, `text` the prefix of its number."""
    columns = {"number": Invoice.number, "name": Invoice.title, "amount": Invoice.due, "currency": Invoice.currency}
    more = {"status": Invoice.status, "day": Invoice.due_on, "text": Invoice.prefix}
    rows = facts(INVOICE, Invoice, **columns, **more).join(Invoice, of_customer(Invoice)).where(*Invoice.unpaid())
    return rows.order_by(Invoice.due_on, Invoice.id).limit(MOST_OPEN)


def open_quotes() -> Select:
    """The quotes that wait for an answer, `day` is the last on which each can be accepted."""
    columns = {"number": Quote.number, "name": QuoteVersion.title, "amount": QuoteVersion.total}
    more = {"currency": QuoteVersion.currency, "status": Quote.outcome, "day": Quote.open_until}
    rows = facts(QUOTE, Quote, **columns, **more).join(Quote, of_customer(Quote))
    newest = QuoteVersion.quote_id == Quote.id, QuoteVersion.version == Quote.version
    rows = rows.join(QuoteVersion, and_(QuoteVersion.company_id == COMPANY, *newest)).where(Quote.is_open(TODAY))
    return rows.order_by(Quote.open_until, Quote.id).limit(MOST_OPEN)


def of_customer(table) -> ColumnElement[bool]:
    return and_(table.company_id == Customer.company_id, table.customer_id == Customer.id)
