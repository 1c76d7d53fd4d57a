"""The three steps of starting a payment: a row of ours, a call to Stripe, the intent's id in the row.

The steps commit themselves, because no transaction may stay open while Stripe thinks. A crash between them leaves an
attempt without an intent: the next start asks again under the same key and gets the same intent. One that was made and
never heard of cannot be paid, for only its secret opens it, and that was never shown to anybody.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from flask_babel import gettext as _

from sergio import jobs
from sergio.customers.models import Contact
from sergio.extensions import db
from sergio.invoices.models import Invoice
from sergio.lib import clock, tokens
from sergio.lib.refused import Refused
from sergio.payments import sync
from sergio.payments.models import CANCELED, FAILED, GONE, OPEN, TROUBLE, PaymentAttempt
from sergio.payments.stripe.gateway import Gateway, Gone, Rejected, Unavailable
from sergio.payments.stripe.types import Intent, PaymentRequest

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Claim:
    """What the rest of a start must know of an attempt after its transaction is over."""

    attempt_id: int
    order: PaymentRequest
    intent: str | None
    fits: bool


def begin(invoice_id: int, contact_id: int):
    """Leave the invoice with one open attempt whose intent a browser can pay; commits on the way.

    Raises `Refused` for what cannot be paid, also where Stripe says so, `Unavailable` when Stripe does not answer.
    """
    claimed = claim(invoice_id, contact_id)
    stripe = Gateway(claimed.order.account)
    if claimed.intent or not claimed.fits:
        catch_up(claimed, stripe)
        claimed = claim(invoice_id, contact_id)
        stripe = Gateway(claimed.order.account, stripe.until)
    if claimed.intent is None:
        try:
            open_intent(claimed, stripe)
        except Rejected as trouble:
            log.warning("Stripe will not open attempt %s: %s", claimed.attempt_id, trouble)
            company = db.session.get_one(Invoice, invoice_id).company
            raise Refused(f"{_('This invoice cannot be paid by card right now.')} {company.how_to_reach}") from trouble


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
    except Rejected as trouble:
        end(claimed, FAILED, trouble)
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


def catch_up(claimed: Claim, stripe: Gateway):
    """Let an attempt stand as its intent does; one that no longer fits is withdrawn. Commits."""
    if not claimed.fits:
        withdraw(claimed, stripe)
    elif claimed.intent:
        record(claimed, stripe.read_all)


def withdraw(claimed: Claim, stripe: Gateway):
    """See to it that an attempt is over: canceled at Stripe, or paid already and then booked. Commits."""
    if claimed.intent:
        record(claimed, stripe.cancel)
    else:
        end(claimed, CANCELED)


def record(claimed: Claim, ask: Callable[[str], Intent]):
    """Book what Stripe answers about an attempt's intent; where that is gone, the attempt is over. Commits."""
    try:
        found = ask(claimed.intent or "")
    except Gone as trouble:
        end(claimed, GONE, trouble)
    else:
        sync.apply(found)
        db.session.commit()


def end(claimed: Claim, state: str, trouble: Rejected | None = None):
    """End an attempt as it was claimed, unless something has become of it meanwhile. Commits."""
    attempt = db.session.get_one(PaymentAttempt, claimed.attempt_id)
    invoice = attempt.hold()
    if attempt.closed_at is None and attempt.intent == claimed.intent:
        attempt.close(state, clock.now())
        attempt.trouble = str(trouble or "")[:TROUBLE]
        invoice.mark_clearing(None)
    if trouble and claimed.order.account:
        jobs.enqueue("payments.check_account", company=attempt.company, account=claimed.order.account)
    db.session.commit()
