"""What each customer owes, on their row, for lists that are sorted by it.

Triggers on `invoice` keep it, on PostgreSQL at the commit. `sergio doctor` compares it with the invoices.
"""

from collections.abc import Iterator

from sqlalchemy import BigInteger, ColumnElement, cast, func, literal_column, select

from sergio.customers.models import Customer
from sergio.database import triggers
from sergio.database.company_scope import EVERY_COMPANY
from sergio.extensions import db
from sergio.invoices.models import NEEDING_ATTENTION, Invoice

UNPAID = (
    f"CASE WHEN {{row}}.due > 0 AND {{row}}.status IN ({', '.join(map(repr, NEEDING_ATTENTION))})"
    " THEN {row}.due ELSE 0 END"
)
"""What an invoice adds to it: see `Invoice.unpaid`."""
BEFORE, NOW = UNPAID.format(row="OLD"), UNPAID.format(row="NEW")
ADD = """
UPDATE customer SET owes = owes {sign} ({amount})
WHERE company_id = {row}.company_id AND id = {row}.customer_id AND {amount} <> 0;
"""
MOVE = f"""
UPDATE customer SET owes = owes
    + CASE WHEN id = NEW.customer_id THEN {NOW} ELSE 0 END
    - CASE WHEN id = OLD.customer_id THEN {BEFORE} ELSE 0 END
WHERE company_id = NEW.company_id AND id IN (OLD.customer_id, NEW.customer_id)
AND (OLD.customer_id <> NEW.customer_id OR {BEFORE} <> {NOW});
"""  # noqa: S608 - only constants
triggers.keep(
    "invoice",
    "customer_id, status, due",
    {
        "insert": ADD.format(sign="+", amount=NOW, row="NEW"),
        "update": MOVE,
        "delete": ADD.format(sign="-", amount=BEFORE, row="OLD"),
    },
    reads="customer",
    named="invoice_owed",
    at_commit=True,
)


def is_owing() -> ColumnElement[bool]:
    """The condition of the partial indexes `ix_customer_owing_…`."""
    return Customer.owes > literal_column("0")


def differences() -> Iterator[str]:
    """A line for each customer, of any company, whose invoices say something else."""
    mine = Invoice.company_id == Customer.company_id, Invoice.customer_id == Customer.id
    due = select(cast(func.coalesce(func.sum(Invoice.due), 0), BigInteger)).where(*mine, *Invoice.unpaid())
    counted = due.correlate(Customer).scalar_subquery()
    rows = select(Customer.company_id, Customer.number, Customer.owes, counted.label("counted"))
    wrong = rows.where(Customer.owes != counted).order_by(Customer.company_id, Customer.number)
    for row in db.session.execute(wrong, execution_options=EVERY_COMPANY).all():
        yield f"company {row.company_id}, customer {row.number}: owes {row.owes}, the invoices say {row.counted}"
