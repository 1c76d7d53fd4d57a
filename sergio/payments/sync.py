"""Applies what Stripe reports about a payment. The rows are the same for any order and any number of repetitions."""

from datetime import datetime

from sqlalchemy import select

from sergio.audit.actor import BY_STRIPE, Actor
from sergio.audit.models import record
from sergio.companies.models import is_test
from sergio.database.company_scope import EVERY_COMPANY
from sergio.extensions import db
from sergio.invoices.ledger import DISPUTE, REFUND
from sergio.lib import clock, money
from sergio.lib.language import OFFICE, speaking
from sergio.payments import declined, emails, returns
from sergio.payments.charge_outcomes import ChargeOutcome
from sergio.payments.methods import BANK_ACCOUNT
from sergio.payments.models import Dispute, Payment, PaymentAttempt, Refund
from sergio.payments.refund_requests import RefundRequest
from sergio.payments.saved import SavedMethod
from sergio.payments.statuses import (
    CANCELED,
    DISPUTE_CLOSED,
    DISPUTE_STATUSES,
    INQUIRIES,
    OPEN,
    PROCESSING,
    REFUND_BOUNCED,
    REFUND_STATUSES,
    SUCCEEDED,
    WON,
)
from sergio.payments.stripe import gateway
from sergio.payments.stripe.events import NOT_OURS
from sergio.payments.stripe.types import Disputed, Intent, Refunded


def apply(found: Intent, *, despite: str = "", canceled_by: Actor = BY_STRIPE, reason: str = "") -> str:
    """Enter everything `found` says into the ledger, once. "" when it was entered, else why not: a key of
    `events.REASONS`, or `NOT_OURS`. The caller commits, and held no transaction while `found` was read.

    `despite` is a mismatch that staff accept. `canceled_by` is who had it canceled, and why, where we asked Stripe to.
    """
    attempt = find_attempt(found)
    if attempt is None:
        return "unknown" if "attempt" in found.metadata and not is_of_test(found) else NOT_OURS
    attempt.lock_invoices()
    differs = mismatch(attempt, found)
    attempt.mismatch = "" if differs == despite else differs
    attempt.trouble = ""
    if attempt.mismatch:
        amount = money.format_amount(found.received or found.amount, found.currency)
        attempt.trouble = f"{found.id}: {found.status}, {amount}"
        return attempt.mismatch
    attempt.intent = found.id
    attempt.checked_at = clock.now()
    with speaking(OFFICE):
        update_from_intent(attempt, found, canceled_by=canceled_by, reason=reason)
    return ""


def is_of_test(found: Intent) -> bool:
    """Whether an intent is for an invoice of a test customer, who may have been deleted since."""
    number = found.metadata.get("invoice", "").partition(",")[0]
    return number.isascii() and number.isdigit() and is_test(int(number))


def find_attempt(found: Intent) -> PaymentAttempt | None:
    """The attempt an intent was made for: the one that knows it, or the one whose secret key it carries."""
    of_account = select(PaymentAttempt).where(PaymentAttempt.account == found.account)
    of_account = of_account.execution_options(**EVERY_COMPANY)
    known = db.session.scalar(of_account.where(PaymentAttempt.intent == found.id))
    return known or db.session.scalar(of_account.where(PaymentAttempt.key == found.metadata.get("attempt")))


def mismatch(attempt: PaymentAttempt, found: Intent) -> str:
    """Why an intent is not what we requested; "" when it is."""
    if attempt.intent not in (None, found.id):
        return "other intent"
    if found.livemode != gateway.is_live():
        return "mode"
    if found.status == "canceled":
        return ""
    if found.currency != attempt.currency:
        return "currency"
    if found.has_fractions:
        return "amount"
    if found.status == "succeeded":
        fits = found.received == (sum(payment.amount for payment in attempt.payments) or attempt.amount)
    else:
        fits = bool(attempt.payments) or found.amount == attempt.amount
    return "" if fits else "amount"


def update_from_intent(attempt: PaymentAttempt, found: Intent, *, canceled_by: Actor, reason: str):
    """Give the attempt, its payments and the invoices the status of the intent. A success stays one, and an attempt
    that is over does not open again, however old the response is.
    """
    before, at = {invoice: invoice.surplus for invoice in attempt.invoices}, attempt.checked_at
    keep_method(attempt, found, at=at)
    if found.charge:
        ChargeOutcome.keep(attempt, found.charge)
    if found.status == "succeeded":
        attempt.decline = ""
        attempt.close(SUCCEEDED, by=BY_STRIPE, at=at)
        for payment in receive(attempt, found):
            if payment.invoice.surplus > before[payment.invoice]:
                emails.overpaid_to_office(payment)
    elif attempt.closed_at:
        return
    elif found.status == "canceled":
        attempt.close(CANCELED, by=canceled_by, at=at, reason=reason)
    else:
        proceed(attempt, found, at=at)


def receive(attempt: PaymentAttempt, found: Intent) -> list[Payment]:
    """The payments of an attempt that took money, recorded once, with their refunds and disputes."""
    payments = attempt.payments or record_payments(attempt, found)
    for refund in reversed(found.refunds):
        apply_refund(payments, refund)
    for dispute in reversed(found.disputes):
        apply_dispute(payments, dispute)
    return payments


