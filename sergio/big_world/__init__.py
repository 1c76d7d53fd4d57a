"""Years of a large company's work, inserted in bulk: for `sergio demo --big`, for tests and for the bench.

Everything agrees as if it had been done by the rules: sums with ledgers, documents with their digests, appointments
with the quarter hours they take. Nothing is emailed.
"""

from collections.abc import Callable

from sqlalchemy import insert, select

from sergio.big_world.appointments import planned
from sergio.big_world.history import FIRST, History
from sergio.big_world.invoices import billed
from sergio.big_world.quotes import offered
from sergio.companies.models import Company
from sergio.customers.models import Customer
from sergio.extensions import db

CUSTOMERS, INVOICES, QUOTES, APPOINTMENTS = 20_000, 50_000, 25_000, 100_000
AT_ONCE = 5_000


def grow(
    company: Company,
    *,
    customers: int = CUSTOMERS,
    invoices: int = INVOICES,
    quotes: int = QUOTES,
    appointments: int = APPOINTMENTS,
    progress: Callable[[int, int], None] = lambda done, total: None,
):
    """Give the company that many of each. `progress` is told how many rows of how many are done. Commits."""
    history = History(company, customers)
    parts = [
        *history.people(),
        *billed(history, invoices),
        *offered(history, quotes),
        *planned(history, appointments),
    ]
    done, total = 0, sum(len(items) for *_, items in parts)
    for table, row_of, items in parts:
        for begin in range(0, len(items), AT_ONCE):
            rows = [{"company_id": company.id, **row_of(item)} for item in items[begin : begin + AT_ONCE]]
            db.session.execute(insert(table), rows)
            done += len(rows)
            progress(done, total)
    db.session.commit()


def has_grown(company: Company) -> bool:
    there = select(Customer.id).where(Customer.company_id == company.id, Customer.number == FIRST)
    return db.session.scalar(there) is not None
