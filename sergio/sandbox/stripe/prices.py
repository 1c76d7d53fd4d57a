"""Products and prices of subscriptions."""

from flask import Blueprint, Response, g
from stripe import params as P  # noqa: N812 - the SDK's own namespace of request types

from sergio.sandbox.stripe.errors import invalid
from sergio.sandbox.stripe.reading import read
from sergio.sandbox.stripe.responses import list_response, respond
from sergio.sandbox.stripe.store import Store, new_id

bp = Blueprint("prices", __name__)
NO_PRODUCT = dict.fromkeys((
    "default_price", "description", "package_dimensions", "shippable", "statement_descriptor", "tax_code",
    "tax_details", "unit_label", "url",
))  # fmt: skip
NO_PRICE = dict.fromkeys(("custom_unit_amount", "nickname", "tiers_mode", "transform_quantity"))


@bp.post("/v1/products")
def create_product() -> Response:
    return respond(new_product(g.store, read(P.ProductCreateParams)))


@bp.get("/v1/products/<product_id>")
def show_product(product_id: str) -> Response:
    return respond(g.store.find("product", product_id))


@bp.post("/v1/prices")
def create() -> Response:
    params = read(P.PriceCreateParams)
    taken = g.store.all("price", lookup_key=params.get("lookup_key")) if params.get("lookup_key") else []
    if taken and not params.get("transfer_lookup_key"):
        message = "A price already uses that lookup key."
        raise invalid(message, "lookup_key", "resource_already_exists")
    if "product_data" in params:
        product = new_product(g.store, params["product_data"])
    else:
        product = g.store.find("product", params.get("product"))
    for each in taken:
        each["lookup_key"] = None
    return respond(new_price(g.store, product, params))


@bp.get("/v1/prices")
def index() -> Response:
    params = read(P.PriceListParams)
    keys = params.get("lookup_keys")
    found = g.store.all("price", active=params.get("active"), product=params.get("product"))
    return list_response([price for price in found if keys is None or price["lookup_key"] in keys], params)


@bp.get("/v1/prices/<price_id>")
def show(price_id: str) -> Response:
    return respond(g.store.find("price", price_id))


def new_product(store: Store, params: dict) -> dict:
    identifier = params.get("id") or new_id("prod")
    if identifier in store.objects:
        raise invalid("Product already exists.", "id", "resource_already_exists")
    product = {
        "id": identifier,
        "object": "product",
        **NO_PRODUCT,
        **{name: params[name] for name in ("description", "statement_descriptor", "unit_label") if name in params},
        "active": True,
        "created": store.now(),
        "images": [],
        "livemode": False,
        "marketing_features": [],
        "metadata": params.get("metadata") or {},
        "name": params["name"],
        "type": "service",
        "updated": store.now(),
    }
    store.put(product)
    store.emit("product.created", product)
    return product


def new_price(store: Store, product: dict, params: dict) -> dict:
    if not params.get("recurring") or "unit_amount" not in params:
        raise invalid("The sandbox only supports recurring prices with a unit_amount.", "recurring")
    recurring = {"interval_count": 1, "meter": None, "trial_period_days": None, "usage_type": "licensed"}
    price = {
        "id": new_id("price"),
        "object": "price",
        **NO_PRICE,
        "active": True,
        "billing_scheme": "per_unit",
        "created": store.now(),
        "currency": params["currency"].lower(),
        "livemode": False,
        "lookup_key": params.get("lookup_key"),
        "metadata": params.get("metadata") or {},
        "product": product["id"],
        "recurring": recurring | params["recurring"],
        "tax_behavior": params.get("tax_behavior", "unspecified"),
        "type": "recurring",
        "unit_amount": params["unit_amount"],
        "unit_amount_decimal": str(params["unit_amount"]),
    }
    store.put(price)
    store.emit("price.created", price)
    return price


def as_plan(price: dict) -> dict:
    """The same price in the form of Stripe's older plans, which an item still carries."""
    nothing = dict.fromkeys(("meter", "nickname", "tiers_mode", "transform_usage", "trial_period_days"))
    same = ("id", "active", "billing_scheme", "created", "currency", "livemode", "metadata", "product")
    every = {name: price["recurring"][name] for name in ("interval", "interval_count", "usage_type")}
    amounts = {"amount": price["unit_amount"], "amount_decimal": price["unit_amount_decimal"]}
    return {"object": "plan", **nothing, **{name: price[name] for name in same}, **every, **amounts}
