"""Customers, and the sessions that let a browser see a customer's saved payment methods."""

from typing import Any

from flask import Blueprint, Response, g
from stripe import params as P  # noqa: N812 - the SDK's own namespace of request types

from sergio.sandbox.stripe import payment_methods
from sergio.sandbox.stripe.errors import invalid
from sergio.sandbox.stripe.reading import read
from sergio.sandbox.stripe.responses import list_response, respond
from sergio.sandbox.stripe.store import Store, new_id, revise

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
    customer = new_customer(g.store, params)
    if token := params.get("payment_method"):
        payment_methods.attach(g.store, payment_methods.pick(g.store, token), customer["id"])
    return respond(customer)


@bp.get("/v1/customers")
def index() -> Response:
    params = read(P.CustomerListParams)
    return list_response(g.store.all("customer", email=params.get("email")), params)


@bp.get("/v1/customers/<customer_id>")
def show(customer_id: str) -> Response:
    return respond(g.store.find("customer", customer_id))


@bp.post("/v1/customers/<customer_id>")
def update(customer_id: str) -> Response:
    customer = g.store.find("customer", customer_id)
    params = read(P.CustomerUpdateParams)
    settings = customer["invoice_settings"] | params.pop("invoice_settings", {})
    customer["invoice_settings"] = {name: value or None for name, value in settings.items()}
    revise(customer, params)
    g.store.emit("customer.updated", customer)
    return respond(customer)


@bp.delete("/v1/customers/<customer_id>")
def destroy(customer_id: str) -> Response:
    customer = g.store.find("customer", customer_id)
    for method in g.store.all("payment_method", customer=customer_id):
        payment_methods.detach(g.store, method)
    del g.store.objects[customer_id]
    g.store.emit("customer.deleted", customer)
    return respond({"id": customer_id, "object": "customer", "deleted": True})


@bp.get("/v1/customers/<customer_id>/payment_methods")
def methods(customer_id: str) -> Response:
    g.store.find("customer", customer_id)
    params = read(P.CustomerPaymentMethodListParams)
    wanted = {name: params.get(name) for name in ("type", "allow_redisplay")}
    return list_response(g.store.all("payment_method", customer=customer_id, **wanted), params)


@bp.get("/v1/customers/<customer_id>/payment_methods/<method_id>")
def method(customer_id: str, method_id: str) -> Response:
    return respond(payment_methods.saved(g.store, customer_id, method_id))


@bp.post("/v1/customer_sessions")
def create_session() -> Response:
    params = read(P.CustomerSessionCreateParams)
    if not params.get("customer"):
        raise invalid("Missing required param: customer.", "customer", "parameter_missing")
    customer = g.store.find("customer", params["customer"])
    return respond(new_session(g.store, customer, params["components"]))


def new_customer(store: Store, params: dict) -> dict:
    nothing = dict.fromkeys(("currency", "customer_account", "default_source", "discount", "test_clock"))
    settings = dict.fromkeys(("custom_fields", "default_payment_method", "footer", "rendering_options"))
    customer = {
        "id": new_id("cus"),
        "object": "customer",
        **nothing,
        **{name: params.get(name) or None for name in PLAIN_FIELDS},
        "balance": 0,
        "created": store.now(),
        "delinquent": False,
        "invoice_settings": settings | params.get("invoice_settings", {}),
        "livemode": False,
        "metadata": params.get("metadata") or {},
        "preferred_locales": params.get("preferred_locales", []),
        "tax_exempt": params.get("tax_exempt") or "none",
    }
    store.put(customer)
    store.emit("customer.created", customer)
    return customer


def new_session(store: Store, customer: dict, components: dict) -> dict:
    all_components = {name: {"enabled": False, "features": None} for name in COMPONENTS}
    for name, wanted in components.items():
        features = NOT_SAVING | wanted.get("features", {}) if name == "payment_element" else None
        all_components[name] = {"enabled": wanted["enabled"], "features": features if wanted["enabled"] else None}
    session = {
        "object": "customer_session",
        "client_secret": new_id("cuss_secret"),
        "components": all_components,
        "created": store.now(),
        "customer": customer["id"],
        "customer_account": None,
        "expires_at": store.now() + SESSION_SECONDS,
        "livemode": False,
    }
    store.put({**session, "id": session["client_secret"]})
    return session


def open_session(store: Store, client_secret: str | None) -> dict:
    """The customer session with that client secret; an ApiError if there is none or it has expired."""
    session = store.find("customer_session", client_secret)
    if session["expires_at"] < store.now():
        raise invalid("This customer session has expired.", "customer_session", "customer_session_expired")
    return session
