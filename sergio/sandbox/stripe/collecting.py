"""Collecting invoices: their intents, and charging the card that a subscription keeps."""

from flask import Blueprint, Response, g
from stripe import params as P  # noqa: N812 - the SDK's own namespace of request types

from sergio.sandbox.stripe import invoices, paying, payment_intents
from sergio.sandbox.stripe.errors import ApiError, invalid
from sergio.sandbox.stripe.reading import read
from sergio.sandbox.stripe.responses import respond
from sergio.sandbox.stripe.store import Store, new_id

bp = Blueprint("collecting", __name__)


@bp.post("/v1/invoices/<invoice_id>/pay")
def pay(invoice_id: str) -> Response:
    invoice = g.store.find("invoice", invoice_id)
    params = read(P.InvoicePayParams)
    if invoice["status"] != "open":
        code = "invoice_not_editable" if invoice["status"] != "paid" else None
        raise invalid(f"Invoice is already {invoice['status']}.", code=code)
    collect(g.store, invoice, params.get("payment_method"))
    return respond(invoice)


def bill(store: Store, subscription: dict, lines: list[dict], reason: str) -> dict:
    """A finalized invoice for these lines, with the intent that pays it; paid at once if nothing is due."""
    invoice = invoices.new_invoice(store, subscription, lines, reason)
    store.emit("invoice.created", invoice)
    if invoice["amount_due"]:
        attach_intent(store, subscription, invoice)
    store.emit("invoice.finalized", invoice)
    if not invoice["amount_due"]:
        invoices.mark_paid(store, invoice, None)
    return invoice


def attach_intent(store: Store, subscription: dict, invoice: dict) -> None:
    wanted = {
        "amount": invoice["amount_due"],
        "currency": invoice["currency"],
        "customer": invoice["customer"],
        "allowed_payment_method_types": ["card"],
        "description": "Subscription update" if invoice["billing_reason"] == "subscription_update" else "Subscription",
        "setup_future_usage": "off_session",
        "payment_method_options": subscription["payment_settings"]["payment_method_options"] or {},
    }
    intent = payment_intents.new_intent(store, wanted)
    store.put(
        {
            "id": new_id("inpay"),
            "object": "invoice_payment",
            "amount_paid": None,
            "amount_requested": invoice["amount_due"],
            "created": store.now(),
            "currency": invoice["currency"],
            "invoice": invoice["id"],
            "is_default": True,
            "livemode": False,
            "payment": {"payment_intent": intent["id"], "type": "payment_intent"},
            "status": "open",
            "status_transitions": {"canceled_at": None, "paid_at": None},
        }
    )


def collect(store: Store, invoice: dict, method: str | None = None) -> None:
    """Charge an open invoice to the subscription's card; an ApiError if there is none or it is declined."""
    subscription = store.find("subscription", invoices.subscription_id(invoice))
    customer = store.find("customer", invoice["customer"])
    kept = subscription["default_payment_method"] or customer["invoice_settings"]["default_payment_method"]
    if not (method or kept):
        raise invalid("There is no default_payment_method set on this Customer or Invoice.", code="missing")
    intent = invoices.intent_of(store, invoice["id"])
    if intent is None:
        raise invalid("This invoice has nothing to pay.")
    paying.confirm(store, intent, {"payment_method": method or kept, "off_session": True})


def try_to_collect(store: Store, invoice: dict) -> None:
    """Charge it as the clock does; a decline shows in the invoice."""
    try:
        collect(store, invoice)
    except ApiError:
        return
