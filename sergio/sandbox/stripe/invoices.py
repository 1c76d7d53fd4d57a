"""Invoices of subscriptions, and what their payment changes in the subscription."""

from datetime import UTC, datetime

from flask import Blueprint, Response, g, render_template
from stripe import params as P  # noqa: N812 - the SDK's own namespace of request types

from sergio.sandbox.stripe.balance import money
from sergio.sandbox.stripe.errors import invalid
from sergio.sandbox.stripe.reading import read
from sergio.sandbox.stripe.responses import list_response, respond
from sergio.sandbox.stripe.store import Store, new_id

bp = Blueprint("invoices", __name__)
NOTHING = dict.fromkeys((
    "account_country", "account_tax_ids", "application", "automatically_finalizes_at", "custom_fields",
    "customer_account", "customer_address", "customer_phone", "customer_shipping", "default_payment_method",
    "default_source", "description", "due_date", "footer", "from_invoice", "last_finalization_error",
    "latest_revision", "next_payment_attempt", "on_behalf_of", "receipt_number", "rendering", "shipping_cost",
    "shipping_details", "statement_descriptor", "test_clock", "threshold_reason",
))  # fmt: skip
ZERO = dict.fromkeys((
    "amount_overpaid", "amount_paid", "amount_shipping", "attempt_count", "post_payment_credit_notes_amount",
    "pre_payment_credit_notes_amount",
), 0)  # fmt: skip
EMPTY = ("customer_tax_ids", "default_tax_rates", "discounts", "total_discount_amounts", "total_taxes",
         "total_pretax_credit_amounts")  # fmt: skip


@bp.get("/v1/invoices")
def index() -> Response:
    params = read(P.InvoiceListParams)
    wanted = {name: params.get(name) for name in ("customer", "status", "subscription")}
    found = g.store.all("invoice", customer=wanted["customer"], status=wanted["status"])
    return list_response([each for each in found if wanted["subscription"] in (None, subscription_id(each))], params)


@bp.get("/v1/invoices/<invoice_id>")
def show(invoice_id: str) -> Response:
    return respond(g.store.find("invoice", invoice_id))


@bp.post("/v1/invoices/<invoice_id>/void")
def void_open(invoice_id: str) -> Response:
    invoice = g.store.find("invoice", invoice_id)
    read(P.InvoiceVoidInvoiceParams)
    if invoice["status"] != "open":
        raise invalid("You can only void open invoices.")
    void(g.store, invoice)
    return respond(invoice)


@bp.get("/invoices/<invoice_id>")
def hosted(invoice_id: str) -> str:
    """The page of an invoice at Stripe."""
    _store, invoice = g.sandbox.find(invoice_id)
    lines = [(line["description"], money(line["amount"], line["currency"])) for line in invoice["lines"]["data"]]
    day = datetime.fromtimestamp(invoice["created"], UTC).strftime("%d %b %Y")
    total = money(invoice["total"], invoice["currency"])
    return render_template("stripe/invoice.html", invoice=invoice, lines=lines, total=total, day=day)


def new_invoice(store: Store, subscription: dict, lines: list[dict], reason: str) -> dict:
    """An open invoice for these lines, less the customer's credit."""
    customer = store.find("customer", subscription["customer"])
    identifier = new_id("in")
    total = sum(line["amount"] for line in lines)
    due = max(0, total + customer["balance"])
    before, customer["balance"] = customer["balance"], min(0, total + customer["balance"])
    page = f"{store.sandbox.base_url}/invoices/{identifier}"
    period = {f"period_{edge}": lines[-1]["period"][edge] for edge in ("start", "end")}
    invoice = {
        "id": identifier,
        "object": "invoice",
        **NOTHING,
        **ZERO,
        **{name: [] for name in EMPTY},
        **period,
        "account_name": "Sergio",
        "amount_due": due,
        "amount_remaining": due,
        "attempted": False,
        "auto_advance": True,
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None, "provider": None,
                          "status": None},
        "billing_reason": reason,
        "collection_method": "charge_automatically",
        "created": store.now(),
        "currency": subscription["currency"],
        "customer": customer["id"],
        "customer_email": customer["email"],
        "customer_name": customer["name"],
        "customer_tax_exempt": "none",
        "effective_at": store.now(),
        "ending_balance": customer["balance"],
        "hosted_invoice_url": page,
        "invoice_pdf": f"{page}?pdf",
        "issuer": {"type": "self"},
        "lines": listed([{**line, "invoice": identifier} for line in lines], f"/v1/invoices/{identifier}/lines"),
        "livemode": False,
        "metadata": {},
        "number": f"{customer['id'][-8:].upper()}-{len(store.all('invoice', customer=customer['id'])) + 1:04}",
        "parent": {
            "quote_details": None,
            "subscription_details": {"metadata": dict(subscription["metadata"]), "subscription": subscription["id"]},
            "type": "subscription_details",
        },
        "payment_settings": {"default_mandate": None, "payment_method_options": None, "payment_method_types": ["card"]},
        "starting_balance": before,
        "status": "open",
        "status_transitions": dict.fromkeys(("marked_uncollectible_at", "paid_at", "voided_at"))
        | {"finalized_at": store.now()},
        "subtotal": total,
        "subtotal_excluding_tax": total,
        "total": total,
        "total_excluding_tax": total,
        "webhooks_delivered_at": store.now(),
    }  # fmt: skip
    store.put(invoice)
    subscription["latest_invoice"] = identifier
    return invoice


