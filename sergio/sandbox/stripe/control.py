"""The control page: payments, and buttons for what banks and networks can do."""

from collections.abc import Callable
from datetime import UTC, datetime

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from sergio.sandbox.stripe import balance, microdeposits
from sergio.sandbox.stripe.balance import money
from sergio.sandbox.stripe.errors import ApiError
from sergio.sandbox.stripe.faults import KINDS
from sergio.sandbox.stripe.sandbox import moved
from sergio.sandbox.stripe.store import Store

bp = Blueprint("control", __name__)
SHOWN_EVENTS = 50
FAULT_PATHS = (
    "/v1/payment_intents", "/v1/payment_intents/*/confirm", "/v1/payment_intents/*", "/v1/refunds",
    "/v1/customers", "/v1/setup_intents*", "/v1/subscriptions*", "/v1/*",
)  # fmt: skip


@bp.before_request
def same_page_only() -> None:
    """Refuse requests from other sites that are open in the same browser."""
    if request.method == "POST" and request.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none"):
        abort(403)


@bp.get("/")
def index() -> str:
    return render_template(
        "stripe/control.html",
        accounts=[account_of(store) for store in g.sandbox.stores.values()],
        events=[event_of(event) for event in reversed(g.sandbox.emitted[-SHOWN_EVENTS:])],
        clock=moment(g.sandbox.now()),
        webhooks=g.sandbox.webhooks,
        faults=g.sandbox.faults.waiting,
        fault_kinds=KINDS,
        fault_paths=FAULT_PATHS,
        total=len(g.sandbox.emitted),
    )


@bp.post("/control/<verb>")
def act(verb: str) -> AnyResponse:
    """Run the verb of a button."""
    if verb not in VERBS:
        abort(404)
    try:
        VERBS[verb](request.form)
    except ApiError as error:
        flash(str(error))
    except (KeyError, ValueError) as error:
        flash(f"That did not work: {error}")
    return redirect(url_for(".index"), 303)


VERBS: dict[str, Callable] = {
    "settle": lambda form: g.sandbox.settle(form.get("id") or None),
    "refund": lambda form: g.sandbox.refund(form["id"], int(form["amount"]) if form.get("amount") else None),
    "fail-refund": lambda form: g.sandbox.fail_refund(form["id"]),
    "return": lambda form: g.sandbox.take_back(form["id"]),
    "deny": lambda form: g.sandbox.take_back(form["id"], "debit_not_authorized"),
    "verify": lambda form: g.sandbox.verify_bank_account(form["id"]),
    "dispute": lambda form: g.sandbox.open_dispute(form["id"]),
    "close-dispute": lambda form: g.sandbox.close_dispute(form["id"], form["outcome"]),
    "advance": lambda form: g.sandbox.advance(float(form["hours"]) * 3600),
    "resend": lambda form: g.sandbox.resend(form["id"]),
    "hold": lambda form: g.sandbox.hold_webhooks(),
    "release": lambda form: g.sandbox.release_webhooks(reversed if form.get("order") == "reversed" else list),
    "drop": lambda form: g.sandbox.drop_webhooks(int(form["times"])),
    "repeat": lambda form: g.sandbox.repeat_webhooks(int(form["copies"])),
    "delay": lambda form: g.sandbox.delay_webhooks(float(form["seconds"])),
    "renew": lambda form: g.sandbox.renew(form["id"]),
    "fail-renewal": lambda form: g.sandbox.fail_renewal(form["id"]),
    "connect": lambda form: g.sandbox.connect_account(form["id"]),
    "enable": lambda form: g.sandbox.enable_account(form["id"]),
    "disable": lambda form: g.sandbox.disable_account(form["id"]),
    "lose": lambda form: g.sandbox.lose(form["id"]),
    "disconnect": lambda form: g.sandbox.disconnect_account(form["id"]),
    "fault": lambda form: g.sandbox.fault(
        form["path"],
        form["kind"],
        status=int(form["status"]),
        seconds=float(form["seconds"]),
        times=int(form["times"]),
    ),
    "clear-faults": lambda form: g.sandbox.faults.waiting.clear(),
}


def account_of(store: Store) -> dict:
    platform = g.sandbox.store()
    account = platform.objects.get(store.account, {"email": "disconnected", "charges_enabled": False})
    intents = store.all("payment_intent")
    return {
        "id": store.account,
        "account": account,
        "is_platform": store is platform,
        "balance": [money(amount, currency) for currency, amount in balance.totals(store).items()],
        "payments": [payment_of(store, intent) for intent in intents],
        "refunds": [line_of(each) for each in store.all("refund")],
        "subscriptions": [subscription_of(each) for each in store.all("subscription")],
        "disputes": [line_of(each) for each in store.all("dispute")],
        "customers": len(store.all("customer")),
    }


def payment_of(store: Store, intent: dict) -> dict:
    charged, refunded = moved(store, intent)
    customer = store.objects.get(intent["customer"] or "", {})
    return {
        **line_of(intent),
        "charged": money(charged, intent["currency"]),
        "refunded": money(refunded, intent["currency"]) if refunded else "",
        "left": charged - refunded,
        "by_bank": intent["payment_method_types"] == ["us_bank_account"],
        "waits": microdeposits.is_waiting(intent),
        "tries": len(store.all("charge", payment_intent=intent["id"])),
        "disputed": bool(store.all("charge", payment_intent=intent["id"], disputed=True)),
        "who": customer.get("name") or customer.get("email") or "",
        "about": intent["description"] or ", ".join(f"{key} {value}" for key, value in intent["metadata"].items()),
    }


def subscription_of(found: dict) -> dict:
    item = found["items"]["data"][0]
    price = money(item["price"]["unit_amount"], found["currency"])
    ends = moment(item["current_period_end"])
    return {**found, "shown": price, "ends": f"ends {ends}" if found["cancel_at_period_end"] else f"renews {ends}"}


def line_of(found: dict) -> dict:
    amount = money(found["amount"], found["currency"])
    return {**found, "shown": amount, "at": moment(found["created"])}


def event_of(event: dict) -> dict:
    about = event["data"]["object"].get("id", "")
    attempts = g.sandbox.webhooks.attempts.get(event["id"], [])
    return {**event, "about": about, "at": moment(event["created"]), "attempts": attempts}


def moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%d %b %H:%M:%S")
