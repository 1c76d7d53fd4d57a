"""The fold: what Stripe says of a payment becomes facts of ours, in whatever order and however often it is told."""

from datetime import datetime

from flask_babel import force_locale
from sqlalchemy import select

from sergio.extensions import db
from sergio.invoices.ledger import DISPUTE, REFUND
from sergio.lib import clock, money
from sergio.payments import emails
from sergio.payments.models import (
    ASKED,
    CAME_BACK,
    CANCELED,
    CLOSED,
    DISPUTE_STATES,
    OPEN,
    PROCESSING,
    REFUND_STATES,
    SUCCEEDED,
    WON,
    Dispute,
    Payment,
    PaymentAttempt,
    Refund,
)
from sergio.payments.stripe import gateway
from sergio.payments.stripe.events import NOT_OURS
from sergio.payments.stripe.types import Disputed, Intent, Refunded


def apply(found: Intent, *, despite: str = "") -> str:
    """Enter everything `found` says into the ledger, once. "" when all is well, else why nothing was entered: a key of
    `events.REASONS`, or `NOT_OURS`. The caller commits, and held no transaction while `found` was read.

    A doubt that staff have decided to live with is passed over: `despite`.
    """
    attempt = attempt_of(found)
    if attempt is None:
        return "unknown" if "attempt" in found.metadata else NOT_OURS
    invoice = attempt.hold()
    reason = mismatch(attempt, found)
    attempt.mismatch = "" if reason == despite else reason
    attempt.trouble = ""
    if attempt.mismatch:
        amount = money.format_amount(found.received or found.amount, found.currency, invoice.company.language)
        attempt.trouble = f"{found.id}: {found.status}, {amount}"
        return attempt.mismatch
    attempt.intent, attempt.checked_at = found.id, clock.now()
    with force_locale(invoice.company.language):
        follow(attempt, found, at=attempt.checked_at)
    return ""


def attempt_of(found: Intent) -> PaymentAttempt | None:
    """The attempt an intent was made for: the one that knows it, or the one whose secret key it carries."""
    of_account = select(PaymentAttempt).where(PaymentAttempt.account == found.account)
    known = db.session.scalar(of_account.where(PaymentAttempt.intent == found.id))
    return known or db.session.scalar(of_account.where(PaymentAttempt.key == found.metadata.get("attempt")))


def mismatch(attempt: PaymentAttempt, found: Intent) -> str:
    """Why an intent is not what we asked for; "" when it is."""
    if attempt.intent not in (None, found.id):
        return "other intent"
    if found.livemode != gateway.is_live():
        return "mode"
    if found.status == "canceled":
        return ""
    if found.currency != attempt.currency:
        return "currency"
    if found.status == "succeeded":
        fits = found.received == (attempt.payment or attempt).amount
    else:
        fits = attempt.payment is not None or found.amount == attempt.amount
    return "" if fits else "amount"


def follow(attempt: PaymentAttempt, found: Intent, *, at: datetime):
    """Let the attempt, its payment and the invoice stand as the intent does. What has succeeded stays so, and what is
    over does not open again, whatever old news comes in later.
    """
    before = attempt.invoice.surplus
    if found.status == "succeeded":
        attempt.decline = ""
        attempt.close(SUCCEEDED, at)
        payment = attempt.payment or take(attempt, found)
        for refund in found.refunds:
            apply_refund(payment, refund)
        for dispute in found.disputes:
            apply_dispute(payment, dispute)
        if attempt.invoice.surplus > before:
            emails.overpaid(payment)
    elif attempt.closed_at:
        return
    elif found.status == "canceled":
        attempt.close(CANCELED, at)
    else:
        attempt.state = PROCESSING if found.status == "processing" else OPEN
        attempt.decline = found.decline
    invoice = attempt.invoice
    invoice.mark_clearing((invoice.clearing_since or at) if attempt.state == PROCESSING else None)


def take(attempt: PaymentAttempt, found: Intent) -> Payment:
    """Note that the money is there, and tell both sides."""
    about = {"at": found.paid_at or clock.now(), "brand": found.brand, "last4": found.last4}
    payment = Payment.by_card(attempt, found.received, **about)
    emails.receipt(payment)
    emails.paid(payment)
    return payment


def apply_refund(payment: Payment, found: Refunded):
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


def apply_dispute(payment: Payment, found: Disputed):
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
