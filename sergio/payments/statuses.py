"""The statuses of attempts (ours), refunds and disputes (Stripe's), in the order they can follow one another."""

from sergio.lib.language import lazy_gettext as _l

CREATING, OPEN, PROCESSING = "creating", "open", "processing"
SUCCEEDED, FAILED, CANCELED, GONE = "succeeded", "failed", "canceled", "gone"
STATUSES = (CREATING, OPEN, PROCESSING, SUCCEEDED, FAILED, CANCELED, GONE)

REQUESTED, SENT, REFUSED, BY_HAND = "requested", "sent", "refused", "by_hand"
REQUEST_STATUSES = (REQUESTED, SENT, REFUSED, BY_HAND)
"""Of what staff asked for: not known at Stripe yet, known there, refused there, or given back without Stripe."""

REFUND_STATUSES = ("requires_action", "pending", "succeeded", "canceled", "failed")
REFUND_BOUNCED = ("canceled", "failed")
REFUND_LABELS = {
    "requires_action": _l("Waiting for the customer"),
    "pending": _l("On its way"),
    "succeeded": _l("Refunded"),
    "canceled": _l("Canceled"),
    "failed": _l("Failed"),
}
REFUND_FAILURES = {
    "lost_or_stolen_card": _l("The card was reported lost or stolen."),
    "expired_or_canceled_card": _l("The card has expired or was canceled."),
    "charge_for_pending_refund_disputed": _l("The customer disputed the payment first, so the bank returns it."),
    "insufficient_funds": _l("Your Stripe balance was too low for too long."),
    "merchant_request": _l("It was canceled at your request."),
    "declined": _l("The customer's bank declined it."),
    "unknown": _l("The customer's bank returned it without a reason."),
}
"""By Stripe's `failure_reason` (docs.stripe.com/refunds#failed-refunds)."""

INQUIRIES = ("warning_needs_response", "warning_under_review", "warning_closed", "prevented")
WON = "won"
DISPUTE_STATUSES = (
    *INQUIRIES, "needs_response", "under_review", "lost", "appeal_needs_response", "appeal_under_review", WON,
)  # fmt: skip
"""docs.stripe.com/disputes/how-disputes-work. The order tells an older status that is read late from a newer one. An
inquiry moves no money.
"""
DISPUTE_NEEDS_ANSWER = ("warning_needs_response", "needs_response", "appeal_needs_response")
DISPUTE_CLOSED = ("warning_closed", "prevented", "lost", WON)
DISPUTE_BADGES = {
    "warning_needs_response": _l("Needs an answer"),
    "warning_under_review": _l("In review"),
    "warning_closed": _l("Closed"),
    "prevented": _l("Prevented"),
    "needs_response": _l("Needs an answer"),
    "under_review": _l("In review"),
    "lost": _l("Lost"),
    "appeal_needs_response": _l("Can be appealed"),
    "appeal_under_review": _l("In review"),
    WON: _l("Won"),
}
DISPUTE_LABELS = {
    "warning_needs_response": _l("the bank sent an inquiry and needs a response"),
    "warning_under_review": _l("the bank is reviewing your response"),
    "warning_closed": _l("the bank closed its inquiry"),
    "prevented": _l("the dispute was prevented"),
    "needs_response": _l("the money was withdrawn, and the bank needs a response"),
    "under_review": _l("the bank is reviewing your response"),
    "lost": _l("the bank decided in the customer's favor"),
    "appeal_needs_response": _l("you can still appeal"),
    "appeal_under_review": _l("the bank is reviewing your appeal"),
    WON: _l("the bank decided in your favor, and the money was returned"),
}