def keep_method(attempt: PaymentAttempt, found: Intent, *, at: datetime):
    """The method that the attempt was to save is saved once Stripe has attached it to the customer."""
    if found.kept and attempt.saved_method_id and found.status in ("succeeded", "processing"):
        db.session.scalars(SavedMethod.locked(attempt.saved_method_id)).one().keep(found.kept, at=at)


def proceed(attempt: PaymentAttempt, found: Intent, *, at: datetime):
    """The attempt is still open. A bank can return a debit days later, so the customer and the office get an email,
    unless the invoices were paid in another way, or voided, before we knew of the debit. Of automatic payments, their
    own emails tell more.
    """
    was_processing, waited = attempt.status == PROCESSING, bool(attempt.verify_url)
    if attempt.follow_verification(found.verify, at=at):
        emails.verify_bank_account(attempt)
    attempt.proceed(PROCESSING if found.status == "processing" else OPEN, decline=found.decline, at=at)
    if found.declined:
        declined.of_attempt(attempt, found.declined.id, found.declined.card, at=at)
    unverified = waited and found.status == "requires_payment_method"
    failed = (was_processing and attempt.status == OPEN and attempt.method == BANK_ACCOUNT) or unverified
    if failed and not attempt.off_session and any(invoice.due > 0 for invoice in attempt.invoices):
        emails.debit_failed(attempt)
        emails.debit_failed_to_office(attempt)


def record_payments(attempt: PaymentAttempt, found: Intent) -> list[Payment]:
    """Record the payments, and email the customer and the office once."""
    at = found.paid_at or clock.now()
    payments = Payment.from_stripe(attempt, found.received, at=at, brand=found.brand, last4=found.last4)
    emails.receipt(payments[0])
    emails.paid_to_office(payments[0])
    return payments


def apply_refund(payments: list[Payment], found: Refunded):
    """Enter a refund of a charge as Stripe has it, split over its payments."""
    refunds = [each for payment in payments for each in payment.refunds if each.stripe_id == found.id]
    request = RefundRequest.of_refund(payments[0].company_id, found)
    refunds = refunds or Refund.split(found, payments)
    before = refunds[0].status
    for refund in refunds:
        enter_refund(refund, found, request.ledger_kind if request else REFUND)
    if request:
        request.answer(found)
    if not before:
        emails.refunded(refunds, request)
        emails.refunded_to_office(refunds, request)
    if refunds[0].status == "failed" != before:
        emails.refund_failed_to_office(refunds)


def enter_refund(refund: Refund, found: Refunded, kind: str):
    """Enter the share of one payment, and its reversal if the refund failed or was canceled."""
    payment, before = refund.payment, refund.status
    refund.status = later(REFUND_STATUSES, refund.status, found.status)
    refund.failure = refund.failure or found.failure[:60]
    note_change(refund, "refunded", before)
    if refund.status != before:
        payment.keep_receipt()
    about = {"memo": payment.paid_with, "payment_number": payment.number, "at": found.at}
    entered = next((entry.kind for entry in payment.invoice.entries if entry.source == found.id), kind)
    payment.invoice.enter(entered, refund.amount, source=found.id, **about)
    if refund.status in REFUND_BOUNCED:
        payment.invoice.enter(entered, -refund.amount, source=f"{found.id}:returned", **about)


def apply_dispute(payments: list[Payment], found: Disputed):
    """Enter a dispute of a charge as Stripe has it, split over its payments. A bank debit that came back is none."""
    if returns.is_return(payments[0], found):
        returns.apply_return(payments, found)
        return
    disputes = [each for payment in payments for each in payment.disputes if each.stripe_id == found.id]
    disputes = disputes or Dispute.split(found, payments)
    before = disputes[0].status
    for dispute in disputes:
        enter_dispute(dispute, found)
    status = disputes[0].status
    if not before or (status != before and status in DISPUTE_CLOSED):
        emails.disputed_to_office(disputes)
    if not before and (attempt := payments[0].attempt):
        returns.end_authorization(attempt)


def enter_dispute(dispute: Dispute, found: Disputed):
    """Enter the share of one payment: withdrawn unless the dispute is an inquiry, and returned when it is won."""
    payment, before = dispute.payment, dispute.status
    dispute.status = later(DISPUTE_STATUSES, before, found.status)
    dispute.reason = found.reason
    dispute.answer_by = found.answer_by
    note_change(dispute, "disputed", before)
    if dispute.status in INQUIRIES:
        return
    about = {"memo": found.reason.replace("_", " "), "payment_number": payment.number}
    if payment.invoice.enter(DISPUTE, dispute.amount, source=found.id, at=found.at, **about):
        payment.invoice.withdraw_card_payment()
    if dispute.status == WON:
        payment.invoice.enter(DISPUTE, -dispute.amount, source=f"{found.id}:won", at=found.closed_at, **about)


def note_change(row: Refund | Dispute, action: str, before: str):
    """An audit entry for a new refund or dispute, and for each change of its status."""
    if row.status == before:
        return
    after = {"payment": row.payment.number, "amount": row.amount, "currency": row.payment.currency}
    previous = {"status": before} if before else {}
    record(row, action, by=BY_STRIPE, at=clock.now(), before=previous, after={**after, "status": row.status})


def later(statuses: tuple[str, ...], known: str | None, found: str) -> str:
    """The later of two statuses; one that is not in `statuses` (new at Stripe) is taken as found."""
    if known in statuses and found in statuses:
        return max(known, found, key=statuses.index)
    return found
