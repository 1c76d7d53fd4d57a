"""Bank debits that come back after they had succeeded.

Stripe reports them as a dispute that is lost from the beginning, with one of these reasons
(docs.stripe.com/payments/ach-direct-debit#disputed-payments). Nobody disputes anything: the payment is undone, and its
invoice is due again.
"""

from sergio.audit.actor import BY_STRIPE
from sergio.audit.models import record
from sergio.invoices.ledger import PAYMENT
from sergio.lib import clock
from sergio.lib.language import lazy_gettext as _l
from sergio.payments import emails
from sergio.payments.methods import BANK_ACCOUNT
from sergio.payments.models import Payment
from sergio.payments.parts import spread
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
    for payment, share in zip(payments, spread(found.amount, [each.amount for each in payments]), strict=True):
        if payment.undone_at or not share:
            continue
        payment.undone_at, payment.undone_reason, fresh = found.at, reason, True
        about = {"at": found.at, "memo": reason, "payment_number": payment.number}
        payment.invoice.enter(PAYMENT, share, source=found.id, **about)
        record(payment, "returned", by=BY_STRIPE, at=clock.now(), after={**payment.facts(), "reason": reason})
        payment.keep_receipt()
    if fresh:
        emails.debit_returned(payments, REASONS[found.reason])
        emails.debit_returned_to_office(payments, REASONS[found.reason])
