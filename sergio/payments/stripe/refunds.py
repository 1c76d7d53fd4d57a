"""Refunds that staff make, on the account that was charged."""

from typing import NamedTuple

from sergio import jobs
from sergio.payments.stripe.currencies import to_stripe
from sergio.payments.stripe.gateway import Gateway


class RefundOrder(NamedTuple):
    """What a refund of an intent is created for. `key` is its idempotency key; `reason` is one of Stripe's, "" for
    none of them.
    """

    key: str
    account: str
    intent: str
    amount: int
    currency: str
    reason: str
    metadata: dict[str, str]


def create(gateway: Gateway, wanted: RefundOrder):
    """Have Stripe make a refund, once for the same key. `Rejected` if Stripe will not make it."""
    params = {
        "payment_intent": wanted.intent,
        "amount": to_stripe(wanted.amount, wanted.currency),
        "metadata": wanted.metadata,
        **({"reason": wanted.reason} if wanted.reason else {}),
    }
    account = {"stripe_account": wanted.account} if wanted.account else {}
    options = {**account, "idempotency_key": wanted.key}
    jobs.confirm_lease()
    gateway.run(lambda v1: v1.refunds.create(params, options))
