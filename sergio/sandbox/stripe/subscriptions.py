"""Subscriptions with one price: begun by a first payment in the browser, changed, and canceled."""

from datetime import UTC, datetime

from flask import Blueprint, Response, g
from stripe import params as P  # noqa: N812 - the SDK's own namespace of request types

from sergio.sandbox.stripe import collecting, invoices, payment_methods, prices
from sergio.sandbox.stripe.errors import ApiError, invalid
from sergio.sandbox.stripe.reading import read
from sergio.sandbox.stripe.responses import list_response, respond
from sergio.sandbox.stripe.store import Store, new_id, revise

bp = Blueprint("subscriptions", __name__)
NOTHING = dict.fromkeys((
    "application", "application_fee_percent", "billing_cycle_anchor_config", "billing_thresholds", "cancel_at",
    "canceled_at", "customer_account", "days_until_due", "default_payment_method", "default_source",
    "default_tax_rates", "ended_at", "latest_invoice", "next_pending_invoice_item_invoice", "on_behalf_of",
    "pause_collection",
    "pending_invoice_item_interval", "pending_setup_intent", "pending_update", "schedule", "test_clock",
    "transfer_data", "trial_end", "trial_start",
))  # fmt: skip
OVER = ("canceled", "incomplete_expired")
SECONDS_TO_PAY = 23 * 3600
"""How long the first payment may take (docs.stripe.com/billing/subscriptions/overview)."""


@bp.post("/v1/subscriptions")
def create() -> Response:
    params = read(P.SubscriptionCreateParams)
    if params.get("payment_behavior") != "default_incomplete":
        raise invalid("The sandbox only begins subscriptions with default_incomplete.", "payment_behavior")
    subscription = new_subscription(g.store, params)
    item = subscription["items"]["data"][0]
    g.store.emit("customer.subscription.created", subscription)
    about = f"1 × {name_of(g.store, item)}"
    first = invoices.line(g.store, item, about, item["price"]["unit_amount"], item["current_period_start"])
    collecting.bill(g.store, subscription, [first], "subscription_create")
    return respond(subscription)


@bp.get("/v1/subscriptions")
def index() -> Response:
    params = read(P.SubscriptionListParams)
    wanted = params.get("status")
    found = g.store.all("subscription", customer=params.get("customer"))
    if wanted != "all":
        found = [each for each in found if each["status"] == wanted or (not wanted and each["status"] not in OVER)]
    return list_response(found, params)


@bp.get("/v1/subscriptions/<subscription_id>")
def show(subscription_id: str) -> Response:
    return respond(g.store.find("subscription", subscription_id))


@bp.post("/v1/subscriptions/<subscription_id>")
def update(subscription_id: str) -> Response:
    subscription = g.store.find("subscription", subscription_id)
    params = read(P.SubscriptionUpdateParams)
    if subscription["status"] in OVER:
        raise invalid("A canceled subscription can only update its cancellation_details and metadata.")
    if method := params.get("default_payment_method"):
        payment_methods.saved(g.store, subscription["customer"], method)
    behavior = params.pop("payment_behavior", "allow_incomplete")
    params.pop("proration_behavior", None)
    if changed := params.pop("items", None):
        switch(g.store, subscription, changed, behavior)
    if "cancel_at_period_end" in params:
        schedule_end(g.store, subscription, params.pop("cancel_at_period_end"))
    subscription["payment_settings"] |= params.pop("payment_settings", {})
    revise(subscription, {name: value for name, value in params.items() if name != "expand"})
    g.store.emit("customer.subscription.updated", subscription)
    return respond(subscription)


@bp.delete("/v1/subscriptions/<subscription_id>")
def cancel(subscription_id: str) -> Response:
    subscription = g.store.find("subscription", subscription_id)
    if subscription["status"] in OVER:
        raise invalid(f"No such subscription: '{subscription_id}'", "id", "resource_missing", status=404)
    end(g.store, subscription, "cancellation_requested")
    return respond(subscription)


def new_subscription(store: Store, params: dict) -> dict:
    customer = store.find("customer", params.get("customer"))
    [wanted] = params.get("items") or [{}]
    price = store.find("price", wanted.get("price"))
    identifier = new_id("sub")
    settings = {"payment_method_options": None, "payment_method_types": None, "save_default_payment_method": "off"}
    return store.put(
        {
            "id": identifier,
            "object": "subscription",
            **NOTHING,
            "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
            "billing_cycle_anchor": store.now(),
            "billing_mode": {"flexible": None, "type": "flexible", "updated_at": None},
            "billing_schedules": [],
            "cancel_at_period_end": False,
            "cancellation_details": dict.fromkeys(("comment", "feedback", "reason")),
            "collection_method": "charge_automatically",
            "created": store.now(),
            "currency": price["currency"],
            "customer": customer["id"],
            "description": params.get("description"),
            "discounts": [],
            "invoice_settings": {"account_tax_ids": None, "issuer": {"type": "self"}},
            "items": invoices.listed([new_item(store, identifier, price)], f"/v1/subscription_items?{identifier}"),
            "livemode": False,
            "metadata": params.get("metadata") or {},
            "payment_settings": settings | params.get("payment_settings", {}),
            "start_date": store.now(),
            "status": "incomplete",
            "trial_settings": {"end_behavior": {"missing_payment_method": "create_invoice"}},
        }
    )


