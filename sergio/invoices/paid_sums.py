"""What customers paid in each month, less what was returned, for the dashboard.

Triggers on the ledger keep the sums (`database/running_sums`). `sergio doctor` compares them with the entries.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, Date, Index, Select, String, bindparam, cast, func, literal, select
from sqlalchemy.orm import Mapped, mapped_column

from sergio.companies.models import TEST_NUMBERS
from sergio.customers.models import is_real
from sergio.database import triggers
from sergio.database.company_scope import COMPANY, EVERY_COMPANY, CompanyOwned
from sergio.database.running_sums import adding
from sergio.extensions import Model, db
from sergio.invoices.ledger import MONEY_MOVED
from sergio.invoices.models import Invoice, LedgerEntry


class PaidSum(CompanyOwned, Model):
    """A part of what was paid in a month, which begins on `month`, of the company's calendar. The sum is that of all
    rows of a month and currency; a row may be negative.
    """

    __table_args__ = (Index(None, "company_id", "month", "currency"), {"info": triggers.FOLLOWS})

    id: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[date]
    currency: Mapped[str] = mapped_column(String(3))
    amount: Mapped[int] = mapped_column(BigInteger)


SINCE: Any = bindparam("first_month", type_=Date)


def monthly() -> Select:
    """The kind "paid", and the `amount` of each month from `first_month` on, in each currency."""
    amount = cast(func.sum(PaidSum.amount), BigInteger).label("amount")
    rows = select(literal("paid").label("kind"), PaidSum.currency, literal(0).label("count"), amount, PaidSum.month)
    return rows.where(PaidSum.company_id == COMPANY, PaidSum.month >= SINCE).group_by(PaidSum.month, PaidSum.currency)


def differences() -> Iterator[str]:
    """A line for each sum, of any company, that is not the one of the ledger."""
    kept, counted = kept_sums(), ledger_sums()
    for key in sorted(kept.keys() | counted.keys()):
        if (found := kept.get(key, 0)) != (wanted := counted.get(key, 0)):
            yield f"company {key[0]}, paid in {key[1]:%Y-%m} in {key[2]}: the sum is {found}, not {wanted}"


Sums = dict[tuple[int, date, str], int]
"""An amount by company, month and currency."""


def kept_sums() -> Sums:
    rows = select(PaidSum.company_id, PaidSum.month, PaidSum.currency, PaidSum.amount)
    return added_up(rows)


def ledger_sums() -> Sums:
    facts = (LedgerEntry.company_id, LedgerEntry.entered_on, Invoice.currency, -LedgerEntry.amount)
    rows = select(*facts).join(Invoice, LedgerEntry.invoice_id == Invoice.id)
    return added_up(rows.where(LedgerEntry.kind.in_(MONEY_MOVED), is_real(Invoice.number)))


def added_up(rows: Select) -> Sums:
    sums: Sums = {}
    for company_id, on, currency, amount in db.session.execute(rows, execution_options=EVERY_COMPANY):
        key = company_id, on.replace(day=1), currency
        sums[key] = sums.get(key, 0) + amount
    return sums


COUNTED = ", ".join(map(repr, MONEY_MOVED))
CURRENCY = f"""
(SELECT currency FROM invoice WHERE invoice.company_id = NEW.company_id AND invoice.id = NEW.invoice_id
AND invoice.number <= {TEST_NUMBERS} AND NEW.kind IN ({COUNTED}))
"""  # noqa: S608 - only constants
"""NULL for an entry that does not count here."""
MONTH = {
    "sqlite": "date(NEW.entered_on, 'start of month')",
    "postgresql": "CAST(date_trunc('month', NEW.entered_on) AS date)",
}


def added() -> dict[str, str]:
    key = {"company_id": "NEW.company_id", "currency": CURRENCY}
    return {
        dialect: adding("paid_sum", key | {"month": month}, {"amount": "-NEW.amount"})[dialect]
        for dialect, month in MONTH.items()
    }


triggers.keep("ledger_entry", "amount", {"insert": added()}, reads="invoice")
