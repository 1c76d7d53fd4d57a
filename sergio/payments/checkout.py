"""The three steps of starting a payment: a row of ours, a call to Stripe, the intent's id in the row.

The steps commit themselves, because no transaction may stay open while Stripe thinks. A crash between them leaves an
attempt without an intent: the next start asks again under the same key and gets the same intent. One that was made and
never heard of cannot be paid, for only its secret opens it, and that was never shown to anybody.
"""

from dataclasses import dataclass

from sergio.customers.models import Contact
from sergio.extensions import db
from sergio.invoices.models import Invoice
from sergio.lib import clock, tokens
from sergio.payments import fold
from sergio.payments.facts import Order
from sergio.payments.gateway import Gateway, Rejected, Unavailable
from sergio.payments.models import CANCELLED, FAILED, OPEN, PaymentAttempt


@dataclass(frozen=True)
class Claim:
    """What the rest of a start must know of an attempt after its transaction is over."""

    attempt_id: int
    order: Order
    intent: str | None
    fits: bool


def begin(invoice_id: int, contact_id: int):
    """Leave the invoice with one open attempt whose intent a browser can pay; commits on the way.

    Raises `Refused` for what cannot be paid, `Unavailable` or `Rejected` when Stripe is the reason.
    """
    claimed = claim(invoice_id, contact_id)
    stripe = Gateway(claimed.order.account)
    if not claimed.fits:
        withdraw(claimed, stripe)
        claimed = claim(invoice_id, contact_id)
        stripe = Gateway(claimed.order.account, stripe.until)
    if claimed.intent is None:
        open_intent(claimed, stripe)


def claim(invoice_id: int, contact_id: int) -> Claim:
    """The invoice's one open attempt, committed."""
    invoice = db.session.scalars(Invoice.locked(invoice_id)).one()
    attempt = PaymentAttempt.start(invoice, db.session.get_one(Contact, contact_id), at=clock.now())
    claimed = claim_of(attempt)
    db.session.commit()
    return claimed


def claim_of(attempt: PaymentAttempt) -> Claim:
    """An attempt's facts, good beyond its transaction."""
    return Claim(attempt.id, attempt.order(), attempt.intent, attempt.fits(attempt.invoice))


def open_intent(claimed: Claim, stripe: Gateway):
    """Ask Stripe for the intent and keep its id."""
    try:
        found = stripe.create(claimed.order)
    except Unavailable as trouble:
        if trouble.key_is_spent:
            renew_key(claimed)
        raise
    except Rejected:
        close(claimed, FAILED)
        raise
    attempt = db.session.get_one(PaymentAttempt, claimed.attempt_id, with_for_update=True)
    if attempt.closed_at is None and attempt.key == claimed.order.key:
        attempt.intent, attempt.state = found.id, OPEN
    db.session.commit()


def renew_key(claimed: Claim):
    """Stripe answers a key that met a fault with that fault for a day, so the next try takes another one
    (docs.stripe.com/api/idempotent_requests). No money can move: an intent without a known secret is never paid.
    """
    attempt = db.session.get_one(PaymentAttempt, claimed.attempt_id, with_for_update=True)
    if attempt.intent is None and attempt.key == claimed.order.key:
        attempt.key = tokens.token()
    db.session.commit()


def withdraw(claimed: Claim, stripe: Gateway):
    """See to it that an attempt is over: cancelled at Stripe, or paid already and then booked. Commits."""
    if claimed.intent is None:
        close(claimed, CANCELLED)
        return
    found = stripe.cancel(claimed.intent)
    fold.book(found)
    db.session.commit()


def close(claimed: Claim, state: str):
    """End an attempt that never got an intent."""
    attempt = db.session.get_one(PaymentAttempt, claimed.attempt_id, with_for_update=True)
    if attempt.intent is None:
        attempt.close(state, clock.now())
    db.session.commit()
