"""Statuses of a subscription: ours until Stripe has it, then Stripe's.

docs.stripe.com/billing/subscriptions/overview has theirs.
"""

from sergio.lib.language import lazy_gettext as _l

CREATING, GONE = "creating", "gone"
"""Not yet known to Stripe; no longer known to it."""
INCOMPLETE = "incomplete"
ACTIVE, TRIALING, PAST_DUE = "active", "trialing", "past_due"
CANCELED, EXPIRED = "canceled", "incomplete_expired"
UNPAID, PAUSED = "unpaid", "paused"

STATUSES = (CREATING, INCOMPLETE, ACTIVE, TRIALING, PAST_DUE, UNPAID, PAUSED, CANCELED, EXPIRED, GONE)
WAITING = (CREATING, INCOMPLETE)
"""The first payment has not been made."""
HAS_PLAN = (ACTIVE, TRIALING, PAST_DUE)
"""The company has what it subscribed to. A failed renewal leaves it that for `models.GRACE`."""
SPENT = (UNPAID, PAUSED)
"""Stripe has given up on the payment: we end it."""
OVER = (CANCELED, EXPIRED, GONE)

INVOICES = {
    "draft": ("open", _l("Draft")),
    "open": ("due", _l("Due")),
    "paid": ("paid", _l("Paid")),
    "uncollectible": ("failed", _l("Not paid")),
    "void": ("", _l("Void")),
}
"""The badge of an invoice by its status at Stripe: kind and label."""
