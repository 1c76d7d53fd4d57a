"""PaymentIntents: created, updated, confirmed, canceled, listed. `paying` confirms them."""

from flask import Blueprint, Response, g
from stripe import params as P  # noqa: N812 - the SDK's own namespace of request types

from sergio.sandbox.stripe import accounts, paying
from sergio.sandbox.stripe.errors import invalid, unexpected_state
from sergio.sandbox.stripe.reading import read, sent
from sergio.sandbox.stripe.responses import list_response, respond
from sergio.sandbox.stripe.store import Store, new_id, revise

bp = Blueprint("payment_intents", __name__)
NOTHING = dict.fromkeys((
    "application", "canceled_at", "cancellation_reason", "customer_account", "last_payment_error", "latest_charge",
    "next_action", "payment_method", "payment_method_configuration_details", "presentment_details", "processing",
    "review", "source", "transfer_group",
))  # fmt: skip
AS_GIVEN = (
    "allowed_payment_method_types", "application_fee_amount", "customer", "description",
    "excluded_payment_method_types", "on_behalf_of", "receipt_email", "setup_future_usage", "shipping",
    "statement_descriptor", "statement_descriptor_suffix", "transfer_data",
)  # fmt: skip
KINDS = ("card", "us_bank_account")
SMALLEST = {"gbp": 30, "jpy": 50, "mxn": 1000, "sek": 300, "nok": 300, "dkk": 250}
LARGEST, LARGEST_RUPIAH = 99_999_999, 999_999_999_999
FINISHED = ("succeeded", "canceled", "processing")


@bp.post("/v1/payment_intents")
def create() -> Response:
    params = read(P.PaymentIntentCreateParams)
    intent = new_intent(g.store, params)
    if token := params.get("payment_method"):
        paying.choose(g.store, intent, token)
    if params.get("confirm"):
        paying.confirm(g.store, intent, {**params, "payment_method": intent["payment_method"]})
    return respond(intent)


@bp.get("/v1/payment_intents")
def index() -> Response:
    params = read(P.PaymentIntentListParams)
    return list_response(g.store.all("payment_intent", customer=params.get("customer")), params)


@bp.get("/v1/payment_intents/<intent_id>")
def show(intent_id: str) -> Response:
    return respond(own_intent(intent_id))


@bp.post("/v1/payment_intents/<intent_id>")
def update(intent_id: str) -> Response:
    intent = own_intent(intent_id)
    params = read(P.PaymentIntentUpdateParams)
    if intent["status"] in FINISHED and set(params) - {"metadata", "description", "expand"}:
        raise unexpected_state(
            f"This PaymentIntent's {next(iter(params))} could not be updated because it has a status of "
            f"{intent['status']}.",
            "payment_intent",
            intent,
        )
    check(g.store, {**intent, **params})
    if "allowed_payment_method_types" in params:
        intent["payment_method_types"] = kinds({"currency": intent["currency"], **params})
    if token := params.pop("payment_method", None):
        paying.choose(g.store, intent, token)
    revise(intent, params)
    return respond(intent)


@bp.post("/v1/payment_intents/<intent_id>/confirm")
def confirm(intent_id: str) -> Response:
    intent = own_intent(intent_id)
    paying.confirm(g.store, intent, sent() if g.publishable else read(P.PaymentIntentConfirmParams))
    return respond(intent)


@bp.post("/v1/payment_intents/<intent_id>/authentication")
def authenticate(intent_id: str) -> Response:
    """Finish 3D Secure in the browser, by the sandbox's own endpoint for its Stripe.js."""
    intent = own_intent(intent_id)
    paying.finish_challenge(g.store, intent, sent().get("outcome", ""))
    return respond(intent)