def line(store: Store, item: dict, description: str, amount: int, start: int, *, proration: bool = False) -> dict:
    """One line, from `start` to the end of the item's period."""
    details = {"invoice_item": None, "proration": proration, "proration_details": None}
    parent = {**details, "subscription": item["subscription"], "subscription_item": item["id"]}
    kind = "subscription_item_details"
    price = {"price": item["price"]["id"], "product": item["price"]["product"]}
    pricing = {"price_details": price, "type": "price_details", "unit_amount_decimal": str(amount)}
    return {
        "id": new_id("il"),
        "object": "line_item",
        "amount": amount,
        "currency": item["price"]["currency"],
        "description": description,
        "discount_amounts": [],
        "discountable": True,
        "discounts": [],
        "livemode": False,
        "metadata": {},
        "parent": {"invoice_item_details": None, kind: parent, "type": kind},
        "period": {"start": start, "end": item["current_period_end"]},
        "pretax_credit_amounts": [],
        "pricing": pricing,
        "quantity": 1,
        "subscription": item["subscription"],
        "subtotal": amount,
        "taxes": [],
    }


def listed(data: list[dict], url: str) -> dict:
    return {"object": "list", "data": data, "has_more": False, "url": url}


def subscription_id(invoice: dict) -> str:
    return invoice["parent"]["subscription_details"]["subscription"]


def invoice_of(store: Store, intent: dict) -> dict | None:
    """The invoice that an intent pays, if it was made for one."""
    paying = [each for each in store.all("invoice_payment") if each["payment"]["payment_intent"] == intent["id"]]
    return store.objects.get(paying[0]["invoice"]) if paying else None


def intent_of(store: Store, invoice_id: str) -> dict | None:
    paying = store.all("invoice_payment", invoice=invoice_id)
    return store.find("payment_intent", paying[0]["payment"]["payment_intent"]) if paying else None


def intent_succeeded(store: Store, intent: dict) -> None:
    """Called for every intent that succeeds."""
    if invoice := invoice_of(store, intent):
        store.all("invoice_payment", invoice=invoice["id"])[0].update(status="paid", amount_paid=intent["amount"])
        mark_paid(store, invoice, intent["payment_method"])


def intent_failed(store: Store, intent: dict) -> None:
    """Called for every intent whose payment fails. A subscription that had begun becomes past due."""
    invoice = invoice_of(store, intent)
    if not invoice:
        return
    invoice.update(attempted=True, attempt_count=invoice["attempt_count"] + 1)
    store.emit("invoice.payment_failed", invoice)
    subscription = store.find("subscription", subscription_id(invoice))
    if subscription["status"] == "active" and invoice["billing_reason"] == "subscription_cycle":
        subscription["status"] = "past_due"
        store.emit("customer.subscription.updated", subscription)


def mark_paid(store: Store, invoice: dict, method: str | None) -> None:
    """The invoice is paid: its subscription begins, or is no longer past due."""
    paid = {"amount_paid": invoice["amount_due"], "amount_remaining": 0, "attempted": True, "status": "paid"}
    invoice.update(paid, auto_advance=False)
    invoice["status_transitions"]["paid_at"] = store.now()
    store.emit("invoice.paid", invoice)
    store.emit("invoice.payment_succeeded", invoice)
    subscription = store.find("subscription", subscription_id(invoice))
    if method and subscription["payment_settings"]["save_default_payment_method"] == "on_subscription":
        subscription["default_payment_method"] = method
    if subscription["status"] in ("incomplete", "past_due"):
        subscription["status"] = "active"
        store.emit("customer.subscription.updated", subscription)


def void(store: Store, invoice: dict) -> None:
    """Void it, and cancel the intent that would pay it."""
    invoice.update(status="void", amount_remaining=0, auto_advance=False)
    invoice["status_transitions"]["voided_at"] = store.now()
    store.emit("invoice.voided", invoice)
    intent = intent_of(store, invoice["id"])
    if intent and intent["status"] not in ("succeeded", "canceled"):
        intent.update(status="canceled", canceled_at=store.now(), cancellation_reason="void_invoice", next_action=None)
        store.emit("payment_intent.canceled", intent)
