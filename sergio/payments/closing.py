"""Closing an attempt to pay that is stuck: a decision of the owner's, kept with who, when and why."""

import logging

from flask_babel import gettext as _

from sergio.extensions import db
from sergio.lib import clock, money
from sergio.lib.refused import Refused
from sergio.payments import checkout, sync
from sergio.payments.models import CANCELED, GONE, SUCCEEDED, PaymentAttempt
from sergio.payments.stripe.gateway import Gateway, Gone, Unavailable
from sergio.payments.stripe.types import Intent

log = logging.getLogger(__name__)


def close(attempt_id: int, *, by: str, reason: str) -> PaymentAttempt:
    """End an attempt, at Stripe first; one that has been paid is booked instead. Commits.

    `Refused` when Stripe will not let go of it or does not answer; nothing has changed then.
    """
    attempt = db.session.get_one(PaymentAttempt, attempt_id)
    claimed = checkout.claim_of(attempt)
    db.session.commit()
    found = canceled(claimed)

    attempt = db.session.get_one(PaymentAttempt, attempt_id)
    invoice = attempt.hold()
    if attempt.closed_at or attempt.intent != claimed.intent:
        raise Refused(_("This card payment has just changed. Here is where it stands."))
    if found:
        sync.apply(found, despite="amount")
        refuse_what_stripe_keeps(attempt, found)
    if attempt.state != SUCCEEDED:
        attempt.close(GONE if claimed.intent and not found else CANCELED, clock.now())
        attempt.closed_by, attempt.closing_reason = by, reason
        invoice.mark_clearing(None)
    db.session.commit()
    return attempt


def canceled(claimed: checkout.Claim) -> Intent | None:
    """The intent after we tried to cancel it; None where there is none."""
    try:
        return Gateway(claimed.order.account).cancel(claimed.intent) if claimed.intent else None
    except Gone:
        return None
    except Unavailable as trouble:
        log.warning("attempt %s could not be canceled: %s", claimed.attempt_id, trouble)
        raise Refused(
            _("Stripe does not answer right now, so nothing was changed. Try again in a few minutes.")
        ) from trouble


def refuse_what_stripe_keeps(attempt: PaymentAttempt, found: Intent):
    """A `Refused` if the intent may still move money, or has taken some that cannot be booked and is not all back."""
    kept = found.received - sum(refund.amount for refund in found.refunds)
    if attempt.mismatch and found.status == "succeeded" and kept > 0:
        taken = money.format_amount(kept, found.currency, attempt.company.language)
        raise Refused(
            _("Stripe has taken %(amount)s for this, which does not match. Refund it in Stripe first.", amount=taken)
        )
    if found.status not in ("succeeded", "canceled"):
        raise Refused(_("Stripe cannot cancel this payment now (%(status)s). Try again later.", status=found.status))
