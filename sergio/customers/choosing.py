"""The customers that a search finds, to choose one for a new quote, invoice or appointment."""

from functools import cache
from typing import NamedTuple

from sqlalchemy import Select, and_, select

from sergio.companies.models import Company
from sergio.customers.models import Customer
from sergio.customers.properties import Property
from sergio.customers.search import Search, conditions
from sergio.database.company_scope import COMPANY
from sergio.extensions import db

MOST = 10


class Found(NamedTuple):
    """A customer, with the first service address in one line."""

    number: int
    name: str
    place: str


def found(company: Company, text: str) -> list[Found]:
    """The first customers with the words of `text`, by name; of all customers for an empty one."""
    search = Search(text, company.id)
    rows = db.session.execute(first(**search.shape), search.parameters)
    return [Found(row.number, row.name, ", ".join(filter(None, (row.street, row.city)))) for row in rows]


@cache
def first(words: int, *, rare: bool) -> Select:
    place = select(Property.id).where(Property.company_id == COMPANY, Property.customer_id == Customer.id)
    place = place.where(Property.archived_at.is_(None)).order_by(Property.id).limit(1).correlate(Customer)
    rows = select(Customer.number, Customer.name, Property.street, Property.city).select_from(Customer)
    rows = rows.outerjoin(Property, and_(Property.company_id == COMPANY, Property.id == place.scalar_subquery()))
    current = Customer.company_id == COMPANY, Customer.archived_at.is_(None)
    rows = rows.where(*current, *conditions(words, rare=rare))
    return rows.order_by(Customer.name_key, Customer.id).limit(MOST)
