"""Years of a large company's work, inserted in bulk: for `sergio demo --big`, for tests and for the bench.

Everything agrees as if it had been done by the rules: sums with ledgers, documents with their digests, appointments
with the quarter hours they take. Nothing is emailed.
"""

from collections.abc import Callable
from typing import NamedTuple

from sqlalchemy import Insert, insert, select, text

from sergio.big_world.appointments import planned
from sergio.big_world.history import FIRST, History
from sergio.big_world.invoices import billed
from sergio.big_world.quotes import offered
from sergio.companies.models import Company
from sergio.customers.models import Customer
from sergio.extensions import db

AT_ONCE = 1_000


class Size(NamedTuple):
    """How many of each a company gets."""

    customers: int
    invoices: int
    quotes: int
    appointments: int


BIG = Size(customers=20_000, invoices=50_000, quotes=25_000, appointments=100_000)


def grow(company: Company, size: Size, *, progress: Callable[[int, int], None] = lambda done, total: None):
    """Add that many to the company's. `progress` is told how many rows of how many are done. Commits."""
    history = History(company, size.customers)
    parts = [
        *history.people(),
        *billed(history, size.invoices),
        *offered(history, size.quotes),
        *planned(history, size.appointments),
    ]
    done, total = 0, sum(len(items) for *_, items in parts)
    for table, row_of, items in parts:
        for begin in range(0, len(items), AT_ONCE):
            rows = [{"company_id": company.id, **row_of(item)} for item in items[begin : begin + AT_ONCE]]
            statement = insert(table)
            db.session.execute(statement, rows)
            if begin == 0:
                plan_for_many(statement)
            done += len(rows)
            progress(done, total)
    db.session.commit()


def plan_for_many(statement: Insert):
    """Let PostgreSQL see that the table has become large. It keeps the plans by which it checks foreign keys, and one
    that was made for a few rows reads all rows of the company at each check.
    """
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(text(f"ANALYZE {statement.table.name}"))


def has_grown(company: Company) -> bool:
    there = select(Customer.id).where(Customer.company_id == company.id, Customer.number == FIRST)
    return db.session.scalar(there) is not None
