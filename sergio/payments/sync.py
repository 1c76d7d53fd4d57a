"""The fold: what Stripe says of a payment becomes facts of ours, in whatever order and however often it is told."""

from datetime import datetime

from flask_babel import force_locale
from sqlalchemy import select

from sergio.extensions import db
from sergio.lib import clock, money
from sergio.payments import emails
from sergio.payments.models import CANCELLED, OPEN, PROCESSING, SUCCEEDED, Payment, PaymentAttempt
from sergio.payments.returns import book_dispute, book_refund
from sergio.payments.stripe import gateway
from sergio.payments.stripe.events import NOT_OURS
from sergio.payments.stripe.types import Intent


def book(found: Intent, *, despite: str = "") -> str:
    """Enter everything `found` says into the ledger, once. "" when all is well, else why nothing was entered: a key of
    `events.REASONS`, or `NOT_OURS`. The caller commits, and held no transaction while `found` was read.

    A doubt that staff have decided to live with is passed over: `despite`.
    """
    attempt = attempt_of(found)
    if attempt is None:
        return "unknown" if "attempt" in found.metadata else NOT_OURS
    invoice = attempt.hold()
    reason = doubt(attempt, found)
    attempt.doubt = "" if reason == despite else reason
    attempt.trouble = ""
    if attempt.doubt:
        amount = money.written(found.received or found.amount, found.currency, invoice.company.language)
        attempt.trouble = f"{found.id}: {found.status}, {amount}"
        return attempt.doubt
    attempt.intent, attempt.checked_at = found.id, clock.now()
    with force_locale(invoice.company.language):
        follow(attempt, found, at=attempt.checked_at)
    return ""


def attempt_of(found: Intent) -> PaymentAttempt | None:
    """The attempt an intent was made for: the one that knows it, or the one whose secret key it carries."""
    of_account = select(PaymentAttempt).where(PaymentAttempt.account == found.account)
    known = db.session.scalar(of_account.where(PaymentAttempt.intent == found.id))
    return known or db.session.scalar(of_account.where(PaymentAttempt.key == found.metadata.get("attempt")))


def doubt(attempt: PaymentAttempt, found: Intent) -> str:
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
            book_refund(payment, refund)
        for dispute in found.disputes:
            book_dispute(payment, dispute)
        if attempt.invoice.surplus > before:
            emails.overpaid(payment)
    elif attempt.closed_at:
        return
    elif found.status == "canceled":
        attempt.close(CANCELLED, at)
    else:
        attempt.state = PROCESSING if found.status == "processing" else OPEN
        attempt.decline = found.decline
    invoice = attempt.invoice
    invoice.clearing_since = (invoice.clearing_since or at) if attempt.state == PROCESSING else None


def take(attempt: PaymentAttempt, found: Intent) -> Payment:
    """Note that the money is there, and tell both sides."""
    about = {"at": found.paid_at or clock.now(), "brand": found.brand, "last4": found.last4}
    payment = Payment.by_card(attempt, found.received, **about)
    emails.receipt(payment)
    emails.paid(payment)
    return payment
