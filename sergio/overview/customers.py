"""The office's customers: rows of the list, and the contacts and appointments of one of them."""

from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Row, Select, Subquery, and_, cast, func, or_, select
from sqlalchemy.orm import joinedload

from sergio.auth.models import SignIn
from sergio.booking import formats
from sergio.booking.models import CANCELED, DONE, PAST, UPCOMING, Appointment
from sergio.companies.models import Company
from sergio.customers.models import Contact, Customer
from sergio.extensions import db
from sergio.invoices.models import Invoice
from sergio.lib import money, phone
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.lib.text import folded
from sergio.web.paging import ROWS, Paging


class ListedCustomer(NamedTuple):
    """A row of the list."""

    path: str
    name: str
    owes: str
    email: str
    seen: str


def find_customers(company: Company, query: str, paging: Paging) -> list[ListedCustomer]:
    """A page of the customers whose name, or a contact's name or email, contains `query`; all if it is empty."""
    facts = (Customer.id, Customer.name_key, Customer.number, Customer.name)
    more = (email().label("email"), last_seen().label("seen"), func.count().over().label("count"))
    listed = select(*facts, *more).where(Customer.company_id == company.id).order_by(Customer.name_key, Customer.id)
    if query:
        listed = listed.where(matches(query))
    page = listed.limit(ROWS).offset(paging.first).subquery()
    rows = db.session.execute(with_amounts_due(page, company)).all()
    paging.count = rows[0].count if rows else 0
    return [listed_customer(list(same), company) for _id, same in groupby(rows, lambda row: row.id)]


def matches(query: str) -> ColumnElement[bool]:
    """The condition for customers whose name, or a contact's name or email, contains `query`."""
    key = folded(query)
    person = or_(*(column.contains(key, autoescape=True) for column in (Contact.name_key, Contact.email_key)))
    return or_(Customer.name_key.contains(key, autoescape=True), Customer.contacts.any(person))


def with_amounts_due(page: Subquery, company: Company) -> Select:
    """The customers of a page with what each owes: a row for each currency, one with NULLs if nothing is due. A surplus
    on one invoice does not reduce another.
    """
    owed = cast(func.sum(Invoice.due), BigInteger).label("owed")  # PostgreSQL sums integers to decimals
    due = Invoice.company_id == company.id, Invoice.customer_id == page.c.id, Invoice.due > 0
    rows = select(page, Invoice.currency, owed).outerjoin(Invoice, and_(*due, Invoice.voided_at.is_(None)))
    return rows.group_by(*page.c, Invoice.currency).order_by(page.c.name_key, page.c.id, Invoice.currency)


def email() -> ColumnElement[str]:
    """The email address of the customer's first contact."""
    rows = select(Contact.email).where(Contact.customer_id == Customer.id, Contact.left_at.is_(None))
    return rows.order_by(Contact.id).limit(1).correlate(Customer).scalar_subquery()


def last_seen() -> ColumnElement[datetime]:
    """When a contact of the customer last used the portal."""
    rows = select(func.max(SignIn.seen_at)).join(Contact, SignIn.contact_id == Contact.id)
    return rows.where(Contact.customer_id == Customer.id).correlate(Customer).scalar_subquery()


def listed_customer(rows: list[Row], company: Company) -> ListedCustomer:
    """The customer of these rows, one for each currency."""
    row = rows[0]
    seen = company.short_day(row.seen) if row.seen else ""
    owes = [money.format_amount(each.owed, each.currency) for each in rows if each.owed]
    return ListedCustomer(f"/office/customers/{row.number}", row.name, " + ".join(owes) or "–", row.email or "", seen)


class ContactCard(NamedTuple):
    """A contact as the page shows it; `seen` is empty for one who never signed in, `left` for a current one."""

    name: str
    email: str
    phone: str
    seen: str
    left: str


def contact_cards(customer: Customer, company: Company) -> list[ContactCard]:
    """A customer's contacts, with those who left."""
    seen = func.max(SignIn.seen_at).label("seen")
    rows = select(Contact.name, Contact.email, Contact.phone, Contact.left_at, seen)
    rows = rows.outerjoin(SignIn, SignIn.contact_id == Contact.id).where(customer.owns(Contact))
    return [contact_card(row, company) for row in db.session.execute(rows.group_by(Contact.id).order_by(Contact.id))]


def contact_card(row, company: Company) -> ContactCard:
    seen = company.format_moment(row.seen) if row.seen else ""
    left = company.short_day(row.left_at) if row.left_at else ""
    return ContactCard(row.name, row.email, phone.national(row.phone, company.country), seen, left)


class ListedAppointment(NamedTuple):
    """An appointment as the page shows it; `date` has the parts of `ui.date`."""

    path: str
    date: tuple[str, str, str, str]
    title: str
    text: str
    status: str
    label: str


LABELS = {UPCOMING: _l("Upcoming"), PAST: _l("Past"), DONE: _l("Completed"), CANCELED: _l("Canceled")}


def appointments(customer: Customer, company: Company, now: datetime, *wanted) -> list[ListedAppointment]:
    """A customer's latest appointments, the upcoming ones first; `wanted` are further conditions."""
    query = (
        Appointment.of(customer).where(*wanted).options(joinedload(Appointment.service), joinedload(Appointment.staff))
    )
    latest = query.order_by(Appointment.starts_at.desc(), Appointment.id.desc()).limit(ROWS)
    return [listed_appointment(appointment, company, now) for appointment in db.session.scalars(latest)]


def listed_appointment(appointment: Appointment, company: Company, now: datetime) -> ListedAppointment:
    status = appointment.status(now)
    time = formats.span(company, appointment.starts_at, appointment.ends_at)
    text = _("%(time)s with %(name)s", time=time, name=appointment.staff.first_name)
    date = formats.date_parts(company, appointment.starts_at)
    label = str(LABELS[status])
    return ListedAppointment(appointment.office_path, date, appointment.service.name, text, status, label)
