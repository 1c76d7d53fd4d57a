"""Bank accounts that cannot be confirmed at once: an intent waits until the customer enters the code of a deposit."""

from sergio.sandbox.stripe import payment_methods
from sergio.sandbox.stripe.store import Store

DAY = 86_400
EXPIRES_AFTER = 10 * DAY
WAITING = "verify_with_microdeposits"


def are_needed(store: Store, intent: dict, method: dict) -> bool:
    """Whether the intent's bank account has to be confirmed by a deposit first."""
    wanted = (intent["payment_method_options"].get("us_bank_account") or {}).get("verification_method", "automatic")
    asked = wanted == "microdeposits" or payment_methods.behavior_of(store, method).by_deposit
    return method["type"] == "us_bank_account" and asked and method["id"] not in store.set_up


def send(store: Store, intent: dict) -> None:
    """Send a deposit to the intent's bank account, which arrives the next day."""
    page = f"{store.sandbox.base_url}/verify/{store.account}/{intent['client_secret']}"
    deposit = {"arrival_date": store.now() + DAY, "hosted_verification_url": page}
    deposit["microdeposit_type"] = "descriptor_code"
    intent.update(status="requires_action", next_action={"type": WAITING, WAITING: deposit})
    store.emit(f"{intent['object']}.requires_action", intent)


def is_waiting(intent: dict) -> bool:
    return intent["status"] == "requires_action" and (intent["next_action"] or {}).get("type") == WAITING


def has_expired(intent: dict, now: int) -> bool:
    return is_waiting(intent) and now >= intent["next_action"][WAITING]["arrival_date"] - DAY + EXPIRES_AFTER
