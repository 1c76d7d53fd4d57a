"""The calls about companies' own accounts at Stripe."""

from typing import Any

from sergio import jobs
from sergio.payments.stripe.answers import instant
from sergio.payments.stripe.gateway import Gateway
from sergio.payments.stripe.types import Account, AccountRequest

CARDS, BANK_DEBITS = "card_payments", "us_bank_account_ach_payments"
"""Capabilities: docs.stripe.com/connect/account-capabilities."""
OWN_ACCOUNT = {
    "fees": {"payer": "account"},
    "losses": {"payments": "stripe"},
    "requirement_collection": "stripe",
    "stripe_dashboard": {"type": "full"},
}
"""The company is Stripe's customer: it pays Stripe's fees, bears its losses and has Stripe's dashboard."""


def create(wanted: AccountRequest) -> str:
    """The id of a new account, or of the one that was created under the same key."""
    capabilities = {name: {"requested": True} for name in (CARDS, BANK_DEBITS)}
    params = {"controller": OWN_ACCOUNT, "capabilities": capabilities, "metadata": wanted.metadata}
    jobs.confirm_lease()
    return Gateway().run(lambda v1: v1.accounts.create(params, {"idempotency_key": wanted.key}).id)


def link(account: str, *, back: str, again: str) -> str:
    """The URL of Stripe's form for everything it wants to know, for one visit within minutes. Stripe leads to `back`
    afterwards, and to `again` from a link that was used or has expired.
    """
    params = {
        "account": account,
        "type": "account_onboarding",
        "return_url": back,
        "refresh_url": again,
        "collection_options": {"fields": "eventually_due"},
    }
    return Gateway().run(lambda v1: v1.account_links.create(params).url)


def login_link(account: str) -> str:
    """The URL of an Express dashboard, for one visit."""
    return Gateway().run(lambda v1: v1.accounts.login_links.create(account).url)


def read(account: str) -> Account:
    """An account as it is now; "" is our own."""
    gateway = Gateway(account)
    options = {"stripe_account": account} if account else {}
    return gateway.run(lambda v1: account_of(v1.accounts.retrieve_current({}, options)))


def account_of(found: Any) -> Account:
    asked = found.requirements
    deadline = getattr(asked, "current_deadline", None)
    dashboard = getattr(getattr(found, "controller", None), "stripe_dashboard", None)
    return Account(
        id=found.id,
        charges_enabled=found.charges_enabled,
        payouts_enabled=found.payouts_enabled,
        details_submitted=found.details_submitted,
        disabled_reason=getattr(asked, "disabled_reason", None) or "",
        due=tuple(getattr(asked, "currently_due", None) or ()),
        overdue=tuple(getattr(asked, "past_due", None) or ()),
        pending=tuple(getattr(asked, "pending_verification", None) or ()),
        due_by=instant(deadline) if deadline else None,
        dashboard=dashboard.type if dashboard else "full",
        cards=is_active(found, CARDS),
        bank_debits=is_active(found, BANK_DEBITS),
    )


def is_active(found: Any, capability: str) -> bool:
    return getattr(found.capabilities, capability, None) == "active"
