"""Refunds that staff make, on the account that was charged."""

from sergio import jobs
from sergio.payments.stripe.answers import refunded
from sergio.payments.stripe.currencies import to_stripe
from sergio.payments.stripe.gateway import Gateway
from sergio.payments.stripe.types import Refunded, RefundOrder


def create(gateway: Gateway, wanted: RefundOrder) -> Refunded:
    """A new refund, or the one that was made under the same key. `Rejected` if Stripe will not make it."""
    params = {
        "payment_intent": wanted.intent,
        "amount": to_stripe(wanted.amount, wanted.currency),
        "metadata": wanted.metadata,
        **({"reason": wanted.reason} if wanted.reason else {}),
    }
    account = {"stripe_account": wanted.account} if wanted.account else {}
    options = {**account, "idempotency_key": wanted.key}
    jobs.confirm_lease()
    return gateway.run(lambda v1: refunded(v1.refunds.create(params, options)))
