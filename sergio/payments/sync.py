"""What Stripe says of a payment becomes rows of ours, the same ones in whatever order and however often it is read."""

from datetime import datetime

from flask_babel import force_locale
from sqlalchemy import select

from sergio.audit.actor import BY_STRIPE, Actor
from sergio.audit.models import record
from sergio.extensions import db
from sergio.invoices.ledger import DISPUTE, REFUND
from sergio.lib import clock, money
from sergio.payments import emails
from sergio.payments.methods import BANK_ACCOUNT
from sergio.payments.models import Dispute, Payment, PaymentAttempt, Refund
from sergio.payments.statuses import (
    CANCELED,
    CLOSED,
    DISPUTE_STATUSES,
    INQUIRIES,
    OPEN,
    PROCESSING,
    REFUND_STATUSES,
    RETURNED,
    SUCCEEDED,
    WON,
)
from sergio.payments.stripe import gateway
from sergio.payments.stripe.events import NOT_OURS
from sergio.payments.stripe.types import Disputed, Intent, Refunded


def apply(found: Intent, *, despite: str = "", canceled_by: Actor = BY_STRIPE, reason: str = "") -> str:
    """Enter everything `found` says into the ledger, once. "" when all is well, else why nothing was entered: a key of
    `events.REASONS`, or `NOT_OURS`. The caller commits, and held no transaction while `found` was read.

    `despite` is a mismatch that staff accept. `canceled_by` is who had it canceled, and why, where we asked Stripe to.
    """
    attempt = find_attempt(found)
    if attempt is None:
        return "unknown" if "attempt" in found.metadata else NOT_OURS
    invoice = attempt.lock_invoice()
    differs = mismatch(attempt, found)
    attempt.mismatch = "" if differs == despite else differs
    attempt.trouble = ""
    if attempt.mismatch:
        amount = money.format_amount(found.received or found.amount, found.currency, invoice.company.language)
        attempt.trouble = f"{found.id}: {found.status}, {amount}"
        return attempt.mismatch
    attempt.intent, attempt.checked_at = found.id, clock.now()
    with force_locale(invoice.company.language):
        follow(attempt, found, canceled_by=canceled_by, reason=reason)
    return ""


def find_attempt(found: Intent) -> PaymentAttempt | None:
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


def follow(attempt: PaymentAttempt, found: Intent, *, canceled_by: Actor, reason: str):
    """Give the attempt, its payment and the invoice the status of the intent. A success stays one, and an attempt that
    is over does not open again, however old the answer is.
    """
    before, at = attempt.invoice.surplus, attempt.checked_at
    if found.status == "succeeded":
        attempt.decline = ""
        attempt.close(SUCCEEDED, by=BY_STRIPE, at=at)
        payment = attempt.payment or receive(attempt, found)
        for refund in found.refunds:
            apply_refund(payment, refund)
        for dispute in found.disputes:
            apply_dispute(payment, dispute)
        if attempt.invoice.surplus > before:
            emails.overpaid(payment)
    elif attempt.closed_at:
        return
    elif found.status == "canceled":
        attempt.close(CANCELED, by=canceled_by, at=at, reason=reason)
    else:
        proceed(attempt, found, at=at)


def proceed(attempt: PaymentAttempt, found: Intent, *, at: datetime):
    """Not over yet. A bank may say no days after the customer thought they had paid, so they are told; unless it was
    paid in another way, or voided, before we knew of the debit.
    """
    was_on_its_way = attempt.status == PROCESSING
    attempt.proceed(PROCESSING if found.status == "processing" else OPEN, decline=found.decline, at=at)
    returned = was_on_its_way and attempt.status == OPEN and attempt.method == BANK_ACCOUNT
    if returned and attempt.invoice.due > 0:
        emails.returned(attempt)
        emails.returned_to_office(attempt)


def receive(attempt: PaymentAttempt, found: Intent) -> Payment:
    """Record the payment, and tell both sides."""
    at = found.paid_at or clock.now()
    payment = Payment.from_stripe(attempt, found.received, at=at, brand=found.brand, last4=found.last4)
    emails.receipt(payment)
    emails.paid(payment)
    return payment


def apply_refund(payment: Payment, found: Refunded):
    """Enter a refund as Stripe has it: given back, and taken in again if the customer's bank would not have it."""
    refund = next((each for each in payment.refunds if each.stripe_id == found.id), None)
    if refund is None:
        refund = Refund(company=payment.company, stripe_id=found.id, amount=found.amount, at=found.at, status="")
        payment.refunds.append(refund)
        emails.refunded(refund)
    before, refund.status = refund.status, later(REFUND_STATUSES, refund.status, found.status)
    note_change(refund, "refunded", before)
    about = {"memo": payment.paid_with, "payment_number": payment.number, "at": found.at}
    payment.invoice.enter(REFUND, found.amount, source=found.id, **about)
    if refund.status in RETURNED:
        payment.invoice.enter(REFUND, -found.amount, source=f"{found.id}:returned", **about)


def apply_dispute(payment: Payment, found: Disputed):
    """Enter a dispute as Stripe has it: the money is gone once it is more than an inquiry, and back when it is won."""
    dispute = next((each for each in payment.disputes if each.stripe_id == found.id), None)
    if dispute is None:
        dispute = Dispute(company=payment.company, stripe_id=found.id, amount=found.amount, at=found.at, status="")
        payment.disputes.append(dispute)
    before = dispute.status
    dispute.status, dispute.reason = later(DISPUTE_STATUSES, before, found.status), found.reason
    dispute.answer_by = found.answer_by
    note_change(dispute, "disputed", before)
    if not before or (dispute.status != before and dispute.status in CLOSED):
        emails.disputed(dispute)
    if dispute.status in INQUIRIES:
        return
    about = {"memo": found.reason.replace("_", " "), "payment_number": payment.number}
    payment.invoice.enter(DISPUTE, found.amount, source=found.id, at=found.at, **about)
    if dispute.status == WON:
        payment.invoice.enter(DISPUTE, -found.amount, source=f"{found.id}:won", at=found.closed_at, **about)


def note_change(row: Refund | Dispute, action: str, before: str):
    """An audit entry for a new refund or dispute, and for each change of its status."""
    if row.status == before:
        return
    after = {"payment": row.payment.number, "amount": row.amount, "currency": row.payment.currency}
    old = {"status": before} if before else {}
    record(row, action, by=BY_STRIPE, at=clock.now(), before=old, after={**after, "status": row.status})


def later(statuses: tuple[str, ...], known: str | None, found: str) -> str:
    """The later of two statuses; one that is not in `statuses` (new at Stripe) is taken as found."""
    if known in statuses and found in statuses:
        return max(known, found, key=statuses.index)
    return found
