"""Charges: one for every attempt to take money, successful or not."""

from flask import Blueprint, Response, g
from stripe import params as P  # noqa: N812 - the SDK's own namespace of request types

from sergio.sandbox.stripe import balance
from sergio.sandbox.stripe.errors import ApiError
from sergio.sandbox.stripe.reading import read
from sergio.sandbox.stripe.responses import list_response, respond
from sergio.sandbox.stripe.store import Store, new_id

bp = Blueprint("charges", __name__)
NOTHING = dict.fromkeys((
    "application", "application_fee", "authorization_code", "balance_transaction", "failure_balance_transaction",
    "failure_code", "failure_message", "on_behalf_of", "presentment_details", "receipt_number", "review", "shipping",
    "source_transfer", "statement_descriptor", "statement_descriptor_suffix", "transfer_data", "transfer_group",
))  # fmt: skip
FROM_INTENT = ("amount", "application_fee_amount", "currency", "customer", "description", "receipt_email")
OUTCOMES = {
    "succeeded": ("approved_by_network", "Payment complete.", "authorized"),
    "pending": ("approved_by_network", "Payment complete.", "authorized"),
    "failed": (
        "declined_by_network",
        "The bank did not return any further details with this decline.",
        "issuer_declined",
    ),
}


@bp.get("/v1/charges")
def index() -> Response:
    params = read(P.ChargeListParams)
    wanted = {name: params.get(name) for name in ("customer", "payment_intent")}
    return list_response(g.store.all("charge", **wanted), params)


@bp.get("/v1/charges/<charge_id>")
def show(charge_id: str) -> Response:
    return respond(g.store.find("charge", charge_id))


def start(store: Store, intent: dict, method: dict, status: str) -> dict:
    """A charge for an intent: `succeeded`, `failed`, or `pending` until the bank settles it."""
    charge = {
        "id": new_id("ch"),
        "object": "charge",
        **NOTHING,
        **{name: intent[name] for name in FROM_INTENT},
        **paid_with(method),
        "amount_captured": 0,
        "amount_refunded": 0,
        "calculated_statement_descriptor": "SANDBOX",
        "captured": status != "failed",
        "created": store.now(),
        "disputed": False,
        "fraud_details": {},
        "livemode": False,
        "metadata": dict(intent["metadata"]),
        "outcome": outcome(status),
        "paid": False,
        "payment_intent": intent["id"],
        "radar_options": {},
        "receipt_url": f"{store.sandbox.base_url}/receipts/{intent['id']}",
        "refunded": False,
        "status": status,
    }
    intent["latest_charge"] = charge["id"]
    return store.put(charge)


def paid_with(method: dict) -> dict:
    """The values of a charge that say how it is paid."""
    return {
        "billing_details": method["billing_details"],
        "payment_method": method["id"],
        "payment_method_details": {"type": method["type"], method["type"]: details_of(method)},
    }


def outcome(status: str) -> dict:
    network_status, message, kind = OUTCOMES[status]
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": network_status,
        "reason": None,
        "risk_level": "normal",
        "risk_score": 10,
        "seller_message": message,
        "type": kind,
    }


def details_of(method: dict) -> dict:
    """The details of a method that a charge stores."""
    if method["type"] == "us_bank_account":
        account = method["us_bank_account"]
        names = ("account_holder_type", "account_type", "bank_name", "fingerprint", "last4", "routing_number")
        return {**{name: account[name] for name in names}, "expected_debit_date": None, "payment_reference": None}
    names = ("brand", "checks", "country", "exp_month", "exp_year", "fingerprint", "funding", "last4", "wallet")
    absent = dict.fromkeys(("installments", "mandate", "three_d_secure"))
    return {**{name: method["card"][name] for name in names}, **absent, "network": method["card"]["brand"]}


def note_authenticated(charge: dict) -> None:
    """The customer confirmed the payment with their bank."""
    nothing = (
        *("electronic_commerce_indicator", "exemption_indicator", "exemption_indicator_applied"),
        *("result_reason", "transaction_id"),
    )
    charge["payment_method_details"]["card"]["three_d_secure"] = {
        **dict.fromkeys(nothing),
        "authentication_flow": "challenge",
        "result": "authenticated",
        "version": "2.2.0",
    }


def succeed(store: Store, charge: dict) -> None:
    """The money was received; an application fee goes to the platform."""
    kind = "charge" if charge["payment_method_details"]["type"] == "card" else "payment"
    charge.update(status="succeeded", paid=True, captured=True, amount_captured=charge["amount"])
    charge["balance_transaction"] = balance.enter(
        store, kind, charge, charge["amount"], balance.processing_fees(charge)
    )["id"]
    if charge["application_fee_amount"]:
        charge["application_fee"] = new_id("fee")
        source = {**charge, "id": charge["application_fee"]}
        balance.enter(store.sandbox.store(), "application_fee", source, charge["application_fee_amount"])
    store.emit("charge.succeeded", charge)


def fail(store: Store, charge: dict, error: ApiError) -> None:
    body = error.body
    charge.update(status="failed", paid=False, captured=False, outcome=outcome("failed"))
    charge.update(failure_code=body["code"], failure_message=body["message"])
    store.emit("charge.failed", charge)