@bp.post("/v1/payment_intents/<intent_id>/cancel")
def cancel(intent_id: str) -> Response:
    intent = own_intent(intent_id)
    params = read(P.PaymentIntentCancelParams)
    if intent["status"] in FINISHED:
        message = f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}."
        raise unexpected_state(message, "payment_intent", intent)
    reason = params.get("cancellation_reason")
    intent.update(status="canceled", canceled_at=g.store.now(), cancellation_reason=reason, next_action=None)
    g.store.emit("payment_intent.canceled", intent)
    return respond(intent)


def own_intent(intent_id: str) -> dict:
    """The intent; with a publishable key only if the client secret matches."""
    intent = g.store.find("payment_intent", intent_id)
    if g.publishable and sent().get("client_secret") != intent["client_secret"]:
        raise invalid("The client_secret provided does not match.", "client_secret", "payment_intent_invalid_parameter")
    return intent


def new_intent(store: Store, params: dict) -> dict:
    check(store, params)
    identifier = new_id("pi")
    automatic = {"allow_redirects": "always"} | params.get("automatic_payment_methods", {"enabled": True})
    intent = {
        "id": identifier,
        "object": "payment_intent",
        **NOTHING,
        **{name: params.get(name) or None for name in AS_GIVEN},
        "amount": params["amount"],
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "automatic_payment_methods": None if params.get("allowed_payment_method_types") else automatic,
        "capture_method": params.get("capture_method", "automatic_async"),
        "client_secret": f"{identifier}_{new_id('secret')}",
        "confirmation_method": "automatic",
        "created": store.now(),
        "currency": params["currency"].lower(),
        "livemode": False,
        "metadata": params.get("metadata") or {},
        "payment_method_options": params.get("payment_method_options", {}),
        "payment_method_types": kinds(params),
        "status": "requires_payment_method",
    }
    store.put(intent)
    store.emit("payment_intent.created", intent)
    return intent


def check(store: Store, params: dict) -> None:
    """Raise an ApiError for a violation of Stripe's rules for amounts, fees and confirmation."""
    accounts.check_may_charge(store)
    amount = params["amount"]
    currency = params["currency"].lower()
    if amount < SMALLEST.get(currency, 50):
        raise invalid("The amount is below the minimum Stripe can charge.", "amount", "amount_too_small")
    if amount > (LARGEST_RUPIAH if currency == "idr" else LARGEST):
        raise invalid("Amount must be no more than $999,999.99.", "amount", "amount_too_large")
    if len(currency) != 3 or not currency.isalpha():
        raise invalid(f"Invalid currency: {currency}.", "currency")
    if params.get("capture_method") == "manual":
        raise invalid("The sandbox does not support manual capture.", "capture_method")
    if params.get("off_session") and not params.get("confirm"):
        raise invalid("off_session can only be set when confirm is true.", "off_session")
    if params.get("customer"):
        store.find("customer", params["customer"])
    check_fee(store, params.get("application_fee_amount") or 0, amount)


def check_fee(store: Store, fee: int, amount: int) -> None:
    if fee and store.account == store.sandbox.platform:
        raise invalid(
            "Can only apply an application_fee_amount when the PaymentIntent is attempting a direct payment "
            "(using the Stripe-Account header).",
            "application_fee_amount",
        )
    if fee > amount:
        raise invalid("The application_fee_amount must not exceed the amount.", "application_fee_amount")


def kinds(params: dict) -> list[str]:
    """The method types of this intent. US bank accounts only support US dollars."""
    allowed = params.get("allowed_payment_method_types")
    excluded = params.get("excluded_payment_method_types") or ()
    if allowed and (excluded or params.get("automatic_payment_methods")):
        raise invalid(
            "You may only specify one of allowed_payment_method_types and automatic_payment_methods.",
            "allowed_payment_method_types",
        )
    dollars = params.get("currency", "usd").lower() == "usd"
    if allowed and "us_bank_account" in allowed and not dollars:
        raise invalid("us_bank_account only supports payments in usd.", "allowed_payment_method_types")
    return list(allowed or [kind for kind in KINDS if kind not in excluded and (dollars or kind == "card")])
