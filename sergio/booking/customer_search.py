"""Finding the customer whom the office schedules an appointment for."""

from collections.abc import Sequence
from functools import cache

from sqlalchemy import Row, Select, and_, select

from sergio.customers.models import Customer, Property
from sergio.customers.search import Search, conditions
from sergio.database.company_scope import COMPANY
from sergio.extensions import db

MOST = 20


def found(text: str, company_id: int) -> Sequence[Row]:
    """The first `MOST` customers that a search finds, with a service address; none for an empty one."""
    if not text.strip():
        return []
    search = Search(text, company_id)
    return db.session.execute(found_by(**search.shape), search.parameters).all()


@cache
def found_by(words: int, *, rare: bool) -> Select:
    """The customers of a search of that shape, by name, with their first service address."""
    first = select(Property.id).where(Property.company_id == COMPANY, Property.customer_id == Customer.id)
    first = first.order_by(Property.id).limit(1).correlate(Customer).scalar_subquery()
    rows = select(Customer.number, Customer.name, Property.street, Property.city).select_from(Customer)
    rows = rows.outerjoin(Property, and_(Property.company_id == COMPANY, Property.id == first))
    rows = rows.where(Customer.company_id == COMPANY, Customer.archived_at.is_(None), *conditions(words, rare=rare))
    return rows.order_by(Customer.name_key, Customer.id).limit(MOST)
