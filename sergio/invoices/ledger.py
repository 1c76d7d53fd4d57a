"""The ledger: what was charged, paid and given back, as facts that are only ever added to."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, String, UniqueConstraint, case, cast, event, func
from sqlalchemy.orm import Mapped, mapped_column

from sergio.database.checks import one_of
from sergio.database.company_scope import CompanyOwned, within_company
from sergio.extensions import Model

CHARGE, PAYMENT, REFUND, DISPUTE, VOID = "charge", "payment", "refund", "dispute", "void"
KINDS = (CHARGE, PAYMENT, REFUND, DISPUTE, VOID)


class LedgerEntry(CompanyOwned, Model):
    """One fact about the money of an invoice. `amount` is above zero where the customer owes more because of it.

    `source` says where the fact is from, in words no other fact of the company has: "invoice 12", "pi_3Q:succeeded".
    """

    __table_args__ = (
        UniqueConstraint("company_id", "source"),
        CheckConstraint(f"kind <> '{PAYMENT}' OR amount < 0", name="payments_lessen"),
        Index(None, "company_id", "invoice_id", "at"),
        Index(None, "company_id", "at"),
        *within_company(invoice_id="invoice"),
        one_of("kind", KINDS),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[int] = mapped_column()
    kind: Mapped[str] = mapped_column(String(20))
    amount: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]
    source: Mapped[str] = mapped_column(String(120))
    memo: Mapped[str] = mapped_column(String(200), default="")
    payment_number: Mapped[int | None]


def sum_of(*kinds: str):
    """SQL: the sum of the entries of these kinds in a group."""
    amount = case((LedgerEntry.kind.in_(kinds), LedgerEntry.amount), else_=0)
    return cast(func.sum(amount), BigInteger)  # PostgreSQL sums integers to decimals


def surplus(invoice) -> int:
    """What has come in for an `Invoice`, or one of its `rows`, beyond what it asks for, and has not gone back."""
    return max(0, -(invoice.due + invoice.refunded + invoice.disputed))


def given_back(invoice) -> int:
    """What was refunded of the price of an `Invoice` or one of its `rows`; a surplus that went back is not of it."""
    return invoice.refunded + min(0, invoice.due)


@event.listens_for(LedgerEntry, "before_update")
@event.listens_for(LedgerEntry, "before_delete")
def written_once(mapper, connection, entry):
    """A wrong fact is set right by another one, never edited."""
    raise PermissionError("The ledger is only added to.")
