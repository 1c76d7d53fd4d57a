"""Refunds, never more than was paid. Those to cards succeed at once, those to bank accounts when they settle."""

from flask import Blueprint, Response, g
from stripe import params as P  # noqa: N812 - the SDK's own namespace of request types

from sergio.sandbox.stripe import balance, payment_methods
from sergio.sandbox.stripe.errors import invalid
from sergio.sandbox.stripe.reading import read
from sergio.sandbox.stripe.responses import list_response, respond
from sergio.sandbox.stripe.store import Store, new_id, revise

bp = Blueprint("refunds", __name__)
NOTHING = dict.fromkeys(
    ("failure_balance_transaction", "receipt_number", "source_transfer_reversal", "transfer_reversal")
)


@bp.post("/v1/refunds")
def create() -> Response:
    params = read(P.RefundCreateParams)
    charge = charge_of(g.store, params)
    return respond(refund(g.store, charge, params.get("amount"), params))


@bp.get("/v1/refunds")
def index() -> Response:
    params = read(P.RefundListParams)
    wanted = {name: params.get(name) for name in ("charge", "payment_intent")}
    return list_response(g.store.all("refund", **wanted), params)


@bp.get("/v1/refunds/<refund_id>")
def show(refund_id: str) -> Response:
    return respond(g.store.find("refund", refund_id))


@bp.post("/v1/refunds/<refund_id>")
def update(refund_id: str) -> Response:
    found = g.store.find("refund", refund_id)
    revise(found, read(P.RefundUpdateParams))
    g.store.emit("refund.updated", found)
    return respond(found)


def charge_of(store: Store, params: dict) -> dict:
    """The charge to refund: by its id, or the last one of a PaymentIntent."""
    if identifier := params.get("payment_intent"):
        intent = store.find("payment_intent", identifier)
        if not intent["latest_charge"]:
            raise invalid(
                "This PaymentIntent does not have a successful charge to refund.", code="charge_not_refundable"
            )
        return store.find("charge", intent["latest_charge"])
    if not params.get("charge"):
        raise invalid("One of the following params should be provided for this request: payment_intent or charge.")
    return store.find("charge", params["charge"])


def refund(store: Store, charge: dict, amount: int | None = None, params: dict | None = None) -> dict:
    """Refund `amount` minor units, or all that is left."""
    left = charge["amount"] - charge["amount_refunded"]
    check(charge, left, amount)
    params, amount = params or {}, amount or left
    made = {
        "id": new_id("re"),
        "object": "refund",
        **NOTHING,
        "amount": amount,
        "charge": charge["id"],
        "created": store.now(),
        "currency": charge["currency"],
        "destination_details": {"type": charge["payment_method_details"]["type"]},
        "metadata": params.get("metadata") or {},
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "reason": params.get("reason"),
        "status": "pending" if waits(store, charge) else "succeeded",
    }
    made["balance_transaction"] = balance.enter(store, "refund", made, -amount)["id"]
    store.put(made)
    store.emit("refund.created", made)
    count(store, charge, amount)
    return made


def waits(store: Store, charge: dict) -> bool:
    """Whether a refund of it is pending at first: those to bank accounts are, and those to one of the test cards."""
    method = store.find("payment_method", charge["payment_method"])
    return method["type"] != "card" or payment_methods.behavior_of(store, method).refunds_wait


def check(charge: dict, left: int, amount: int | None) -> None:
    if charge["status"] != "succeeded":
        raise invalid("This charge has not succeeded, so it cannot be refunded.", code="charge_not_refundable")
    if charge["disputed"]:
        raise invalid(f"Charge {charge['id']} has been charged back; cannot issue a refund.", code="charge_disputed")
    if left == 0:
        raise invalid(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    if amount is not None and not 1 <= amount <= left:
        raise invalid(
            f"Refund amount ({amount}) must lie between 1 and the unrefunded amount on charge ({left}).", "amount"
        )


def count(store: Store, charge: dict, amount: int) -> None:
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    store.emit("charge.refunded" if amount > 0 else "charge.updated", charge)


def settle(store: Store, pending: dict) -> None:
    pending["status"] = "succeeded"
    announce(store, pending)


def fail(store: Store, sent: dict, reason: str = "expired_or_canceled_card") -> None:
    """The bank returned the refund, so the charge is as before."""
    sent.update(status="failed", failure_reason=reason)
    sent["failure_balance_transaction"] = balance.enter(store, "refund_failure", sent, sent["amount"])["id"]
    announce(store, sent)
    store.emit("refund.failed", sent)
    count(store, store.find("charge", sent["charge"]), -sent["amount"])


def announce(store: Store, changed: dict) -> None:
    store.emit("refund.updated", changed)
    store.emit("charge.refund.updated", changed)
