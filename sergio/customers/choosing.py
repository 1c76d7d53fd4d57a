"""The customers that a search finds, to choose one for a new quote or invoice."""

from functools import cache

from sqlalchemy import Row, Select, select

from sergio.companies.models import Company
from sergio.customers.models import Customer
from sergio.customers.search import Search, conditions
from sergio.database.company_scope import COMPANY
from sergio.extensions import db

MOST = 10


def found(company: Company, text: str) -> list[Row]:
    """The number and name of the first customers with the words of `text`, by name; of any for no text."""
    search = Search(text, company.id)
    return list(db.session.execute(first(**search.shape), search.parameters))


@cache
def first(words: int, *, rare: bool) -> Select:
    current = Customer.company_id == COMPANY, Customer.archived_at.is_(None)
    rows = select(Customer.number, Customer.name).where(*current, *conditions(words, rare=rare))
    return rows.order_by(Customer.name_key, Customer.id).limit(MOST)
