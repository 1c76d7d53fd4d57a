"""Disputes: the customer's bank withdraws the money first and decides later."""

from flask import Blueprint, Response, g
from stripe import params as P  # noqa: N812 - the SDK's own namespace of request types

from sergio.sandbox.stripe import balance
from sergio.sandbox.stripe.errors import invalid
from sergio.sandbox.stripe.reading import read
from sergio.sandbox.stripe.responses import list_response, respond
from sergio.sandbox.stripe.store import Store, new_id, revise

bp = Blueprint("disputes", __name__)
DAYS_TO_ANSWER = 7
EVIDENCE = dict.fromkeys((
    "access_activity_log", "billing_address", "cancellation_policy", "cancellation_policy_disclosure",
    "cancellation_rebuttal", "customer_communication", "customer_email_address", "customer_name",
    "customer_purchase_ip", "customer_signature", "duplicate_charge_documentation", "duplicate_charge_explanation",
    "duplicate_charge_id", "product_description", "receipt", "refund_policy", "refund_policy_disclosure",
    "refund_refusal_explanation", "service_date", "service_documentation", "shipping_address", "shipping_carrier",
    "shipping_date", "shipping_documentation", "shipping_tracking_number", "uncategorized_file", "uncategorized_text",
))  # fmt: skip


@bp.get("/v1/disputes")
def index() -> Response:
    params = read(P.DisputeListParams)
    wanted = {name: params.get(name) for name in ("charge", "payment_intent")}
    return list_response(g.store.all("dispute", **wanted), params)


@bp.get("/v1/disputes/<dispute_id>")
def show(dispute_id: str) -> Response:
    return respond(g.store.find("dispute", dispute_id))


@bp.post("/v1/disputes/<dispute_id>")
def update(dispute_id: str) -> Response:
    dispute = g.store.find("dispute", dispute_id)
    params = read(P.DisputeUpdateParams)
    dispute["evidence"] |= params.pop("evidence", {})
    dispute["evidence_details"]["has_evidence"] = any(dispute["evidence"].values())
    if params.pop("submit", True) and dispute["evidence_details"]["has_evidence"]:
        dispute["evidence_details"]["submission_count"] += 1
        dispute["status"] = dispute["status"].replace("needs_response", "under_review")
    revise(dispute, params)
    g.store.emit("charge.dispute.updated", dispute)
    return respond(dispute)


@bp.post("/v1/disputes/<dispute_id>/close")
def accept(dispute_id: str) -> Response:
    """The company accepts the dispute, which is then lost."""
    dispute = g.store.find("dispute", dispute_id)
    read(P.DisputeCloseParams)
    close(g.store, dispute, "lost")
    return respond(dispute)


def open_dispute(store: Store, charge: dict, reason: str = "fraudulent", *, inquiry: bool = False) -> dict:
    """Withdraw what is left of a charge, and a fee, until the bank has decided. An inquiry moves no money."""
    if charge["disputed"] or charge["status"] != "succeeded":
        raise invalid("Only a successful charge can be disputed, and only once.")
    charge["disputed"] = not inquiry
    dispute = {
        "id": new_id("du"),
        "object": "dispute",
        "amount": charge["amount"] - charge["amount_refunded"],
        "balance_transactions": [],
        "charge": charge["id"],
        "created": store.now(),
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {**EVIDENCE, "enhanced_evidence": {}},
        "evidence_details": evidence_details(store),
        "is_charge_refundable": inquiry,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "reason": reason,
        "status": "warning_needs_response" if inquiry else "needs_response",
    }
    store.put(dispute)
    if inquiry:
        store.emit("charge.dispute.created", dispute)
        return dispute
    move(store, dispute, -dispute["amount"])
    for happened in ("created", "funds_withdrawn"):
        store.emit(f"charge.dispute.{happened}", dispute)
    return dispute


def take_back(store: Store, charge: dict, reason: str) -> dict:
    """The bank takes a debit back that had succeeded: nobody can contest that, and the account's mandate ends
    (docs.stripe.com/payments/ach-direct-debit#transaction-failures, #disputed-payments).
    """
    dispute = open_dispute(store, charge, reason)
    dispute["evidence_details"]["due_by"] = None
    close(store, dispute, "lost")
    store.revoked.append(charge["payment_method"])
    return dispute


def evidence_details(store: Store) -> dict:
    due_by = store.now() + DAYS_TO_ANSWER * 86_400
    return {
        "due_by": due_by,
        "enhanced_eligibility": {},
        "has_evidence": False,
        "submission_method": "not_submitted",
        "past_due": False,
        "submission_count": 0,
    }


def close(store: Store, dispute: dict, outcome: str) -> None:
    """The bank's decision: `won` returns the money without the fee, `lost` does not."""
    if dispute["status"] in ("won", "lost", "warning_closed"):
        raise invalid("This dispute is already closed.")
    dispute["status"] = outcome
    if outcome == "won":
        move(store, dispute, dispute["amount"])
        store.emit("charge.dispute.funds_reinstated", dispute)
    store.emit("charge.dispute.closed", dispute)


def move(store: Store, dispute: dict, amount: int) -> None:
    fees = [balance.fee_of("stripe_fee", balance.DISPUTE_FEE, dispute["currency"])] if amount < 0 else []
    dispute["balance_transactions"].append(balance.enter(store, "adjustment", dispute, amount, fees))
