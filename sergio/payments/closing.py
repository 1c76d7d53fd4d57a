"""Closing an attempt that is stuck: the owner's decision, kept with who, when and why."""

import logging

from sergio.audit.actor import Actor
from sergio.database.company_scope import EVERY_COMPANY
from sergio.extensions import db
from sergio.lib import clock, money
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.payments import checkout, sync
from sergio.payments.methods import BANK_ACCOUNT
from sergio.payments.models import PaymentAttempt
from sergio.payments.statuses import CANCELED, GONE, PROCESSING, SUCCEEDED
from sergio.payments.stripe.errors import Gone, Unavailable
from sergio.payments.stripe.gateway import Gateway
from sergio.payments.stripe.types import Intent
from sergio.payments.stuck import DEBIT_TAKES

log = logging.getLogger(__name__)


def close(attempt_id: int, *, by: Actor, reason: str) -> PaymentAttempt:
    """End an attempt, at Stripe first; one that has been paid is applied instead. Commits.

    `Refused` when Stripe will not cancel it or does not answer, and for a debit on its way; then nothing has changed.
    """
    attempt = db.session.get_one(PaymentAttempt, attempt_id, execution_options=EVERY_COMPANY)
    refuse_healthy_debit(attempt)
    snapshot = checkout.snapshot_of(attempt)
    db.session.commit()
    found = canceled(snapshot)

    attempt = db.session.get_one(PaymentAttempt, attempt_id, execution_options=EVERY_COMPANY)
    attempt.lock_invoices()
    if attempt.closed_at or attempt.intent != snapshot.intent:
        raise Refused(_("This card payment just changed. Here is where it stands."))
    if found:
        sync.apply(found, despite="amount", canceled_by=by, reason=reason)
        refuse_what_stripe_keeps(attempt, found)
    if attempt.status != SUCCEEDED:
        status = GONE if snapshot.intent and not found else CANCELED
        attempt.close(status, by=by, at=clock.now(), reason=reason)
    db.session.commit()
    return attempt


def refuse_healthy_debit(attempt: PaymentAttempt):
    """Raise `Refused` for a bank debit that has been processing for less than `DEBIT_TAKES`."""
    if attempt.method == BANK_ACCOUNT and attempt.status == PROCESSING:
        since = attempt.processing_since
        if since and clock.now() - since < DEBIT_TAKES:
            raise Refused(_("This bank payment is on its way. It can take up to 10 days, and it can't be canceled."))


def canceled(snapshot: checkout.AttemptSnapshot) -> Intent | None:
    """The intent after trying to cancel it; None where there is none."""
    try:
        return Gateway(snapshot.request.account).cancel(snapshot.intent) if snapshot.intent else None
    except Gone:
        return None
    except Unavailable as trouble:
        log.warning("payment attempt %s could not be canceled: %s", snapshot.attempt_id, trouble)
        raise Refused(
            _("Stripe is not responding right now, so nothing was changed. Try again in a few minutes.")
        ) from trouble


def refuse_what_stripe_keeps(attempt: PaymentAttempt, found: Intent):
    """Raise `Refused` if the intent may still move money, or took money that does not match and was not refunded."""
    kept = found.received - sum(refund.amount for refund in found.refunds)
    if attempt.mismatch and found.status == "succeeded" and kept > 0:
        collected = money.format_amount(kept, found.currency)
        raise Refused(
            _(
                "Stripe collected %(amount)s for this payment, which does not match. Refund it in Stripe first.",
                amount=collected,
            )
        )
    if found.status not in ("succeeded", "canceled"):
        raise Refused(
            _("Stripe cannot cancel this payment right now (%(status)s). Try again later.", status=found.status)
        )
