"""What can be refunded of a payment."""

from datetime import datetime, timedelta

from sergio.extensions import db
from sergio.invoices.ledger import MONEY_MOVED, MOVED_CREDIT, sum_of
from sergio.invoices.models import Invoice
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.payments.methods import BANK_ACCOUNT
from sergio.payments.models import Payment

BANKS_REFUND_FOR = timedelta(days=180)
"""support.stripe.com/questions/refunds-for-ach-direct-debit-payments"""


def lock(payment: Payment):
    """Lock the invoices of a payment's charge, and read what was refunded of it again."""
    ids = [each.invoice_id for each in payment.charge]
    list(db.session.scalars(Invoice.locked(*ids)))
    for each in payment.charge:
        db.session.refresh(each)
        db.session.refresh(each, ["refunds", "disputes"])


def refuse_unrefundable(payment: Payment, at: datetime):
    """Raise `Refused` with the reason if nothing can be refunded of a payment now."""
    if payment.undone_at:
        raise Refused(_("This payment was undone, so there is nothing to refund."))
    if any(each.went_through for one in payment.charge for each in one.disputes):
        raise Refused(
            _("The customer disputed this payment with their bank, which has taken the money. Don't refund it as well.")
        )
    if payment.attempt_id and payment.method == BANK_ACCOUNT and at - payment.at > BANKS_REFUND_FOR:
        raise Refused(_("A bank payment can only be refunded for 180 days. Pay the customer back another way."))


def refunded_of(payment: Payment) -> int:
    """What was refunded of the whole charge, as far as we know."""
    return sum(each.amount for one in payment.charge for each in one.refunds if each.went_through)


def left_of(payment: Payment) -> int:
    """What can be refunded of a payment: what is left of it, and no more than its invoice has kept. Credit that moved
    to another invoice is not here any more.
    """
    left = payment.amount - sum(each.amount for each in payment.refunds if each.went_through)
    entries = payment.invoice.entries
    kept = -sum_of(entries, MONEY_MOVED) - max(0, sum_of(entries, (MOVED_CREDIT,)))
    return max(0, min(left, kept))


def left_of_charge(payment: Payment) -> int:
    return sum(left_of(each) for each in payment.charge)
