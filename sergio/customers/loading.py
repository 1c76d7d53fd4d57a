"""The customer of a page of the office, and their rows: to read, and locked to be changed."""

from contextlib import suppress
from typing import Any, TypeVar

from flask import abort, g
from sqlalchemy import Select, bindparam, select

from sergio.customers.models import Contact, Customer
from sergio.customers.note import CustomerNote
from sergio.customers.properties import Property
from sergio.database.company_scope import COMPANY
from sergio.extensions import db
from sergio.lib.refused import Refused
from sergio.web.pages import go
from sergio.web.routing import LARGEST

Owned = TypeVar("Owned", Contact, CustomerNote, Property)


def company_customer(number: int) -> Customer:
    """The company's customer with that number; 404 for any other. A merged one leads to the page of the other."""
    customer = kept_customer(number)
    if customer.number != number:
        abort(go(customer.office_path))
    return customer


def customer_to_change(number: int) -> Customer:
    """The customer of a form, locked until the commit. If they were merged while somebody filled it in, it is for the
    other one, so that nothing is lost. A form that was open too long (`web/csrf`) changes nothing: no lock then.
    """
    customer = kept_customer(number)
    if g.csrf_failed:
        return customer
    with suppress(Refused):
        customer.lock()
        return customer
    customer = kept_customer(number)
    customer.lock()
    return customer


def kept_customer(number: int) -> Customer:
    """The company's customer with that number, or the one into which it was merged; 404 for any other."""
    customer = db.one_or_404(NUMBERED, {"company_id": g.company.id, "number": number})
    if customer.merged_into_id is None:
        return customer
    return db.session.scalars(WITH_ID, {"company_id": g.company.id, "id": customer.merged_into_id}).one()


def customer_in(values) -> Customer:
    """The customer whose number a query string or a form names as `customer`, or the one into which it was merged; 404
    for any other.
    """
    text = values.get("customer", "")
    if not (text.isascii() and text.isdecimal() and len(text) <= 10 and int(text) <= LARGEST):
        abort(404)
    return kept_customer(int(text))


def owned(table: type[Owned], customer: Customer, row_id: int) -> Owned:
    """A row of the customer; 404 for any other."""
    return db.one_or_404(OWNED[table], {"company_id": g.company.id, "customer_id": customer.id, "id": row_id})


def of_customer(table: type[Owned], key: str = "id") -> Select:
    mine = table.company_id == COMPANY, table.customer_id == bindparam("customer_id")
    return select(table).where(*mine, getattr(table, key) == bindparam("id")).execution_options(populate_existing=True)


NUMBERED: Any = select(Customer).where(Customer.company_id == COMPANY, Customer.number == bindparam("number"))
WITH_ID: Any = select(Customer).where(Customer.company_id == COMPANY, Customer.id == bindparam("id"))
OWNED: dict[type, Select] = {
    Contact: of_customer(Contact).where(Contact.left_at.is_(None)),
    Property: of_customer(Property, "number"),
    CustomerNote: of_customer(CustomerNote),
}
"""Contacts and notes by id, service addresses by number."""
