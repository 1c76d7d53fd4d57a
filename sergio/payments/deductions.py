"""The tables of refunds and disputes, part of the models of payments."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Self

from sqlalchemy import BigInteger, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from sergio.database.checks import at_least
from sergio.database.company_scope import CompanyOwned, within_company
from sergio.database.constants import constants
from sergio.extensions import Model
from sergio.payments.parts import spread
from sergio.payments.statuses import (
    DISPUTE_LABELS,
    DISPUTE_NEEDS_ANSWER,
    INQUIRIES,
    REFUND_BOUNCED,
    REFUND_FAILURES,
    REFUND_LABELS,
    WON,
)
from sergio.payments.stripe.types import Disputed, Refunded

NEEDS_ANSWER = text(f"status IN ({', '.join(map(repr, DISPUTE_NEEDS_ANSWER))})")
HAS_FAILED = text("status = 'failed'")


class Deduction(CompanyOwned):
    """The columns of refunds and disputes: how much is deducted from which payment, and the last status from Stripe.
    One of a charge for several invoices has a row for each payment that it takes from.
    """

    @declared_attr.directive
    def __table_args__(cls) -> tuple:  # noqa: N805
        return (
            UniqueConstraint("company_id", "stripe_id", "payment_id"),
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

    @property
    def went_through(self) -> bool:
        """Whether the money stays deducted, as far as we know."""
        raise NotImplementedError

    @classmethod
    def of(cls, payment) -> list[Self]:
        """Those of a payment, the oldest first."""
        raise NotImplementedError

    @classmethod
    def before(cls, payment, at: datetime) -> list["Deduction"]:
        """Those of a payment, of any kind, that a new one of this kind finds already deducted at that time."""
        raise NotImplementedError

    @classmethod
    def shares(cls, found: Refunded | Disputed, payments: Sequence) -> list[int]:
        """How much of what Stripe deducted from a charge is taken from each of its payments: as much as there is, in
        their order.

        Every earlier deduction takes up room, whatever became of it, so that the shares do not depend on when we heard
        of that. Stripe allows more than this room only after one has failed; the rest goes where money is left.
        """
        earlier = [cls.before(each, found.at) for each in payments]
        rooms = [each.amount - sum(it.amount for it in its) for each, its in zip(payments, earlier, strict=True)]
        shares = spread(found.amount, rooms)
        taken = [sum(it.amount for it in its if it.went_through) for its in earlier]
        left = [each.amount - gone - share for each, gone, share in zip(payments, taken, shares, strict=True)]
        shares = [share + more for share, more in zip(shares, spread(found.amount - sum(shares), left), strict=True)]
        shares[0] += found.amount - sum(shares)
        return shares

    @classmethod
    def split(cls, found: Refunded | Disputed, payments: Sequence) -> list[Self]:
        """New rows for what Stripe deducted from a charge: of the payment that `found` names, else from the last
        payment to the first.
        """
        named = [payment for payment in payments if str(payment.number) == found.payment]
        backwards = named or payments[::-1]
        rows = []
        for payment, share in zip(backwards, cls.shares(found, backwards), strict=True):
            if share or (payment is backwards[0] and not found.amount):
                row = cls()
                row.company, row.stripe_id, row.amount, row.at = payment.company, found.id, share, found.at
                row.status = ""
                cls.of(payment).append(row)
                rows.append(row)
        return rows


class Refund(Deduction, Model):
    """Money given back of a payment, through Stripe or (then its `stripe_id` is "by hand 7") without it. `failure` is
    Stripe's reason why it failed.
    """

    failure: Mapped[str] = mapped_column(String(60), default="")

    payment: Mapped[Any] = relationship("Payment", foreign_keys="Refund.payment_id", back_populates="refunds")

    @property
    def customer_id(self) -> int:
        """Whose it is, for the audit trail."""
        return self.payment.invoice.customer_id

    @property
    def went_through(self) -> bool:
        return self.status not in REFUND_BOUNCED

    @classmethod
    def of(cls, payment) -> list["Refund"]:
        return payment.refunds

    @classmethod
    def before(cls, payment, at: datetime) -> list[Deduction]:
        return payment.refunds

    @property
    def status_label(self) -> str:
        return str(REFUND_LABELS.get(self.status, self.status.replace("_", " ")))

    @property
    def failure_sentence(self) -> str:
        """Why it failed, "" if it did not."""
        unknown = REFUND_FAILURES["unknown"]
        return str(REFUND_FAILURES.get(self.failure, unknown)) if self.status == "failed" else ""


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
    def went_through(self) -> bool:
        return self.status not in (WON, *INQUIRIES)

    @classmethod
    def needs_answer(cls):
        """The condition of the partial index `ix_dispute_needs_answer`."""
        return cls.status.in_(constants(DISPUTE_NEEDS_ANSWER))

    @classmethod
    def of(cls, payment) -> list["Dispute"]:
        return payment.disputes

    @classmethod
    def before(cls, payment, at: datetime) -> list[Deduction]:
        """A bank takes back what is left after the refunds."""
        return [*payment.disputes, *(refund for refund in payment.refunds if refund.at <= at)]

    @property
    def status_label(self) -> str:
        return str(DISPUTE_LABELS.get(self.status, self.status.replace("_", " ")))


Index("ix_dispute_company_id_at", Dispute.company_id, Dispute.at)
Index("ix_dispute_needs_answer", Dispute.company_id, Dispute.answer_by, sqlite_where=NEEDS_ANSWER)
Index("ix_refund_failed", Refund.company_id, Refund.at, sqlite_where=HAS_FAILED)
