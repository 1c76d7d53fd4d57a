"""SetupIntents: a card or account is checked and saved, to be charged later without the customer."""

from flask import Blueprint, Response, g
from stripe import params as P  # noqa: N812 - the SDK's own namespace of request types

from sergio.sandbox.stripe import microdeposits, payment_intents, payment_methods
from sergio.sandbox.stripe.errors import ApiError, invalid, unexpected_state
from sergio.sandbox.stripe.paying import NOT_AUTHENTICATED
from sergio.sandbox.stripe.reading import read, sent
from sergio.sandbox.stripe.responses import list_response, respond
from sergio.sandbox.stripe.store import Store, new_id, revise

bp = Blueprint("setup_intents", __name__)
NOTHING = dict.fromkeys((
    "application", "cancellation_reason", "customer_account", "last_setup_error", "latest_attempt", "mandate",
    "next_action", "payment_method", "payment_method_configuration_details", "single_use_mandate",
))  # fmt: skip
AS_GIVEN = (
    "allowed_payment_method_types", "customer", "description", "excluded_payment_method_types", "flow_directions",
    "on_behalf_of",
)  # fmt: skip
OPEN = ("requires_payment_method", "requires_confirmation", "requires_action")


@bp.post("/v1/setup_intents")
def create() -> Response:
    params = read(P.SetupIntentCreateParams)
    intent = new_intent(g.store, params)
    if params.get("confirm"):
        confirm_intent(g.store, intent, params)
    elif token := params.get("payment_method"):
        choose(g.store, intent, payment_methods.pick(g.store, token))
    return respond(intent)


@bp.get("/v1/setup_intents")
def index() -> Response:
    params = read(P.SetupIntentListParams)
    wanted = {name: params.get(name) for name in ("customer", "payment_method")}
    return list_response(g.store.all("setup_intent", **wanted), params)


@bp.get("/v1/setup_intents/<intent_id>")
def show(intent_id: str) -> Response:
    return respond(own_intent(intent_id))


@bp.post("/v1/setup_intents/<intent_id>")
def update(intent_id: str) -> Response:
    intent = own_intent(intent_id)
    params = read(P.SetupIntentUpdateParams)
    if token := params.pop("payment_method", None):
        choose(g.store, intent, payment_methods.pick(g.store, token))
    revise(intent, params)
    return respond(intent)


@bp.post("/v1/setup_intents/<intent_id>/confirm")
def confirm(intent_id: str) -> Response:
    intent = own_intent(intent_id)
    confirm_intent(g.store, intent, sent() if g.publishable else read(P.SetupIntentConfirmParams))
    return respond(intent)


@bp.post("/v1/setup_intents/<intent_id>/authentication")
def authenticate(intent_id: str) -> Response:
    """Finish 3D Secure in the browser, by the sandbox's own endpoint for its Stripe.js."""
    intent = own_intent(intent_id)
    if intent["status"] != "requires_action":
        raise unexpected_state("This SetupIntent is not waiting for authentication.", "setup_intent", intent)
    method = g.store.find("payment_method", intent["payment_method"])
    if sent().get("outcome") == "complete":
        save(g.store, intent, method)
    else:
        fail_setup(g.store, intent, method, invalid(NOT_AUTHENTICATED, code="setup_intent_authentication_failure"))
    return respond(intent)


@bp.post("/v1/setup_intents/<intent_id>/cancel")
def cancel(intent_id: str) -> Response:
    intent = own_intent(intent_id)
    params = read(P.SetupIntentCancelParams)
    check_open(intent)
    intent.update(status="canceled", cancellation_reason=params.get("cancellation_reason"), next_action=None)
    g.store.emit("setup_intent.canceled", intent)
    return respond(intent)


def own_intent(intent_id: str) -> dict:
    """The intent; with a publishable key only if the client secret matches."""
    intent = g.store.find("setup_intent", intent_id)
    if g.publishable and sent().get("client_secret") != intent["client_secret"]:
        raise invalid("The client_secret provided does not match.", "client_secret", "setup_intent_invalid_parameter")
    return intent


def new_intent(store: Store, params: dict) -> dict:
    if params.get("customer"):
        store.find("customer", params["customer"])
    identifier = new_id("seti")
    automatic = {"allow_redirects": "always"} | params.get("automatic_payment_methods", {"enabled": True})
    intent = {
        "id": identifier,
        "object": "setup_intent",
        **NOTHING,
        **{name: params.get(name) for name in AS_GIVEN},
        "automatic_payment_methods": None if params.get("allowed_payment_method_types") else automatic,
        "client_secret": f"{identifier}_{new_id('secret')}",
        "created": store.now(),
        "livemode": False,
        "metadata": params.get("metadata") or {},
        "payment_method_options": params.get("payment_method_options", {}),
        "payment_method_types": payment_intents.kinds(params),
        "status": "requires_payment_method",
        "usage": params.get("usage", "off_session"),
    }
    store.put(intent)
    store.emit("setup_intent.created", intent)
    return intent


def confirm_intent(store: Store, intent: dict, params: dict) -> None:
    """Check and save the method: the status becomes succeeded or requires_action; a decline is an ApiError."""
    check_open(intent)
    if details := params.get("payment_method_data"):
        choose(store, intent, payment_methods.make(store, details))
    elif token := params.get("payment_method"):
        choose(store, intent, payment_methods.pick(store, token))
    if not intent["payment_method"]:
        message = "You cannot confirm this SetupIntent because it's missing a payment method."
        raise unexpected_state(message, "setup_intent", intent)
    method = store.find("payment_method", intent["payment_method"])
    if method["type"] == "card" and payment_methods.behavior_of(store, method).authentication != "never":
        page = f"{store.sandbox.base_url}/authenticate/{store.account}/{intent['client_secret']}"
        action = {"type": "three_d_secure_redirect", "stripe_js": page}
        intent.update(status="requires_action", next_action={"type": "use_stripe_sdk", "use_stripe_sdk": action})
        store.emit("setup_intent.requires_action", intent)
    elif microdeposits.are_needed(store, intent, method):
        microdeposits.send(store, intent)
    else:
        save(store, intent, method)


def check_open(intent: dict) -> None:
    if intent["status"] not in OPEN:
        message = f"This SetupIntent has a status of {intent['status']}, so it can no longer change."
        raise unexpected_state(message, "setup_intent", intent)


def choose(store: Store, intent: dict, method: dict) -> None:
    payment_methods.check_fresh(store, method)
    if method["type"] not in intent["payment_method_types"]:
        raise invalid(f"The PaymentMethod provided ({method['type']}) is not allowed here.", "payment_method")
    intent.update(payment_method=method["id"], status="requires_confirmation")


def save(store: Store, intent: dict, method: dict) -> None:
    try:
        payment_methods.check_saving(store, method)
    except ApiError as error:
        fail_setup(store, intent, method, error)
        error.details["setup_intent"] = dict(intent)
        raise
    mandate = None if method["type"] == "card" else new_id("mandate")
    intent.update(status="succeeded", next_action=None, last_setup_error=None, mandate=mandate)
    store.set_up.append(method["id"])
    if intent["customer"]:
        payment_methods.attach(store, method, intent["customer"])
    store.emit("setup_intent.succeeded", intent)


def fail_setup(store: Store, intent: dict, method: dict, error: ApiError) -> None:
    intent.update(status="requires_payment_method", payment_method=None, next_action=None)
    intent["last_setup_error"] = {**error.body, "payment_method": dict(method)}
    store.emit("setup_intent.setup_failed", intent)
