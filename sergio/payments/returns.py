"""Money that goes back: refunds, and payments a customer disputes with their bank."""

from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import BigInteger, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sergio.database.checks import at_least
from sergio.database.company_scope import Tenanted, within_company
from sergio.extensions import Model
from sergio.invoices.ledger import DISPUTE, REFUND
from sergio.payments import emails
from sergio.payments.models import Payment
from sergio.payments.stripe.types import Disputed, Refunded

REFUND_STATES = ("requires_action", "pending", "succeeded", "canceled", "failed")
CAME_BACK = ("canceled", "failed")

ASKED = ("warning_needs_response", "warning_under_review", "warning_closed", "prevented")
WON = "won"
DISPUTE_STATES = (*ASKED, "needs_response", "under_review", "lost", "appeal_needs_response", "appeal_under_review", WON)
"""In the order they can follow one another (docs.stripe.com/disputes/how-disputes-work), so that old news is told
from new. While a bank only asks, no money has moved.
"""
CLOSED = ("warning_closed", "prevented", "lost", WON)
WORDED = {
    "warning_needs_response": _l("the bank asks, and wants an answer"),
    "warning_under_review": _l("the bank is looking at your answer"),
    "warning_closed": _l("the bank has let it rest"),
    "prevented": _l("it was prevented"),
    "needs_response": _l("the money is gone, and the bank wants an answer"),
    "under_review": _l("the bank is looking at your answer"),
    "lost": _l("the bank has decided for the customer"),
    "appeal_needs_response": _l("you can still appeal"),
    "appeal_under_review": _l("the bank is looking at your appeal"),
    WON: _l("the bank has decided for you, and the money is back"),
}


class Refund(Tenanted, Model):
    """Money given back of a payment."""

    __table_args__ = (
        UniqueConstraint("company_id", "stripe_id"),
        Index(None, "company_id", "payment_id"),
        *within_company(payment_id="payment"),
        at_least("amount", 0),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    stripe_id: Mapped[str] = mapped_column(String(120))
    payment_id: Mapped[int] = mapped_column()
    amount: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[str] = mapped_column(String(40), default="")
    at: Mapped[datetime]

    payment: Mapped[Payment] = relationship(foreign_keys=payment_id, back_populates="refunds")

    @property
    def went_through(self) -> bool:
        return self.status not in CAME_BACK


class Dispute(Tenanted, Model):
    """A payment the customer's bank has taken back, or asks about, until it has decided."""

    __table_args__ = (
        UniqueConstraint("company_id", "stripe_id"),
        Index(None, "company_id", "payment_id"),
        *within_company(payment_id="payment"),
        at_least("amount", 0),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    stripe_id: Mapped[str] = mapped_column(String(120))
    payment_id: Mapped[int] = mapped_column()
    amount: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[str] = mapped_column(String(40), default="")
    reason: Mapped[str] = mapped_column(String(60), default="")
    at: Mapped[datetime]
    answer_by: Mapped[datetime | None]

    payment: Mapped[Payment] = relationship(foreign_keys=payment_id, back_populates="disputes")

    @property
    def worded_status(self) -> str:
        return str(WORDED.get(self.status, self.status.replace("_", " ")))


def book_refund(payment: Payment, found: Refunded):
    """Enter a refund as Stripe has it: given back, and taken in again if the customer's bank would not have it."""
    refund = next((each for each in payment.refunds if each.stripe_id == found.id), None)
    if refund is None:
        refund = Refund(company=payment.company, stripe_id=found.id, amount=found.amount, at=found.at)
        payment.refunds.append(refund)
        emails.refunded(refund)
    refund.status = later(REFUND_STATES, refund.status, found.status)
    about = {"memo": payment.paid_with, "payment_number": payment.number, "at": found.at}
    payment.invoice.enter(REFUND, found.amount, source=found.id, **about)
    if refund.status in CAME_BACK:
        payment.invoice.enter(REFUND, -found.amount, source=f"{found.id}:returned", **about)


def book_dispute(payment: Payment, found: Disputed):
    """Enter a dispute as Stripe has it: the money is gone once it is more than a question, and back when it is won."""
    dispute = next((each for each in payment.disputes if each.stripe_id == found.id), None)
    if dispute is None:
        dispute = Dispute(company=payment.company, stripe_id=found.id, amount=found.amount, at=found.at)
        payment.disputes.append(dispute)
    before = dispute.status or ""
    dispute.status, dispute.reason = later(DISPUTE_STATES, before, found.status), found.reason
    dispute.answer_by = found.answer_by
    if not before or (dispute.status != before and dispute.status in CLOSED):
        emails.disputed(dispute)
    if dispute.status in ASKED:
        return
    about = {"memo": found.reason.replace("_", " "), "payment_number": payment.number}
    payment.invoice.enter(DISPUTE, found.amount, source=found.id, at=found.at, **about)
    if dispute.status == WON:
        payment.invoice.enter(DISPUTE, -found.amount, source=f"{found.id}:won", at=found.closed_at, **about)


def later(states: tuple[str, ...], known: str | None, found: str) -> str:
    """Whichever of two states comes later in the life of a thing; one we have never heard of is believed."""
    if known in states and found in states:
        return max(known, found, key=states.index)
    return found
