"""Customers as a CSV file that can be imported again: a row for each contact and each service address."""

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import chain, zip_longest
from typing import Any

from sqlalchemy import Row, Select, bindparam, select

from sergio.companies.models import Company
from sergio.customers.models import Contact, Customer, is_real
from sergio.customers.properties import ADDRESS, Property
from sergio.customers.roles import FULL_FIRST, LABELS
from sergio.customers.search import Search, conditions
from sergio.database.company_scope import COMPANY
from sergio.imports import columns
from sergio.lib import phone
from sergio.overview.customers import SHOWN
from sergio.web import spreadsheets
from sergio.web.paging import Order

BATCH = 250
"""Customers that are read at once."""
BY_ID = Order("exported", Customer.id)
COLUMNS = (
    *(columns.NUMBER, columns.NAME, columns.CONTACT, columns.EMAIL, columns.PHONE, columns.ACCESS),
    *(columns.STREET, columns.CITY, columns.REGION, columns.POSTAL_CODE),
)
AMONG: Any = bindparam("ids", expanding=True)
CONTACTS = (
    select(Contact.customer_id, Contact.name, Contact.email, Contact.phone, Contact.role)
    .where(Contact.company_id == COMPANY, Contact.left_at.is_(None), Contact.customer_id.in_(AMONG))
    .order_by(Contact.id)
)
PLACES = (
    select(Property.customer_id, *(getattr(Property, field) for field in ADDRESS))
    .where(Property.company_id == COMPANY, Property.archived_at.is_(None), Property.customer_id.in_(AMONG))
    .order_by(Property.id)
)


def table(company: Company, text: str, show: str) -> Iterator[list[list]]:
    """The customers of a tab of the list whom a search finds, as batches of rows; the first batch has the headings."""
    headings = [str(columns.KINDS[column]) for column in COLUMNS]
    search = Search(text, company.id)

    def read(session, place: dict) -> tuple[list[list], dict | None]:
        customers = session.execute(batch(show, **search.shape), {**search.parameters, **place}).all()
        among = {"company_id": company.id, "ids": [row.id for row in customers]}
        contacts, places = (by_customer(session.execute(statement, among)) for statement in (CONTACTS, PLACES))
        rows = [
            row
            for each in customers
            for row in rows_of(each, contacts.get(each.id, []), places.get(each.id, []), company)
        ]
        return rows, BY_ID.following(customers, BATCH)

    return chain([[headings]], spreadsheets.in_batches(read, BY_ID.begin))


@cache
def batch(show: str, words: int, *, rare: bool) -> Select:
    mine = Customer.company_id == COMPANY, is_real(Customer.number), *SHOWN[show](), *conditions(words, rare=rare)
    rows = select(Customer.id, Customer.number, Customer.name).where(*mine, BY_ID.after)
    return rows.order_by(*BY_ID.by).limit(BATCH)


def by_customer(rows) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    for row in rows:
        found.setdefault(row.customer_id, []).append(row)
    return found


def rows_of(customer: Row, contacts: Sequence[Row], places: Sequence[Row], company: Company) -> Iterator[list]:
    """The rows about a customer: the first contact beside the first address, and so on. Contacts who can do everything
    come first, as a new customer's first contact must be one.
    """
    first = sorted(contacts, key=lambda contact: FULL_FIRST.index(contact.role))
    for contact, place in list(zip_longest(first, places)) or [(None, None)]:
        person = reached(contact, company) if contact else [""] * 4
        where = [getattr(place, field) for field in ADDRESS] if place else [""] * len(ADDRESS)
        yield [customer.number, customer.name, *person, *where]


def reached(contact: Row, company: Company) -> list[str]:
    number = phone.national(contact.phone, company.country) if contact.phone else ""
    return [contact.name, contact.email, number, str(LABELS[contact.role])]
