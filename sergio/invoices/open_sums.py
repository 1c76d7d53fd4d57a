"""How much is unpaid and overpaid in a company, added up by the day it is due, for the dashboard.

Summing the unpaid invoices takes longer with each of them. Here are about as many rows as there are days on which an
unpaid invoice is due. Triggers on `invoice` keep them (`database/running_sums`). `sergio doctor` compares them with the
invoices.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import (
    BigInteger,
    Date,
    Index,
    Select,
    String,
    bindparam,
    cast,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column

from sergio.companies.models import TEST_NUMBERS
from sergio.database import triggers
from sergio.database.company_scope import COMPANY, EVERY_COMPANY, CompanyOwned
from sergio.database.constants import constants
from sergio.database.running_sums import adding
from sergio.extensions import Model, db
from sergio.invoices.ledger import DISPUTED, OPEN, OVERPAID, PROCESSING
from sergio.invoices.models import Invoice

UNPAID, CLEARING = "unpaid", "clearing"
KIND = (
    f"CASE WHEN {{row}}number > {TEST_NUMBERS} THEN NULL WHEN {{row}}status = '{OVERPAID}' THEN '{OVERPAID}'"
    f" WHEN {{row}}due <= 0 OR {{row}}status NOT IN ('{OPEN}', '{PROCESSING}', '{DISPUTED}') THEN NULL"
    f" WHEN {{row}}clearing_since IS NULL THEN '{UNPAID}' ELSE '{CLEARING}' END"
)
"""The `kind` of an invoice; NULL for those that do not count here, such as a test customer's."""
AMOUNT = (
    f"CASE WHEN {{row}}status = '{OVERPAID}' THEN -({{row}}due + {{row}}refunded + {{row}}disputed) ELSE {{row}}due END"
)


class OpenSum(CompanyOwned, Model):
    """A part of how many invoices of a `kind` are due on a day, and of their total `amount`: what is due, or the
    surplus of those overpaid. CLEARING is what is unpaid while a payment is processing.

    The sum is that of all rows of a kind, day and currency; a row may be negative.
    """

    __table_args__ = (Index(None, "company_id", "kind", "due_on", "currency"), {"info": triggers.FOLLOWS})

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    due_on: Mapped[date]
    currency: Mapped[str] = mapped_column(String(3))
    count: Mapped[int]
    amount: Mapped[int] = mapped_column(BigInteger)


TODAY: Any = bindparam("today", type_=Date)


def totals() -> list[Select]:
    """The kind "unpaid", "overdue" (as `Invoice.overdue`) or "overpaid", and `count` and `amount` in each currency."""
    return [
        total("unpaid", OpenSum.kind.in_(constants((UNPAID, CLEARING)))),
        total("overdue", OpenSum.kind == UNPAID, OpenSum.due_on < TODAY),
        total("overpaid", OpenSum.kind == OVERPAID),
    ]


def total(kind: str, *wanted) -> Select:
    count, amount = (cast(func.sum(column), BigInteger) for column in (OpenSum.count, OpenSum.amount))
    rows = select(literal(kind).label("kind"), OpenSum.currency, count.label("count"), amount.label("amount"))
    rows = rows.where(OpenSum.company_id == COMPANY, *wanted).group_by(OpenSum.currency)
    return rows.having(func.sum(OpenSum.count) != 0)


def differences() -> Iterator[str]:
    """A line for each sum, of any company, that is not the one of the invoices."""
    kept, counted = by_key(of_rows()), by_key(of_invoices())
    for key in sorted(kept.keys() | counted.keys()):
        if (found := kept.get(key)) != (wanted := counted.get(key)):
            yield f"company {key[0]}, {key[1]} invoices due {key[2]} in {key[3]}: the sum is {found}, not {wanted}"


def by_key(rows: Select) -> dict[tuple, tuple]:
    """(count, amount) by (company, kind, day, currency)."""
    found = db.session.execute(rows, execution_options=EVERY_COMPANY)
    return {tuple(row[:4]): tuple(row[4:]) for row in found if any(row[4:])}


def of_rows() -> Select:
    keys = (OpenSum.company_id, OpenSum.kind, OpenSum.due_on, OpenSum.currency)
    count, amount = (cast(func.sum(column), BigInteger) for column in (OpenSum.count, OpenSum.amount))
    return select(*keys, count, amount).group_by(*keys)


def of_invoices() -> Select:
    kind, amount = (literal_column(sql.format(row="invoice.")) for sql in (KIND, AMOUNT))
    keys = (Invoice.company_id, kind, Invoice.due_on, Invoice.currency)
    rows = select(*keys, func.count(), cast(func.sum(amount), BigInteger))
    return rows.where(kind.is_not(None)).group_by(*keys)


def added(**signs: int) -> dict[str, str]:
    """The SQL of a trigger that adds `OLD`, `NEW` or both, with these signs."""
    parts = [part(row, sign) for row, sign in signs.items()]
    return {dialect: "".join(sql[dialect] for sql in parts) for dialect in parts[0]}


def part(row: str, sign: int) -> dict[str, str]:
    kind, amount = (f"({sql.format(row=f'{row}.')})" for sql in (KIND, AMOUNT))
    key = {"company_id": f"{row}.company_id", "kind": kind, "due_on": f"{row}.due_on", "currency": f"{row}.currency"}
    return adding("open_sum", key, {"count": f"{sign}", "amount": f"{sign} * {amount}"})


triggers.keep(
    "invoice",
    "number, status, due, refunded, disputed, clearing_since, due_on, currency",
    {"insert": added(NEW=1), "update": added(OLD=-1, NEW=1), "delete": added(OLD=-1)},
)
