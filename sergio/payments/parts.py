"""What an attempt pays of each of its invoices; part of the models of payments."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sergio.database.checks import at_least
from sergio.database.company_scope import CompanyOwned, within_company
from sergio.extensions import Model
from sergio.invoices.models import Invoice
from sergio.lib import money
from sergio.lib.language import OFFICE, ngettext, speaking
from sergio.lib.language import gettext as _

STILL_OPEN = text("closed_at IS NULL")

DESCRIBED = 40
"""Invoices that the description of a charge names."""

Amounts = Mapping[Invoice, int]
"""What is to be paid of each invoice, in minor units."""


class PaymentAttemptPart(CompanyOwned, Model):
    """The share of an attempt that pays one invoice. An invoice has at most one that is open.

    `invoice_version` is the one the amount was made for; `closed_at` is when its attempt was over.
    """

    __table_args__ = (
        Index(
            "uq_payment_attempt_part_open",
            "invoice_id",
            unique=True,
            sqlite_where=STILL_OPEN,
        ),
        UniqueConstraint("attempt_id", "invoice_id"),
        Index(None, "company_id", "attempt_id"),
        Index(None, "company_id", "invoice_id"),
        *within_company(attempt_id="payment_attempt", invoice_id="invoice"),
        at_least("invoice_version", 1),
        at_least("amount", 1),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    attempt_id: Mapped[int] = mapped_column()
    invoice_id: Mapped[int] = mapped_column()
    invoice_version: Mapped[int]
    amount: Mapped[int] = mapped_column(BigInteger)
    closed_at: Mapped[datetime | None]

    attempt: Mapped[Any] = relationship("PaymentAttempt", foreign_keys=attempt_id, back_populates="parts")
    invoice: Mapped[Invoice] = relationship(foreign_keys=invoice_id)

    @classmethod
    def of(cls, invoice: Invoice, amount: int) -> "PaymentAttemptPart":
        """A part that pays so much of the invoice as it is now."""
        return cls(company=invoice.company, invoice=invoice, invoice_version=invoice.version, amount=amount)

    @property
    def fits(self) -> bool:
        """Whether the invoice is as it was, so much of it is still due, and no payment of it is disputed."""
        unchanged = self.invoice_version == self.invoice.version and self.invoice.disputed <= 0
        return unchanged and self.amount <= self.invoice.due


class InCurrency:
    """A row with an amount in a currency of its own."""

    currency: Mapped[str] = mapped_column(String(3))

    def money(self, amount: int) -> str:
        """An amount in the row's currency, formatted for the company's language."""
        return money.format_amount(amount, self.currency)


def spread(amount: int, rooms: Iterable[int]) -> list[int]:
    """How much of an amount goes into each of the rooms, filled one after another. What does not fit is left out."""
    shares = []
    for room in rooms:
        shares.append(min(amount, max(0, room)))
        amount -= shares[-1]
    return shares


def named(invoices: Iterable[Invoice]) -> str:
    """ "invoice A-7", "invoices A-7, A-8"."""
    references = [invoice.reference for invoice in invoices]
    return ngettext("invoice %(numbers)s", "invoices %(numbers)s", len(references), numbers=", ".join(references))


def described(invoices: Collection[Invoice]) -> str:
    """ "Invoices A-7, A-8", for Stripe's description, which has at most 1,000 characters."""
    shown, more = [invoice.reference for invoice in invoices][:DESCRIBED], len(invoices) - DESCRIBED
    kind = "Invoice" if len(invoices) == 1 else "Invoices"
    return f"{kind} {', '.join(shown)}" + (f" and {more} more" if more > 0 else "")


@speaking(OFFICE)
def deposit_note(invoices: Iterable[Invoice]) -> str:
    """What the office should know if one of the invoices is a deposit; "" otherwise."""
    if not any(invoice.secures_appointment for invoice in invoices):
        return ""
    return _("This was the deposit for an appointment, which stays as it is. Check whether you want to keep it.")
