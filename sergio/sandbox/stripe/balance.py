"""The balance of each account: one balance transaction for each movement of money."""

from collections.abc import Sequence

from flask import Blueprint, Response, g, jsonify
from stripe import params as P  # noqa: N812 - the SDK's own namespace of request types

from sergio.sandbox.stripe.reading import read
from sergio.sandbox.stripe.responses import list_response, respond
from sergio.sandbox.stripe.store import Store, new_id

bp = Blueprint("balance", __name__)
DISPUTE_FEE = 1500


@bp.get("/v1/balance_transactions")
def index() -> Response:
    params = read(P.BalanceTransactionListParams)
    wanted = {name: params.get(name) for name in ("source", "type", "currency")}
    return list_response(g.store.all("balance_transaction", **wanted), params)


@bp.get("/v1/balance_transactions/<transaction_id>")
def show(transaction_id: str) -> Response:
    return respond(g.store.find("balance_transaction", transaction_id))


@bp.get("/v1/balance")
def total() -> Response:
    available = [{"amount": amount, "currency": currency} for currency, amount in totals(g.store).items()]
    return jsonify(object="balance", available=available, pending=[], livemode=False)


def totals(store: Store) -> dict[str, int]:
    """The account's balance after fees, in minor units by currency."""
    sums: dict[str, int] = {}
    for each in store.all("balance_transaction"):
        sums[each["currency"]] = sums.get(each["currency"], 0) + each["net"]
    return dict(sorted(sums.items()))


def enter(store: Store, kind: str, source: dict, amount: int, fees: Sequence[dict] = ()) -> dict:
    """Add a balance transaction of `amount` minor units, less `fees`, for the object `source`."""
    fee = sum(each["amount"] for each in fees)
    return store.put(
        {
            "id": new_id("txn"),
            "object": "balance_transaction",
            "amount": amount,
            "available_on": store.now(),
            "balance_type": "payments",
            "created": store.now(),
            "currency": source["currency"],
            "description": source.get("description"),
            "exchange_rate": None,
            "fee": fee,
            "fee_details": list(fees),
            "net": amount - fee,
            "reporting_category": {"payment": "charge", "adjustment": "dispute"}.get(kind, kind),
            "source": source["id"],
            "status": "available",
            "type": kind,
        }
    )


def processing_fees(charge: dict) -> list[dict]:
    """Stripe's list price in the US (2.9 % + 30 for cards, 0.8 % up to 500 for ACH), then the platform's own fee."""
    amount, currency = charge["amount"], charge["currency"]
    card = charge["payment_method_details"]["type"] == "card"
    stripe_fee = amount * 29 // 1000 + 30 if card else min(amount * 8 // 1000, 500)
    fees = [fee_of("stripe_fee", stripe_fee, currency)]
    if charge["application_fee_amount"]:
        fees.append(fee_of("application_fee", charge["application_fee_amount"], currency))
    return fees


def money(amount: int, currency: str) -> str:
    """Minor units, formatted; some currencies have no decimals (docs.stripe.com/currencies)."""
    whole = currency in ("jpy", "krw", "clp", "vnd", "xof", "xaf")
    return f"{amount:,} {currency.upper()}" if whole else f"{amount / 100:,.2f} {currency.upper()}"


def fee_of(kind: str, amount: int, currency: str) -> dict:
    return {"amount": amount, "application": None, "currency": currency, "description": None, "type": kind}
