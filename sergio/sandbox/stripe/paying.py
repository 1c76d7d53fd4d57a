"""What confirming a PaymentIntent does: the number on the card or account decides, as Stripe's test numbers do."""

from . import accounts, charges, disputes, payment_methods
from .refusals import Refusal, declined, invalid, unexpected_state
from .world import World, revise

NOT_AUTHENTICATED = (
    "We are unable to authenticate your payment method. Please choose a different payment method and try again."
)
CHANGED_BY_CONFIRMING = ("setup_future_usage", "payment_method_options", "receipt_email", "shipping")
OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")


def confirm(world: World, intent: dict, params: dict) -> None:
    """Try to take the money: succeeded, processing or requires_action. A no is a Refusal and a failed charge."""
    accounts.check_may_charge(world)
    if intent["status"] not in OPEN:
        message = f"You cannot confirm this PaymentIntent because it has a status of {intent['status']}."
        raise unexpected_state(message, "payment_intent", intent)
    revise(intent, {name: params[name] for name in CHANGED_BY_CONFIRMING if name in params})
    if details := params.get("payment_method_data"):
        choose(world, intent, payment_methods.make(world, details)["id"])
    elif params.get("payment_method"):
        choose(world, intent, params["payment_method"])
    method = chosen(world, intent)
    check_way_back(world, intent, params)
    if method["type"] == "us_bank_account":
        ask_bank(world, intent, method)
    elif must_authenticate(world, intent, method):
        challenge(world, intent, method, params)
    else:
        charge_card(world, intent, method)


def choose(world: World, intent: dict, identifier: str) -> None:
    """Put a method on the intent; not a stranger's, and not of a kind the intent does not take."""
    method = payment_methods.pick(world, identifier)
    payment_methods.check_fresh(world, method)
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


def chosen(world: World, intent: dict) -> dict:
    if not intent["payment_method"]:
        raise unexpected_state(
            "You cannot confirm this PaymentIntent because it's missing a payment method.", "payment_intent", intent
        )
    return world.find("payment_method", intent["payment_method"])


def check_way_back(world: World, intent: dict, params: dict) -> None:
    """Automatic methods may send the customer away, so Stripe wants to know where they come back to."""
    automatic = intent["automatic_payment_methods"] or {}
    may_leave = automatic.get("enabled") and automatic.get("allow_redirects") != "never"
    if may_leave and not params.get("return_url") and not params.get("off_session"):
        raise invalid(
            "This PaymentIntent may redirect your customer off of your page, so you must provide a `return_url`, "
            "or set automatic_payment_methods[allow_redirects] to never.",
            "return_url",
        )


def must_authenticate(world: World, intent: dict, method: dict) -> bool:
    rule = payment_methods.behaviour_of(world, method).authentication
    wish = (intent["payment_method_options"].get("card") or {}).get("request_three_d_secure", "automatic")
    return (
        rule == "always"
        or wish in ("any", "challenge")
        or (rule == "unless set up" and method["id"] not in world.set_up)
    )


def challenge(world: World, intent: dict, method: dict, params: dict) -> None:
    """The bank wants to see the customer; nobody is there when a payment is off-session."""
    if params.get("off_session"):
        message = "Your card was declined. This transaction requires authentication."
        refusal = declined(message, "authentication_required", "authentication_required")
        raise turned_down(world, intent, method, refusal)
    if params.get("error_on_requires_action"):
        raise turned_down(world, intent, method, declined("Authentication is required.", "authentication_required"))
    intent.update(status="requires_action", next_action=next_action(world, intent, params))
    world.emit("payment_intent.requires_action", intent)


def next_action(world: World, intent: dict, params: dict) -> dict:
    """For Stripe.js a job of its own; for a server that named a return address, a page to send the customer to."""
    page = f"{world.sandbox.base_url}/authenticate/{world.account}/{intent['client_secret']}"
    if params.get("return_url") and not params.get("key") and not params.get("use_stripe_sdk"):
        return {"type": "redirect_to_url", "redirect_to_url": {"return_url": params["return_url"], "url": page}}
    return {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect", "stripe_js": page}}


def answer_challenge(world: World, intent: dict, outcome: str) -> None:
    """The customer passed (`complete`) or not. A failed challenge is no error of this call: the intent says it."""
    if intent["status"] != "requires_action":
        raise unexpected_state("This PaymentIntent is not waiting for authentication.", "payment_intent", intent)
    method = chosen(world, intent)
    if outcome == "complete":
        charge_card(world, intent, method)
    else:
        refusal = invalid(NOT_AUTHENTICATED, code="payment_intent_authentication_failure")
        note_refusal(world, intent, method, refusal)


def charge_card(world: World, intent: dict, method: dict) -> None:
    behaviour = payment_methods.behaviour_of(world, method)
    if behaviour.failure:
        charge, refusal = charges.start(world, intent, method, "failed"), behaviour.refusal()
        charges.fail(world, charge, refusal)
        refusal.details["charge"] = charge["id"]
        raise turned_down(world, intent, method, refusal)
    charge = charges.start(world, intent, method, "succeeded")
    keep(world, intent, method)
    receive(world, intent, charge)


def ask_bank(world: World, intent: dict, method: dict) -> None:
    """A debit is on its way; the bank takes days to say yes or no, so `settle` or the clock ends it."""
    charge = charges.start(world, intent, method, "pending")
    intent.update(status="processing", next_action=None, last_payment_error=None)
    keep(world, intent, method)
    world.emit("charge.pending", charge)
    world.emit("payment_intent.processing", intent)


def settle(world: World, intent: dict) -> None:
    """The bank's answer to a debit, some days later."""
    method = world.find("payment_method", intent["payment_method"])
    charge = world.find("charge", intent["latest_charge"])
    behaviour = payment_methods.behaviour_of(world, method)
    if not behaviour.settles:
        return
    if behaviour.failure:
        charges.fail(world, charge, behaviour.refusal())
        note_refusal(world, intent, method, behaviour.refusal())
    else:
        receive(world, intent, charge)


def receive(world: World, intent: dict, charge: dict) -> None:
    charges.succeed(world, charge)
    intent.update(status="succeeded", amount_received=intent["amount"], next_action=None, last_payment_error=None)
    world.emit("payment_intent.succeeded", intent)
    method = world.find("payment_method", intent["payment_method"])
    if reason := payment_methods.behaviour_of(world, method).disputed_as:
        disputes.open_dispute(world, charge, reason)


def keep(world: World, intent: dict, method: dict) -> None:
    """Save the method for the customer when the intent says so; otherwise it is spent."""
    if intent["setup_future_usage"] and intent["customer"]:
        if intent["setup_future_usage"] == "off_session":
            world.set_up.append(method["id"])
        payment_methods.attach(world, method, intent["customer"])
    elif method["customer"] is None:
        world.spent.append(method["id"])


def turned_down(world: World, intent: dict, method: dict, refusal: Refusal) -> Refusal:
    """The no, carrying the intent as it now stands."""
    note_refusal(world, intent, method, refusal)
    refusal.details["payment_method"] = dict(method)
    refusal.details["payment_intent"] = dict(intent)
    return refusal


def note_refusal(world: World, intent: dict, method: dict, refusal: Refusal) -> None:
    intent.update(status="requires_payment_method", payment_method=None, next_action=None)
    intent["last_payment_error"] = {**refusal.error, "payment_method": dict(method)}
    world.emit("payment_intent.payment_failed", intent)
