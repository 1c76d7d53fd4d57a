"""Confirming a PaymentIntent: the number of the card or account decides the outcome, as with Stripe's test numbers."""

from sergio.sandbox.stripe import accounts, charges, disputes, invoices, microdeposits, payment_methods
from sergio.sandbox.stripe.errors import ApiError, declined, invalid, unexpected_state
from sergio.sandbox.stripe.store import Store, revise

NOT_AUTHENTICATED = (
    "We are unable to authenticate your payment method. Please choose a different payment method and try again."
)
CHANGED_BY_CONFIRMING = ("setup_future_usage", "payment_method_options", "receipt_email", "shipping")
OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")


def confirm(store: Store, intent: dict, params: dict) -> None:
    """Try to take the money: succeeded, processing or requires_action. A decline is an ApiError and a failed charge."""
    accounts.check_may_charge(store)
    if intent["status"] not in OPEN:
        message = f"You cannot confirm this PaymentIntent because it has a status of {intent['status']}."
        raise unexpected_state(message, "payment_intent", intent)
    revise(intent, {name: params[name] for name in CHANGED_BY_CONFIRMING if name in params})
    if details := params.get("payment_method_data"):
        choose(store, intent, payment_methods.make(store, details)["id"])
    elif params.get("payment_method"):
        choose(store, intent, params["payment_method"])
    method = chosen(store, intent)
    check_return_url(store, intent, params)
    if microdeposits.are_needed(store, intent, method):
        microdeposits.send(store, intent)
    elif method["type"] == "us_bank_account":
        ask_bank(store, intent, method)
    elif must_authenticate(store, intent, method):
        challenge(store, intent, method, params)
    else:
        charge_card(store, intent, method)


def choose(store: Store, intent: dict, identifier: str) -> None:
    """Set the intent's method; an ApiError for another customer's, or for a type the intent does not allow."""
    method = payment_methods.pick(store, identifier)
    payment_methods.check_fresh(store, method)
    payment_methods.check_mandate(store, method)
    if method["type"] not in intent["payment_method_types"]:
        raise invalid(
            f"The PaymentMethod provided ({method['type']}) is not allowed for this PaymentIntent.",
            "payment_method",
            "payment_intent_incompatible_payment_method",
        )
    if method["customer"] not in (None, intent["customer"]):
        raise invalid(
            f"The customer does not have a payment method with the ID {method['id']}.",
            "payment_method",
            "resource_missing",
        )
    intent.update(payment_method=method["id"], status="requires_confirmation", next_action=None)


def chosen(store: Store, intent: dict) -> dict:
    if not intent["payment_method"]:
        raise unexpected_state(
            "You cannot confirm this PaymentIntent because it's missing a payment method.", "payment_intent", intent
        )
    return store.find("payment_method", intent["payment_method"])


def check_return_url(store: Store, intent: dict, params: dict) -> None:
    """Require a `return_url` if automatic methods may redirect the customer, as Stripe does."""
    automatic = intent["automatic_payment_methods"] or {}
    may_leave = automatic.get("enabled") and automatic.get("allow_redirects") != "never"
    if may_leave and not params.get("return_url") and not params.get("off_session"):
        raise invalid(
            "This PaymentIntent may redirect your customer off of your page, so you must provide a `return_url`, "
            "or set automatic_payment_methods[allow_redirects] to never.",
            "return_url",
        )


def must_authenticate(store: Store, intent: dict, method: dict) -> bool:
    rule = payment_methods.behavior_of(store, method).authentication
    wanted = (intent["payment_method_options"].get("card") or {}).get("request_three_d_secure", "automatic")
    return (
        rule == "always"
        or wanted in ("any", "challenge")
        or (rule == "unless set up" and method["id"] not in store.set_up)
    )


def challenge(store: Store, intent: dict, method: dict, params: dict) -> None:
    """Require authentication by the customer; a decline if the payment is off-session."""
    if params.get("off_session"):
        message = "Your card was declined. This transaction requires authentication."
        error = declined(message, "authentication_required", "authentication_required")
        raise failed(store, intent, method, error)
    if params.get("error_on_requires_action"):
        raise failed(store, intent, method, declined("Authentication is required.", "authentication_required"))
    intent.update(status="requires_action", next_action=next_action(store, intent, params))
    store.emit("payment_intent.requires_action", intent)