def new_item(store: Store, subscription_id: str, price: dict) -> dict:
    return {
        "id": new_id("si"),
        "object": "subscription_item",
        "billing_thresholds": None,
        "created": store.now(),
        "current_period_end": a_month_after(store.now()),
        "current_period_start": store.now(),
        "discounts": [],
        "metadata": {},
        "plan": prices.as_plan(price),
        "price": dict(price),
        "quantity": 1,
        "subscription": subscription_id,
        "tax_rates": [],
    }


def switch(store: Store, subscription: dict, changed: list[dict], behavior: str) -> None:
    """Another price from now on. What is left of the period is billed, or credited, at once."""
    if subscription["status"] != "active" or behavior != "error_if_incomplete":
        raise invalid("The sandbox only changes the price of an active subscription, with error_if_incomplete.")
    item = subscription["items"]["data"][0]
    if changed[0].get("id") != item["id"]:
        raise invalid("The subscription has no such item.", "items[0][id]", "resource_missing")
    before, price = item["price"], store.find("price", changed[0].get("price"))
    now, end_of_period = store.now(), item["current_period_end"]
    left = (end_of_period - now) / max(1, end_of_period - item["current_period_start"])
    unused = f"Unused time on {name_of(store, item)}"
    credit = invoices.line(store, item, unused, -round(before["unit_amount"] * left), now, proration=True)
    item.update(price=dict(price), plan=prices.as_plan(price))
    rest = f"Remaining time on {name_of(store, item)}"
    debit = invoices.line(store, item, rest, round(price["unit_amount"] * left), now, proration=True)
    latest = subscription["latest_invoice"]
    invoice = collecting.bill(store, subscription, [credit, debit], "subscription_update")
    if invoice["status"] == "paid":
        return
    try:
        collecting.collect(store, invoice)
    except ApiError:
        invoices.void(store, invoice)
        store.find("customer", subscription["customer"])["balance"] = invoice["starting_balance"]
        item.update(price=before, plan=prices.as_plan(before))
        subscription["latest_invoice"] = latest
        raise


def schedule_end(store: Store, subscription: dict, at_period_end: bool) -> None:  # noqa: FBT001 - Stripe's parameter
    subscription["cancel_at_period_end"] = at_period_end
    period_end = subscription["items"]["data"][0]["current_period_end"]
    subscription["cancel_at"] = period_end if at_period_end else None
    subscription["canceled_at"] = store.now() if at_period_end else None
    subscription["cancellation_details"]["reason"] = "cancellation_requested" if at_period_end else None


def end(store: Store, subscription: dict, reason: str) -> None:
    """Cancel it now. An open invoice of a subscription that never began is void."""
    begun = subscription["status"] != "incomplete"
    over = {"status": "canceled", "ended_at": store.now(), "canceled_at": subscription["canceled_at"] or store.now()}
    subscription.update(over)
    subscription["cancellation_details"]["reason"] = reason
    if not begun:
        void_latest(store, subscription)
    store.emit("customer.subscription.deleted", subscription)


def expire(store: Store, subscription: dict) -> None:
    """Its first payment never came."""
    subscription.update(status="incomplete_expired", ended_at=store.now())
    void_latest(store, subscription)
    store.emit("customer.subscription.updated", subscription)


def void_latest(store: Store, subscription: dict) -> None:
    invoice = store.find("invoice", subscription["latest_invoice"])
    if invoice["status"] == "open":
        invoices.void(store, invoice)


def renew_due(store: Store, now: int) -> None:
    """Expire, end or renew every subscription whose time has come."""
    for subscription in store.all("subscription"):
        if subscription["status"] == "incomplete" and subscription["created"] + SECONDS_TO_PAY <= now:
            expire(store, subscription)
        while subscription["status"] in ("active", "past_due"):
            item = subscription["items"]["data"][0]
            if item["current_period_end"] > now:
                break
            renew(store, subscription, item)


def renew(store: Store, subscription: dict, item: dict) -> None:
    """The next period begins, and its invoice is charged; or the subscription ends, if it was to."""
    if subscription["cancel_at_period_end"]:
        return end(store, subscription, "cancellation_requested")
    start = item["current_period_end"]
    item.update(current_period_start=start, current_period_end=a_month_after(start))
    about = f"1 × {name_of(store, item)}"
    whole = invoices.line(store, item, about, item["price"]["unit_amount"], start)
    invoice = collecting.bill(store, subscription, [whole], "subscription_cycle")
    store.emit("customer.subscription.updated", subscription)
    if invoice["status"] == "open":
        collecting.try_to_collect(store, invoice)


def name_of(store: Store, item: dict) -> str:
    return store.find("product", item["price"]["product"])["name"]


def a_month_after(seconds: int) -> int:
    """The same day of the next month, or its last one."""
    at = datetime.fromtimestamp(seconds, UTC)
    year, month = divmod(at.year * 12 + at.month, 12)
    for day in (at.day, 30, 29, 28):
        try:
            return int(at.replace(year=year, month=month + 1, day=day).timestamp())
        except ValueError:
            continue
    raise ValueError(f"There is no month after {at}.")
