"""Payment methods: cards and US bank accounts, created in the browser or from Stripe's tokens, saved to customers."""

import hashlib
import re

from flask import Blueprint, Response, g
from stripe import params as P  # noqa: N812 - the SDK's own namespace of request types

from sergio.sandbox.stripe import cards
from sergio.sandbox.stripe.errors import ApiError, declined, invalid, missing
from sergio.sandbox.stripe.reading import read, sent
from sergio.sandbox.stripe.responses import list_response, respond
from sergio.sandbox.stripe.store import Store, new_id, revise

bp = Blueprint("payment_methods", __name__)
ADDRESS = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
TYPES = ("card", "us_bank_account")
DECLINED_LATER = "4000000000000341"
"""The test card that can be saved, but is declined whenever it is charged."""


@bp.post("/v1/payment_methods")
def create() -> Response:
    params = sent() if g.publishable else read(P.PaymentMethodCreateParams)
    return respond(make(g.store, params))


@bp.get("/v1/payment_methods")
def index() -> Response:
    params = read(P.PaymentMethodListParams)
    wanted = {name: params.get(name) for name in ("customer", "type", "allow_redisplay")}
    return list_response(g.store.all("payment_method", **wanted), params)


@bp.get("/v1/payment_methods/<method_id>")
def show(method_id: str) -> Response:
    return respond(pick(g.store, method_id))


@bp.post("/v1/payment_methods/<method_id>")
def update(method_id: str) -> Response:
    method = g.store.find("payment_method", method_id)
    params = read(P.PaymentMethodUpdateParams)
    method["billing_details"] |= params.pop("billing_details", {})
    method.get("card", {}).update(params.pop("card", {}))
    revise(method, params)
    g.store.emit("payment_method.updated", method)
    return respond(method)


@bp.post("/v1/payment_methods/<method_id>/attach")
def create_attachment(method_id: str) -> Response:
    method = pick(g.store, method_id)
    attach(g.store, method, read(P.PaymentMethodAttachParams).get("customer"))
    return respond(method)


@bp.post("/v1/payment_methods/<method_id>/detach")
def destroy_attachment(method_id: str) -> Response:
    read(P.PaymentMethodDetachParams)
    method = g.store.find("payment_method", method_id)
    detach(g.store, method)
    return respond(method)


def pick(store: Store, identifier: str) -> dict:
    """The method with that id; one of Stripe's tokens (`pm_card_visa`) creates a new one each time."""
    if identifier not in cards.TOKENS:
        return store.find("payment_method", identifier)
    return of_number(store, cards.TOKENS[identifier])


def of_number(store: Store, number: str) -> dict:
    """A method with one of Stripe's test card or account numbers."""
    if number in cards.ACCOUNTS:
        account = {"routing_number": "110000000", "account_number": number}
        return make(store, {"type": "us_bank_account", "us_bank_account": account})
    card = {"number": number, "exp_month": 12, "exp_year": 2034, "cvc": "123"}
    return make(store, {"type": "card", "card": card}, typed_by="sandbox")


def make(store: Store, params: dict, *, typed_by: str = "caller") -> dict:
    """A new method from typed details; card numbers are only accepted from browsers, as Stripe requires."""
    kind = params.get("type")
    if kind not in TYPES:
        raise invalid(f"The sandbox does not support the payment method type {kind}.", "type")
    if kind == "card" and typed_by == "caller" and not g.publishable:
        raise invalid("Card numbers must not come from a server. Use a token such as pm_card_visa.", "card")
    details, number = (card_of if kind == "card" else account_of)(store, params.get(kind) or {})
    method = {
        "id": new_id("pm"),
        "object": "payment_method",
        "allow_redisplay": params.get("allow_redisplay", "unspecified"),
        "billing_details": billing_details(params.get("billing_details") or {}),
        "created": store.now(),
        "customer": None,
        "customer_account": None,
        "livemode": False,
        "metadata": params.get("metadata") or {},
        "type": kind,
        kind: details,
    }
    store.numbers[method["id"]] = number
    return store.put(method)


def billing_details(given: dict) -> dict:
    empty = dict.fromkeys(("email", "name", "phone", "tax_id"))
    return {**empty, **given, "address": ADDRESS | (given.get("address") or {})}


