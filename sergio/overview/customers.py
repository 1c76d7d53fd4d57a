"""Customers over all features, as staff see them: the list, and what there is about one of them."""

from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
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
from sergio.lib.text import folded
from sergio.web.paging import ROWS, Paging


class Listed(NamedTuple):
    """A customer in the list, worded."""

    path: str
    name: str
    owes: str
    email: str
    seen: str


def found(company: Company, sought: str, paging: Paging) -> list[Listed]:
    """A page of the customers in whose, or whose contacts', names or addresses `sought` occurs; all if it is empty."""
    facts = (Customer.id, Customer.name_key, Customer.number, Customer.name)
    more = (email().label("email"), last_seen().label("seen"), func.count().over().label("count"))
    listed = select(*facts, *more).where(Customer.company_id == company.id).order_by(Customer.name_key, Customer.id)
    if sought:
        listed = listed.where(mentions(sought))
    page = listed.limit(ROWS).offset(paging.first).subquery()
    rows = db.session.execute(with_what_they_owe(page, company)).all()
    paging.count = rows[0].count if rows else 0
    return [in_list(list(same), company) for _id, same in groupby(rows, lambda row: row.id)]


def mentions(sought: str) -> ColumnElement[bool]:
    """The condition for customers with that in their own or a contact's name, or in an address for mail."""
    key = folded(sought)
    person = or_(*(column.contains(key, autoescape=True) for column in (Contact.name_key, Contact.email_key)))
    return or_(Customer.name_key.contains(key, autoescape=True), Customer.contacts.any(person))


def with_what_they_owe(page: Subquery, company: Company) -> Select:
    """The customers of a page with what each is asked for: a row for each currency, one without where that is nothing.
    What was paid too much for one invoice counts for no other.
    """
    owed = cast(func.sum(Invoice.due), BigInteger).label("owed")  # PostgreSQL sums integers to decimals
    asked = Invoice.company_id == company.id, Invoice.customer_id == page.c.id, Invoice.due > 0
    rows = select(page, Invoice.currency, owed).outerjoin(Invoice, and_(*asked, Invoice.voided_at.is_(None)))
    return rows.group_by(*page.c, Invoice.currency).order_by(page.c.name_key, page.c.id, Invoice.currency)


def email() -> ColumnElement[str]:
    """The address of the contact to write to."""
    rows = select(Contact.email).where(Contact.customer_id == Customer.id, Contact.left_at.is_(None))
    return rows.order_by(Contact.id).limit(1).correlate(Customer).scalar_subquery()


def last_seen() -> ColumnElement[datetime]:
    """When any contact of a customer was last in the portal."""
    rows = select(func.max(SignIn.seen_at)).join(Contact, SignIn.contact_id == Contact.id)
    return rows.where(Contact.customer_id == Customer.id).correlate(Customer).scalar_subquery()


def in_list(rows: list[Row], company: Company) -> Listed:
    """The customer of these rows, one for each currency."""
    row = rows[0]
    seen = company.short_day(row.seen) if row.seen else ""
    owes = [money.format_amount(each.owed, each.currency, company.language) for each in rows if each.owed]
    return Listed(f"/office/customers/{row.number}", row.name, " + ".join(owes) or "–", row.email or "", seen)


class Person(NamedTuple):
    """A contact of a customer, worded; `seen` is empty for those who never signed in."""

    name: str
    email: str
    phone: str
    seen: str
    left: str


def people(customer: Customer, company: Company) -> list[Person]:
    """A customer's contacts, those who left too, and when each was last in the portal."""
    seen = func.max(SignIn.seen_at).label("seen")
    rows = select(Contact.name, Contact.email, Contact.phone, Contact.left_at, seen)
    rows = rows.outerjoin(SignIn, SignIn.contact_id == Contact.id).where(Contact.customer_id == customer.id)
    return [person(row, company) for row in db.session.execute(rows.group_by(Contact.id).order_by(Contact.id))]


def person(row, company: Company) -> Person:
    seen = company.format_moment(row.seen) if row.seen else ""
    left = company.short_day(row.left_at) if row.left_at else ""
    return Person(row.name, row.email, phone.national(row.phone, company.country), seen, left)


class Call(NamedTuple):
    """A visit to a customer, worded; `leaf` has the parts of `ui.date`."""

    path: str
    leaf: tuple[str, str, str, str]
    title: str
    text: str
    status: str
    label: str


LABELS = {UPCOMING: _l("Planned"), PAST: _l("Over"), DONE: _l("Done"), CANCELED: _l("Canceled")}


def calls(customer: Customer, company: Company, at: datetime, *wanted) -> list[Call]:
    """A customer's latest appointments and those to come; `wanted` are further conditions."""
    query = (
        Appointment.of(customer).where(*wanted).options(joinedload(Appointment.service), joinedload(Appointment.staff))
    )
    latest = query.order_by(Appointment.starts_at.desc(), Appointment.id.desc()).limit(ROWS)
    return [call(appointment, company, at) for appointment in db.session.scalars(latest)]


def call(appointment: Appointment, company: Company, at: datetime) -> Call:
    status = appointment.status(at)
    time = formats.span(company, appointment.starts_at, appointment.ends_at)
    text = _("%(time)s with %(name)s", time=time, name=appointment.staff.first_name)
    path, leaf = f"/office/schedule/{appointment.number}", formats.leaf(company, appointment.starts_at)
    return Call(path, leaf, appointment.service.name, text, status, str(LABELS[status]))
