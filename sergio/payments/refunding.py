"""Sending a refund that staff asked for: our row is committed, Stripe is asked, what it says enters the ledger.

The steps commit themselves, because no transaction may stay open while Stripe responds. A kill between them leaves a
request that is `REQUESTED`: the reconciler reads at Stripe whether the refund was made, by the key in its metadata, and
only then asks for it, under the same idempotency key.
"""

import logging
from contextlib import suppress
from datetime import timedelta

from sergio.database.company_scope import EVERY_COMPANY
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import lazy_gettext as _l
from sergio.payments import sync
from sergio.payments.refund_requests import TROUBLE, RefundRequest
from sergio.payments.statuses import REQUESTED
from sergio.payments.stripe import refunds
from sergio.payments.stripe.errors import Rejected, Unavailable
from sergio.payments.stripe.gateway import Gateway
from sergio.payments.stripe.refunds import RefundOrder

log = logging.getLogger(__name__)

KEYS_LAST = timedelta(hours=20)
"""Stripe keeps an idempotency key for at least 24 hours. After that a repetition could be a second refund."""
REFUSALS = {
    "charge_already_refunded": _l("Stripe says that all of this payment was refunded already."),
    "charge_disputed": _l("Stripe says that the customer disputed this payment, so it can't be refunded."),
    "charge_not_refundable": _l("Stripe says that this payment can't be refunded."),
    "insufficient_funds": _l("Your Stripe balance is too low for this refund. Add money to it in Stripe first."),
    "balance_insufficient": _l("Your Stripe balance is too low for this refund. Add money to it in Stripe first."),
}
OTHER = _l("Stripe did not accept this refund. Look at the payment in Stripe.")
NOT_SENT = _l("Stripe could not make this refund. No money was sent, so you can try again.")


def send(request_id: int) -> RefundRequest:
    """Have Stripe make a refund, once, and enter it. Commits. `Unavailable` if Stripe does not answer: then it is sent
    later by itself.
    """
    request = read(request_id)
    if request.status != REQUESTED:
        return request
    order, asked_before = request.order(), request.asked_at is not None
    repeatable = not request.trouble and clock.now() - (request.asked_at or clock.now()) < KEYS_LAST
    request.asked_at = request.asked_at or clock.now()
    db.session.commit()
    stripe = Gateway(order.account)
    if asked_before and was_made(order, stripe):
        return read(request_id)
    if not repeatable:
        refuse(request_id, str(NOT_SENT))
        return read(request_id)
    try:
        refunds.create(stripe, order)
    except Unavailable as trouble:
        if trouble.key_is_spent:
            note(request_id, str(trouble))
        raise
    except Rejected as trouble:
        log.warning("Stripe refused refund %s: %s", request_id, trouble)
        refuse(request_id, str(REFUSALS.get(trouble.code or "", OTHER)))
    with suppress(Rejected):  # an account out of reach was refused before
        enter(order, stripe)
    return read(request_id)


def was_made(order: RefundOrder, stripe: Gateway) -> bool:
    """Whether Stripe has made it before; then it is entered."""
    return any(each.request == order.key for each in enter(order, stripe))


def note(request_id: int, trouble: str):
    """Stripe repeats a server error for the same key for a day, so the key is never sent again: the next run reads
    whether the refund was made after all. Commits.
    """
    read(request_id).trouble = trouble[:TROUBLE]
    db.session.commit()


def refuse(request_id: int, sentence: str):
    read(request_id).refuse(sentence, at=clock.now())
    db.session.commit()


def enter(order: RefundOrder, stripe: Gateway):
    """Apply the charge as Stripe has it now, with all its refunds; these. Commits."""
    found = stripe.read_all(order.intent)
    db.session.expire_all()  # others may have entered something meanwhile
    sync.apply(found)
    db.session.commit()
    return found.refunds


def read(request_id: int) -> RefundRequest:
    return db.session.get_one(RefundRequest, request_id, populate_existing=True, execution_options=EVERY_COMPANY)
