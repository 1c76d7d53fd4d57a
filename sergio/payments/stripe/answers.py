"""Reads the SDK's objects into our types."""

from collections.abc import Iterable
from datetime import UTC, datetime

from sergio.payments.stripe.currencies import rounded_down, rounded_up
from sergio.payments.stripe.types import DeclinedCharge, Disputed, Intent, KeptMethod, Refunded, Verification


def decline_code(error) -> str:
    """The code of the last error: the bank's own where Stripe has it."""
    return getattr(error, "decline_code", None) or getattr(error, "code", None) or "other"


def declined_charge(error) -> DeclinedCharge | None:
    """The charge of the last error, where that was a decline by a bank."""
    charge, card = getattr(error, "charge", None), getattr(getattr(error, "payment_method", None), "card", None)
    return DeclinedCharge(charge, getattr(card, "fingerprint", None) or "") if charge else None


def with_charge(intent: Intent, charge) -> Intent:
    """The intent with `paid_at`, `brand` and `last4` of its charge, where the charge was expanded."""
    if isinstance(charge, str):
        return intent
    intent = intent._replace(paid_at=instant(charge.created))
    details = charge.payment_method_details
    if card := getattr(details, "card", None):
        return intent._replace(brand=card.brand, last4=card.last4)
    bank_account = getattr(details, "us_bank_account", None)
    return intent._replace(last4=bank_account.last4) if bank_account else intent


def kept_method(found) -> KeptMethod | None:
    """A payment method of Stripe's, where it was expanded."""
    if found is None or isinstance(found, str):
        return None
    kept = KeptMethod(found.id, found.customer or "", found.type, "", "")
    if card := getattr(found, "card", None):
        return kept._replace(brand=card.brand, last4=card.last4, exp_year=card.exp_year, exp_month=card.exp_month)
    bank_account = getattr(found, "us_bank_account", None)
    return kept._replace(brand=bank_account.bank_name or "", last4=bank_account.last4) if bank_account else kept


def verification(action) -> Verification | None:
    """What the customer has to do with a bank account, of an intent's next action."""
    asked = getattr(action, "verify_with_microdeposits", None) if action else None
    if asked is None:
        return None
    return Verification(
        asked.hosted_verification_url, asked.microdeposit_type or "amounts", instant(asked.arrival_date)
    )


def refunds_of(listed: Iterable) -> tuple[Refunded, ...]:
    """All refunds of an intent, the newest first, as they are listed. What is rounded is their sum: each is what it
    adds to the sum of those before it.
    """
    total, before, refunds = 0, 0, []
    for found in reversed(list(listed)):
        total += found.amount
        so_far = rounded_up(total, found.currency.upper())
        refunds.append(refunded(found, so_far - before))
        before = so_far
    return tuple(reversed(refunds))


def refunded(found, amount: int) -> Refunded:
    named = {name: getattr(found.metadata, name, "") for name in ("payment", "request")}
    failure = getattr(found, "failure_reason", None) or ""
    return Refunded(found.id, amount, found.status, instant(found.created), **named, failure=failure)


def disputed(found) -> Disputed:
    moved = [instant(each.created) for each in found.balance_transactions]
    due_by = found.evidence_details.due_by
    return Disputed(
        id=found.id,
        amount=rounded_down(found.amount, found.currency.upper()),
        status=found.status,
        reason=found.reason,
        at=instant(found.created),
        closed_at=max(moved, default=instant(found.created)),
        answer_by=instant(due_by) if due_by else None,
    )


def instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
