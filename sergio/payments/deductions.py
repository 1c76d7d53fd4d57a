"""The tables of refunds and disputes, part of the models of payments."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from sergio.database.checks import at_least
from sergio.database.company_scope import CompanyOwned, within_company
from sergio.extensions import Model
from sergio.payments.statuses import DISPUTE_LABELS, REFUND_BOUNCED


class Deduction(CompanyOwned):
    """The columns of refunds and disputes: how much is deducted from which payment, and the last status from Stripe."""

    @declared_attr.directive
    def __table_args__(cls) -> tuple:  # noqa: N805
        return (
            UniqueConstraint("company_id", "stripe_id"),
            Index(None, "company_id", "payment_id"),
            *within_company(payment_id="payment"),
            at_least("amount", 0),
        )

    id: Mapped[int] = mapped_column(primary_key=True, sort_order=-1)
    stripe_id: Mapped[str] = mapped_column(String(120), sort_order=-1)
    payment_id: Mapped[int] = mapped_column(sort_order=-1)
    amount: Mapped[int] = mapped_column(BigInteger, sort_order=-1)
    status: Mapped[str] = mapped_column(String(40), default="", sort_order=-1)
    at: Mapped[datetime] = mapped_column(sort_order=-1)


class Refund(Deduction, Model):
    """Money given back of a payment."""

    payment: Mapped[Any] = relationship("Payment", foreign_keys="Refund.payment_id", back_populates="refunds")

    @property
    def customer_id(self) -> int:
        """Whose it is, for the audit trail."""
        return self.payment.invoice.customer_id

    @property
    def went_through(self) -> bool:
        return self.status not in REFUND_BOUNCED


class Dispute(Deduction, Model):
    """A payment that the customer's bank withdrew or inquires about."""

    reason: Mapped[str] = mapped_column(String(60), default="")
    answer_by: Mapped[datetime | None]

    payment: Mapped[Any] = relationship("Payment", foreign_keys="Dispute.payment_id", back_populates="disputes")

    @property
    def customer_id(self) -> int:
        """Whose it is, for the audit trail."""
        return self.payment.invoice.customer_id

    @property
    def status_label(self) -> str:
        return str(DISPUTE_LABELS.get(self.status, self.status.replace("_", " ")))
