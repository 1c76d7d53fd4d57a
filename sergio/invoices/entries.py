"""The tables of ledger entries and of documents that were issued, part of the models of invoices."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, String, Text, UniqueConstraint, event
from sqlalchemy.orm import Mapped, mapped_column

from sergio.customers.models import of_test_customer
from sergio.database.append_only import append_only_unless
from sergio.database.checks import one_of
from sergio.database.company_scope import CompanyOwned, within_company
from sergio.extensions import Model
from sergio.invoices.document import freeze
from sergio.invoices.ledger import KINDS, PAYMENT
from sergio.lib.canonical import fingerprint


@append_only_unless(of_test_customer("invoice", "invoice_id"))
class LedgerEntry(CompanyOwned, Model):
    """One change of what an invoice's customer owes; `amount` is above zero when they owe more because of it.

    `source` identifies the entry within the invoice: "invoice 12", "pi_3Q:succeeded". `entered_on` is the company's day
    of `at`. Entries never change; a wrong one is corrected by another one. A payment above zero undoes the one with its
    number.
    """

    __table_args__ = (
        UniqueConstraint("company_id", "invoice_id", "source"),
        CheckConstraint(
            f"kind <> '{PAYMENT}' OR amount < 0 OR payment_number IS NOT NULL", name="undone_payment_has_a_number"
        ),
        Index(None, "company_id", "invoice_id", "at"),
        Index(None, "company_id", "kind", "at"),
        *within_company(invoice_id="invoice"),
        one_of("kind", KINDS),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[int] = mapped_column()
    kind: Mapped[str] = mapped_column(String(20))
    amount: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]
    entered_on: Mapped[date]
    source: Mapped[str] = mapped_column(String(120))
    memo: Mapped[str] = mapped_column(String(200), default="")
    payment_number: Mapped[int | None]


@event.listens_for(LedgerEntry, "before_update")
@event.listens_for(LedgerEntry, "before_delete")
def refuse_change(mapper, connection, entry):
    """Refuse in the session, before the database's trigger does."""
    raise PermissionError("Ledger entries cannot be changed or deleted.")


@append_only_unless(of_test_customer("invoice", "invoice_id"))
class InvoiceDocument(CompanyOwned, Model):
    """The frozen content of an issued invoice: `document.content_of` as canonical JSON, and its digest."""

    __table_args__ = (UniqueConstraint("company_id", "invoice_id"), *within_company(invoice_id="invoice"))

    id: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[int] = mapped_column()
    at: Mapped[datetime]
    content: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))

    @classmethod
    def of(cls, invoice, *, at: datetime) -> "InvoiceDocument":
        """The content of an `Invoice` from now on."""
        content = freeze(invoice, at=at)
        return cls(company=invoice.company, at=at, content=content, digest=fingerprint(content))
