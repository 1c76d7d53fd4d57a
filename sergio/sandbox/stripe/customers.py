"""Customers, and the sessions that let a browser see a customer's saved payment methods."""

from typing import Any

from flask import Blueprint, Response, g
from stripe import params as P  # noqa: N812 - the SDK's own namespace of request types

from . import payment_methods
from .answers import answer, answer_page
from .reading import read
from .refusals import invalid
from .world import World, new_id, revise

bp = Blueprint("customers", __name__)
SESSION_SECONDS = 30 * 60
PLAIN_FIELDS = (
    "address", "business_name", "description", "email", "individual_name", "name", "phone", "shipping",
)  # fmt: skip
NOT_SAVING: dict[str, Any] = {
    "payment_method_allow_redisplay_filters": ["always"],
    "payment_method_redisplay": "disabled",
    "payment_method_redisplay_limit": None,
    "payment_method_remove": "disabled",
    "payment_method_save": "disabled",
    "payment_method_save_usage": None,
}
COMPONENTS = ("active_entitlements", "buy_button", "customer_portal", "customer_sheet", "mobile_payment_element",
              "payment_element", "pricing_table")  # fmt: skip


@bp.post("/v1/customers")
def create() -> Response:
    params = read(P.CustomerCreateParams)
    customer = new_customer(g.world, params)
    if token := params.get("payment_method"):
        payment_methods.attach(g.world, payment_methods.pick(g.world, token), customer["id"])
    return answer(customer)


@bp.get("/v1/customers")
def index() -> Response:
    params = read(P.CustomerListParams)
    return answer_page(g.world.all("customer", email=params.get("email")), params)


@bp.get("/v1/customers/<customer_id>")
def show(customer_id: str) -> Response:
    return answer(g.world.find("customer", customer_id))


@bp.post("/v1/customers/<customer_id>")
def update(customer_id: str) -> Response:
    customer, params = g.world.find("customer", customer_id), read(P.CustomerUpdateParams)
    settings = customer["invoice_settings"] | params.pop("invoice_settings", {})
    customer["invoice_settings"] = {name: value or None for name, value in settings.items()}
    revise(customer, params)
    g.world.emit("customer.updated", customer)
    return answer(customer)


@bp.delete("/v1/customers/<customer_id>")
def destroy(customer_id: str) -> Response:
    customer = g.world.find("customer", customer_id)
    for method in g.world.all("payment_method", customer=customer_id):
        payment_methods.detach(g.world, method)
    del g.world.objects[customer_id]
    g.world.emit("customer.deleted", customer)
    return answer({"id": customer_id, "object": "customer", "deleted": True})


@bp.get("/v1/customers/<customer_id>/payment_methods")
def methods(customer_id: str) -> Response:
    g.world.find("customer", customer_id)
    params = read(P.CustomerPaymentMethodListParams)
    wanted = {name: params.get(name) for name in ("type", "allow_redisplay")}
    return answer_page(g.world.all("payment_method", customer=customer_id, **wanted), params)


@bp.get("/v1/customers/<customer_id>/payment_methods/<method_id>")
def method(customer_id: str, method_id: str) -> Response:
    return answer(payment_methods.saved(g.world, customer_id, method_id))


@bp.post("/v1/customer_sessions")
def create_session() -> Response:
    params = read(P.CustomerSessionCreateParams)
    if not params.get("customer"):
        raise invalid("Missing required param: customer.", "customer", "parameter_missing")
    customer = g.world.find("customer", params["customer"])
    return answer(new_session(g.world, customer, params["components"]))


def new_customer(world: World, params: dict) -> dict:
    nothing = dict.fromkeys(("currency", "customer_account", "default_source", "discount", "test_clock"))
    settings = dict.fromkeys(("custom_fields", "default_payment_method", "footer", "rendering_options"))
    customer = {
        "id": new_id("cus"),
        "object": "customer",
        **nothing,
        **{name: params.get(name) or None for name in PLAIN_FIELDS},
        "balance": 0,
        "created": world.now(),
        "delinquent": False,
        "invoice_settings": settings | params.get("invoice_settings", {}),
        "livemode": False,
        "metadata": params.get("metadata") or {},
        "preferred_locales": params.get("preferred_locales", []),
        "tax_exempt": params.get("tax_exempt") or "none",
    }
    world.put(customer)
    world.emit("customer.created", customer)
    return customer


def new_session(world: World, customer: dict, asked: dict) -> dict:
    components = {name: {"enabled": False, "features": None} for name in COMPONENTS}
    for name, wish in asked.items():
        features = NOT_SAVING | wish.get("features", {}) if name == "payment_element" else None
        components[name] = {"enabled": wish["enabled"], "features": features if wish["enabled"] else None}
    session = {
        "object": "customer_session",
        "client_secret": new_id("cuss_secret"),
        "components": components,
        "created": world.now(),
        "customer": customer["id"],
        "customer_account": None,
        "expires_at": world.now() + SESSION_SECONDS,
        "livemode": False,
    }
    world.put({**session, "id": session["client_secret"]})
    return session


def open_session(world: World, client_secret: str | None) -> dict:
    """The session a browser holds the secret of; a Refusal when there is none or its half hour is over."""
    session = world.find("customer_session", client_secret)
    if session["expires_at"] < world.now():
        raise invalid("This customer session has expired.", "customer_session", "customer_session_expired")
    return session