def next_action(store: Store, intent: dict, params: dict) -> dict:
    """For Stripe.js its own action; for a server with a `return_url`, a page to redirect the customer to."""
    page = f"{store.sandbox.base_url}/authenticate/{store.account}/{intent['client_secret']}"
    if params.get("return_url") and not params.get("key") and not params.get("use_stripe_sdk"):
        return {"type": "redirect_to_url", "redirect_to_url": {"return_url": params["return_url"], "url": page}}
    return {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect", "stripe_js": page}}


def finish_challenge(store: Store, intent: dict, outcome: str) -> None:
    """Finish the challenge: passed (`complete`) or not. A failed one is no error of this call; the intent shows it."""
    if intent["status"] != "requires_action":
        raise unexpected_state("This PaymentIntent is not waiting for authentication.", "payment_intent", intent)
    method = chosen(store, intent)
    if outcome == "complete":
        charge_card(store, intent, method, authenticated=True)
    else:
        error = invalid(NOT_AUTHENTICATED, code="payment_intent_authentication_failure")
        note_failure(store, intent, method, error)


def charge_card(store: Store, intent: dict, method: dict, *, authenticated: bool = False) -> None:
    behavior = payment_methods.behavior_of(store, method)
    if behavior.failure:
        charge = charges.start(store, intent, method, "failed")
        error = behavior.error()
        charges.fail(store, charge, error)
        error.details["charge"] = charge["id"]
        raise failed(store, intent, method, error)
    charge = charges.start(store, intent, method, "succeeded")
    charge["outcome"]["risk_level"] = behavior.risk_level
    if authenticated:
        charges.note_authenticated(charge)
    keep(store, intent, method)
    receive(store, intent, charge)


def ask_bank(store: Store, intent: dict, method: dict) -> None:
    """Start a debit; `settle` or the clock ends it, as banks take days."""
    charge = charges.start(store, intent, method, "pending")
    intent.update(status="processing", next_action=None, last_payment_error=None)
    keep(store, intent, method)
    store.emit("charge.pending", charge)
    store.emit("payment_intent.processing", intent)


def settle(store: Store, intent: dict) -> None:
    """The bank settles or returns a debit, some days later."""
    method = store.find("payment_method", intent["payment_method"])
    charge = store.find("charge", intent["latest_charge"])
    behavior = payment_methods.behavior_of(store, method)
    if not behavior.settles:
        return
    if behavior.failure:
        charges.fail(store, charge, behavior.error())
        note_failure(store, intent, method, behavior.error())
    else:
        receive(store, intent, charge)


def receive(store: Store, intent: dict, charge: dict) -> None:
    charges.succeed(store, charge)
    intent.update(status="succeeded", amount_received=intent["amount"], next_action=None, last_payment_error=None)
    store.emit("payment_intent.succeeded", intent)
    invoices.intent_succeeded(store, intent)
    method = store.find("payment_method", intent["payment_method"])
    behavior = payment_methods.behavior_of(store, method)
    if behavior.disputed_as and method["type"] == "us_bank_account":
        disputes.take_back(store, charge, behavior.disputed_as)
    elif behavior.disputed_as:
        disputes.open_dispute(store, charge, behavior.disputed_as, inquiry=behavior.asks_first)


def keep(store: Store, intent: dict, method: dict) -> None:
    """Save the method to the customer if the intent says so; else it cannot be used again."""
    if intent["setup_future_usage"] and intent["customer"]:
        if intent["setup_future_usage"] == "off_session":
            store.set_up.append(method["id"])
        payment_methods.attach(store, method, intent["customer"])
    elif method["customer"] is None:
        store.spent.append(method["id"])


def failed(store: Store, intent: dict, method: dict, error: ApiError) -> ApiError:
    """The decline, with the intent in its new status."""
    note_failure(store, intent, method, error)
    error.details["payment_method"] = dict(method)
    error.details["payment_intent"] = dict(intent)
    return error


def note_failure(store: Store, intent: dict, method: dict, error: ApiError) -> None:
    intent.update(status="requires_payment_method", payment_method=None, next_action=None)
    intent["last_payment_error"] = {**error.body, "payment_method": dict(method)}
    store.emit("payment_intent.payment_failed", intent)
    invoices.intent_failed(store, intent)
