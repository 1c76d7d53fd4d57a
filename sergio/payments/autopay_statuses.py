"""The statuses of automatic payments, and when one that was declined is tried again."""

from datetime import timedelta

from sergio.lib.language import lazy_gettext as _l

PLANNED, CHARGING, PROCESSING, PAID = "planned", "charging", "processing", "paid"
DECLINED, NEEDS_CUSTOMER, FAILED, RETURNED = "declined", "needs_customer", "failed", "returned"
SKIPPED, OVER_CAP, STOPPED, SETTLED = "skipped", "over_cap", "stopped", "settled"
STATUSES = (
    *(PLANNED, CHARGING, PROCESSING, PAID, DECLINED, NEEDS_CUSTOMER, FAILED, RETURNED),
    *(SKIPPED, OVER_CAP, STOPPED, SETTLED),
)
"""`returned`: the bank took a payment back that had arrived. `settled`: nothing was due any more. `stopped`: automatic
payments ended first.
"""
DUE = (PLANNED, DECLINED)
"""Charged once their day has come."""
UNSENT = (*DUE, CHARGING, OVER_CAP)
"""Nothing has been sent to the bank, unless `sent_at` says so."""
WITH_STRIPE = (CHARGING, PROCESSING)

LABELS = {
    PLANNED: _l("Planned"),
    CHARGING: _l("Charging"),
    PROCESSING: _l("With the bank"),
    PAID: _l("Paid"),
    DECLINED: _l("Declined"),
    NEEDS_CUSTOMER: _l("Needs confirmation"),
    FAILED: _l("Declined"),
    RETURNED: _l("Sent back"),
    SKIPPED: _l("Skipped"),
    OVER_CAP: _l("Over the limit"),
    STOPPED: _l("Turned off"),
    SETTLED: _l("Nothing due"),
}

MOST_TRIES = 3
RETRY_AFTER = (timedelta(days=3), timedelta(days=7))
"""After the first and the second try, from the day of the first one."""
AUTHENTICATE = ("authentication_required", "card_declined_authentication_required")
HARD = frozenset((
    *("account_closed", "bank_account_restricted", "card_not_supported", "currency_not_supported"),
    *("debit_not_authorized", "expired_card", "fraudulent", "highest_risk_level", "incorrect_number"),
    *("invalid_account", "lost_card", "merchant_blacklist", "new_account_information_available", "no_account"),
    *("not_permitted", "pickup_card", "restricted_card", "revocation_of_all_authorizations"),
    *("revocation_of_authorization", "security_violation", "service_not_allowed", "stolen_card"),
    *("stop_payment_order", "transaction_not_allowed"),
))  # fmt: skip
"""Codes after which a repetition is declined as well (docs.stripe.com/declines/codes): those are not tried again."""
