"""Refunds: never more than was paid. Cards get theirs at once, banks when they settle."""

from flask import Blueprint, Response, g
from stripe import params as P  # noqa: N812 - the SDK's own namespace of request types

from . import balance
from .answers import answer, answer_page
from .reading import read
from .refusals import invalid
from .world import World, new_id, revise

bp = Blueprint("refunds", __name__)
NOTHING = dict.fromkeys(
    ("failure_balance_transaction", "receipt_number", "source_transfer_reversal", "transfer_reversal")
)


@bp.post("/v1/refunds")
def create() -> Response:
    params = read(P.RefundCreateParams)
    charge = charge_of(g.world, params)
    return answer(refund(g.world, charge, params.get("amount"), params))


@bp.get("/v1/refunds")
def index() -> Response:
    params = read(P.RefundListParams)
    wanted = {name: params.get(name) for name in ("charge", "payment_intent")}
    return answer_page(g.world.all("refund", **wanted), params)


@bp.get("/v1/refunds/<refund_id>")
def show(refund_id: str) -> Response:
    return answer(g.world.find("refund", refund_id))


@bp.post("/v1/refunds/<refund_id>")
def update(refund_id: str) -> Response:
    found = g.world.find("refund", refund_id)
    revise(found, read(P.RefundUpdateParams))
    g.world.emit("refund.updated", found)
    return answer(found)


def charge_of(world: World, params: dict) -> dict:
    """The charge to give back: named itself, or the last one of a PaymentIntent."""
    if identifier := params.get("payment_intent"):
        intent = world.find("payment_intent", identifier)
        if not intent["latest_charge"]:
            raise invalid(
                "This PaymentIntent does not have a successful charge to refund.", code="charge_not_refundable"
            )
        return world.find("charge", intent["latest_charge"])
    if not params.get("charge"):
        raise invalid("One of the following params should be provided for this request: payment_intent or charge.")
    return world.find("charge", params["charge"])


def refund(world: World, charge: dict, amount: int | None = None, params: dict | None = None) -> dict:
    """Give back `amount` minor units, or all that is left."""
    left = charge["amount"] - charge["amount_refunded"]
    check(charge, left, amount)
    params, amount = params or {}, amount or left
    made = {
        "id": new_id("re"),
        "object": "refund",
        **NOTHING,
        "amount": amount,
        "charge": charge["id"],
        "created": world.now(),
        "currency": charge["currency"],
        "destination_details": {"type": charge["payment_method_details"]["type"]},
        "metadata": params.get("metadata") or {},
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "reason": params.get("reason"),
        "status": "succeeded" if charge["payment_method_details"]["type"] == "card" else "pending",
    }
    made["balance_transaction"] = balance.enter(world, "refund", made, -amount)["id"]
    world.put(made)
    world.emit("refund.created", made)
    count(world, charge, amount)
    return made


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


def count(world: World, charge: dict, amount: int) -> None:
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    world.emit("charge.refunded" if amount > 0 else "charge.updated", charge)


def settle(world: World, pending: dict) -> None:
    """The bank has paid a refund out."""
    pending["status"] = "succeeded"
    announce(world, pending)


def fail(world: World, sent: dict) -> None:
    """The bank could not pay a refund out and sent the money back: the charge is as before."""
    sent.update(status="failed", failure_reason="expired_or_canceled_card")
    sent["failure_balance_transaction"] = balance.enter(world, "refund_failure", sent, sent["amount"])["id"]
    announce(world, sent)
    world.emit("refund.failed", sent)
    count(world, world.find("charge", sent["charge"]), -sent["amount"])


def announce(world: World, changed: dict) -> None:
    world.emit("refund.updated", changed)
    world.emit("charge.refund.updated", changed)
