"""Stripe's webhook: an event is verified, stored once and acknowledged; it is processed by a job."""

import json

from flask import Blueprint, abort, current_app, request

from sergio.extensions import csrf, db
from sergio.lib import clock
from sergio.payments import autopay_jobs, brake_jobs, jobs, saved_jobs  # noqa: F401 - the worker finds their jobs by name
from sergio.payments.stripe import accounts  # noqa: F401 - the worker finds their jobs by name
from sergio.payments.stripe.events import StripeEvent
from sergio.payments.stripe.signature import is_from_stripe

LARGEST = 512 * 1024

bp = Blueprint("webhooks", __name__, url_prefix="/webhooks")


@bp.post("/stripe")
@csrf.exempt
def stripe():
    """Store an event, on any host; its company is found when it is processed. A repeat changes nothing."""
    own_event().keep()
    db.session.commit()
    return "taken", 200


def own_event() -> StripeEvent:
    """The event in the request's body; 400 unless Stripe signed it for us."""
    if not 0 < (request.content_length or 0) <= LARGEST:
        abort(400)
    secrets = current_app.config["SERGIO"].stripe_webhook_secret
    body = request.get_data()
    now = clock.now()
    if not is_from_stripe(body, request.headers.get("Stripe-Signature", ""), secrets, now):
        abort(400)
    try:
        return StripeEvent.from_payload(json.loads(body), at=now)
    except (ValueError, RecursionError):
        abort(400)
