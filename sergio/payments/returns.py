"""Bank debits that come back after they had succeeded.

Stripe reports them as a dispute that is lost from the beginning, with one of these reasons
(docs.stripe.com/payments/ach-direct-debit#transaction-failures). Nobody disputes anything: the payment is undone, and
its invoice is due again. All other disputes of bank debits are the customer's word to their bank; they stay disputes,
which nobody can contest.

After either, Stripe debits a saved account no more unless the customer authorizes it anew (#when-mandates-become-
inactive), and we do not try.
"""

from sergio import jobs
from sergio.audit.actor import BY_STRIPE
from sergio.audit.models import record
from sergio.invoices.ledger import PAYMENT
from sergio.lib import clock
from sergio.lib.language import lazy_gettext as _l
from sergio.payments import emails
from sergio.payments.methods import BANK_ACCOUNT
from sergio.payments.models import Dispute, Payment, PaymentAttempt
from sergio.payments.stripe.types import Disputed

REASONS = {
    "insufficient_funds": _l("There was not enough money in the bank account."),
    "incorrect_account_details": _l("The bank account was closed, or could not be found."),
    "bank_cannot_process": _l("The bank could not process the payment."),
}


def is_return(payment: Payment, found: Disputed) -> bool:
    return payment.method == BANK_ACCOUNT and found.reason in REASONS


def apply_return(payments: list[Payment], found: Disputed):
    """Undo the payments of a charge, once, and tell the customer and the office."""
    reason, fresh = str(REASONS[found.reason]), False
    for payment, share in zip(payments, Dispute.shares(found, payments), strict=True):
        if payment.undone_at or not share:
            continue
        payment.undone_at, payment.undone_reason, fresh = found.at, reason, True
        about = {"at": found.at, "memo": reason, "payment_number": payment.number}
        payment.invoice.enter(PAYMENT, share, source=found.id, **about)
        record(payment, "returned", by=BY_STRIPE, at=clock.now(), after={**payment.facts(), "reason": reason})
        payment.keep_receipt()
    if fresh:
        if attempt := payments[0].attempt:
            attempt.follow_automatically()
            end_authorization(attempt)
        emails.debit_returned(payments, found.amount, REASONS[found.reason])
        emails.debit_returned_to_office(payments, found.amount, REASONS[found.reason])


def end_authorization(attempt: PaymentAttempt):
    """Have a saved account, from which the bank took a payment back, neither offered nor charged any more."""
    if attempt.method == BANK_ACCOUNT and attempt.saved_method_id:
        jobs.enqueue("payments.end_authorization", company=attempt.company, saved_id=attempt.saved_method_id)