def card_of(store: Store, typed: dict) -> tuple[dict, str]:
    """A card's public details, and its number if it is a test number: no other number is stored."""
    number = re.sub(r"\D", "", str(typed.get("number", "")))
    if not cards.passes_luhn(number):
        raise declined("Your card number is incorrect.", "incorrect_number", param="number")
    year, month = expiry_of(store, typed)
    card = {
        "brand": cards.brand_of(number),
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": "US",
        "display_brand": cards.brand_of(number),
        "exp_month": month,
        "exp_year": year,
        "fingerprint": fingerprint(number),
        "funding": "credit",
        "generated_from": None,
        "last4": number[-4:],
        "networks": {"available": [cards.brand_of(number)], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }
    return card, number if number in cards.CARDS else ""


def expiry_of(store: Store, typed: dict) -> tuple[int, int]:
    try:
        month, year = int(typed["exp_month"]), int(typed["exp_year"])
    except (KeyError, ValueError):
        raise declined(
            "Your card's expiration date is incomplete.", "invalid_expiry_month", param="exp_month"
        ) from None
    year += 2000 if year < 100 else 0
    if not 1 <= month <= 12:
        raise declined("Your card's expiration month is invalid.", "invalid_expiry_month", param="exp_month")
    if (year, month) < store.sandbox.today().timetuple()[:2]:
        raise declined("Your card's expiration year is invalid.", "invalid_expiry_year", param="exp_year")
    return year, month


def account_of(store: Store, typed: dict) -> tuple[dict, str]:
    """A US bank account's public details, and its number if it is a test number."""
    number = re.sub(r"\D", "", str(typed.get("account_number", "")))
    if not re.fullmatch(r"\d{9}", str(typed.get("routing_number", ""))):
        raise invalid("The routing number is not valid.", "us_bank_account[routing_number]", "routing_number_invalid")
    if number not in cards.ACCOUNTS:
        raise invalid(
            "You must use a test bank account number in test mode.", "account_number", "account_number_invalid"
        )
    account = {
        "account_holder_type": typed.get("account_holder_type", "individual"),
        "account_type": typed.get("account_type", "checking"),
        "bank_name": "STRIPE TEST BANK",
        "financial_connections_account": None,
        "fingerprint": fingerprint(number),
        "last4": number[-4:],
        "networks": {"preferred": "ach", "supported": ["ach"]},
        "routing_number": typed["routing_number"],
        "status_details": {},
    }
    return account, number


def fingerprint(number: str) -> str:
    """The same for the same card, as Stripe's; only for test numbers, so that no real one can be derived from it."""
    known = number if number in cards.CARDS or number in cards.ACCOUNTS else "unknown"
    return hashlib.sha256(known.encode()).hexdigest()[:16]


def behavior_of(store: Store, method: dict) -> cards.Behavior:
    return cards.behavior_of(store.numbers.get(method["id"], ""))


def attach(store: Store, method: dict, customer_id: str | None) -> None:
    """Save a method to a customer. A card that would be declined cannot be saved, except 4000000000000341."""
    store.find("customer", customer_id)
    check_fresh(store, method)
    if method["customer"] not in (None, customer_id):
        raise invalid("The payment method you provided has already been attached to a customer.")
    if method["customer"] is None:
        check_saving(store, method)
        method["customer"] = customer_id
        store.emit("payment_method.attached", method)


def check_fresh(store: Store, method: dict) -> None:
    """Raise an ApiError for a method that was detached, or used once without a customer."""
    if method["id"] in store.spent:
        raise invalid(
            "This PaymentMethod was previously used without being attached to a Customer or was detached from a "
            "Customer, and may not be used again.",
            "payment_method",
        )


def check_mandate(store: Store, method: dict) -> None:
    """Raise an ApiError for a saved bank account from which the bank took a payment back."""
    if method["id"] in store.revoked:
        raise invalid(
            "This PaymentIntent requires a mandate, but no existing mandate was found. Collect mandate acceptance from "
            "the customer and try again, providing acceptance data in the mandate_data parameter.",
        )


def check_saving(store: Store, method: dict) -> None:
    behavior = behavior_of(store, method)
    if method["type"] == "card" and behavior.failure and not behavior.saves_first:
        raise error_of(store, method)


def error_of(store: Store, method: dict) -> ApiError:
    """The card's decline, with the method that was tried."""
    error = behavior_of(store, method).error()
    error.details["payment_method"] = dict(method)
    return error


def detach(store: Store, method: dict) -> None:
    if method["customer"] is None:
        raise invalid("The payment method you provided is not attached to a customer so detachment is impossible.")
    method["customer"] = None
    store.spent.append(method["id"])
    store.emit("payment_method.detached", method)


def saved(store: Store, customer_id: str, method_id: str) -> dict:
    """That customer's own method; an ApiError (404) for any other."""
    store.find("customer", customer_id)
    method = store.find("payment_method", method_id)
    if method["customer"] != customer_id:
        raise missing("payment_method", method_id)
    return method
