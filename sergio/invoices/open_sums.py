"""How much is unpaid and overpaid in a company, added up by the day it is due, for the dashboard.

Summing the unpaid invoices takes longer with each of them. Here are at most as many rows as there are days on which an
unpaid invoice is due. Triggers on `invoice` keep them, by one statement that adds differences: it locks the rows it
changes until the commit, so concurrent changes add up. `sergio doctor` compares them with the invoices.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import (
    BigInteger,
    Date,
    ForeignKey,
    Row,
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

from sergio.database import triggers
from sergio.database.company_scope import COMPANY, EVERY_COMPANY, CompanyOwned
from sergio.extensions import Model, db
from sergio.invoices.ledger import DISPUTED, OPEN, OVERPAID, PROCESSING
from sergio.invoices.models import Invoice

UNPAID, CLEARING = "unpaid", "clearing"
KIND = (
    f"CASE WHEN {{row}}status = '{OVERPAID}' THEN '{OVERPAID}'"
    f" WHEN {{row}}due <= 0 OR {{row}}status NOT IN ('{OPEN}', '{PROCESSING}', '{DISPUTED}') THEN NULL"
    f" WHEN {{row}}clearing_since IS NULL THEN '{UNPAID}' ELSE '{CLEARING}' END"
)
"""The `kind` of an invoice; NULL for those that do not count here."""
AMOUNT = (
    f"CASE WHEN {{row}}status = '{OVERPAID}' THEN -({{row}}due + {{row}}refunded + {{row}}disputed) ELSE {{row}}due END"
)


class OpenSum(CompanyOwned, Model):
    """`count` invoices of a `kind` are due on a day, with a total of `amount`: what is due, or the surplus of those
    overpaid. CLEARING is what is unpaid while a payment is processing.
    """

    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"), primary_key=True)
    due_on: Mapped[date] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(String(3), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    count: Mapped[int]
    amount: Mapped[int] = mapped_column(BigInteger)


TODAY: Any = bindparam("today", type_=Date)


def totals() -> list[Select]:
    """The kind "unpaid", "overdue" (as `Invoice.overdue`) or "overpaid", and `count` and `amount` in each currency."""
    return [
        total("unpaid", OpenSum.kind.in_((UNPAID, CLEARING))),
        total("overdue", OpenSum.kind == UNPAID, OpenSum.due_on < TODAY),
        total("overpaid", OpenSum.kind == OVERPAID),
    ]


def total(kind: str, *wanted) -> Select:
    count, amount = (cast(func.sum(column), BigInteger) for column in (OpenSum.count, OpenSum.amount))
    rows = select(literal(kind).label("kind"), OpenSum.currency, count.label("count"), amount.label("amount"))
    return rows.where(OpenSum.company_id == COMPANY, *wanted).group_by(OpenSum.currency)


def differences() -> Iterator[str]:
    """A line for each sum, of any company, that is not the one of the invoices."""
    kept = {tuple(row[:4]): row[4:] for row in every_company(select(*KEYS, OpenSum.count, OpenSum.amount))}
    counted = {tuple(row[:4]): row[4:] for row in every_company(of_invoices())}
    for key in sorted(kept.keys() | counted.keys()):
        if (found := kept.get(key)) != (wanted := counted.get(key)):
            yield f"company {key[0]}, sum of {key[3]} invoices due {key[1]} in {key[2]}: {found}, not {wanted}"


KEYS = (OpenSum.company_id, OpenSum.due_on, OpenSum.currency, OpenSum.kind)


def of_invoices() -> Select:
    """The rows of `OpenSum` as they follow from the invoices."""
    kind, amount = (literal_column(sql.format(row="invoice.")) for sql in (KIND, AMOUNT))
    keys = (Invoice.company_id, Invoice.due_on, Invoice.currency, kind)
    rows = select(*keys, func.count(), cast(func.sum(amount), BigInteger))
    return rows.where(kind.is_not(None)).group_by(*keys)


def every_company(rows: Select) -> Iterator[Row]:
    yield from db.session.execute(rows, execution_options=EVERY_COMPANY)


FACTS = "SELECT {sign} AS sign, {row}company_id, {row}due_on, {row}currency"
ADD = """
INSERT INTO open_sum (company_id, due_on, currency, kind, count, amount)
SELECT company_id, due_on, currency, kind, sum(sign), sum(sign * amount) FROM ({rows}) AS changed
WHERE kind IS NOT NULL GROUP BY company_id, due_on, currency, kind
HAVING sum(sign) <> 0 OR sum(sign * amount) <> 0
ORDER BY company_id, due_on, currency, kind
ON CONFLICT (company_id, due_on, currency, kind) DO UPDATE
SET count = open_sum.count + excluded.count, amount = open_sum.amount + excluded.amount;
"""
"""In the order of the key, so that two transactions never wait for each other's rows of the same invoice's day."""
CLEAR = "DELETE FROM open_sum WHERE count = 0 AND company_id = {company} AND due_on IN ({days});"


def added(**signs: int) -> str:
    """The SQL of a trigger that adds `OLD`, `NEW` or both, with these signs."""
    facts = f"{FACTS}, {KIND} AS kind, {AMOUNT} AS amount"
    rows = " UNION ALL ".join(facts.format(row=f"{row}.", sign=sign) for row, sign in signs.items())
    days = ", ".join(f"{row}.due_on" for row in signs)
    return ADD.format(rows=rows) + CLEAR.format(company=f"{next(iter(signs))}.company_id", days=days)


triggers.keep(
    "invoice",
    "status, due, refunded, disputed, clearing_since, due_on, currency",
    {"insert": added(NEW=1), "update": added(OLD=-1, NEW=1), "delete": added(OLD=-1)},
)
