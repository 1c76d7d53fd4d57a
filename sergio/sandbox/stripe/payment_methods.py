"""Payment methods: cards and US bank accounts, made in the browser or from Stripe's tokens, saved with a customer."""

import hashlib
import re

from flask import Blueprint, Response, g
from stripe import params as P  # noqa: N812 - the SDK's own namespace of request types

from . import cards
from .answers import answer, answer_page
from .reading import read, sent
from .refusals import Refusal, declined, invalid, missing
from .world import World, new_id, revise

bp = Blueprint("payment_methods", __name__)
ADDRESS = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
TYPES = ("card", "us_bank_account")


@bp.post("/v1/payment_methods")
def create() -> Response:
    params = sent() if g.publishable else read(P.PaymentMethodCreateParams)
    return answer(make(g.world, params))


@bp.get("/v1/payment_methods")
def index() -> Response:
    params = read(P.PaymentMethodListParams)
    wanted = {name: params.get(name) for name in ("customer", "type", "allow_redisplay")}
    return answer_page(g.world.all("payment_method", **wanted), params)


@bp.get("/v1/payment_methods/<method_id>")
def show(method_id: str) -> Response:
    return answer(pick(g.world, method_id))


@bp.post("/v1/payment_methods/<method_id>")
def update(method_id: str) -> Response:
    method, params = g.world.find("payment_method", method_id), read(P.PaymentMethodUpdateParams)
    method["billing_details"] |= params.pop("billing_details", {})
    method.get("card", {}).update(params.pop("card", {}))
    revise(method, params)
    g.world.emit("payment_method.updated", method)
    return answer(method)


@bp.post("/v1/payment_methods/<method_id>/attach")
def create_attachment(method_id: str) -> Response:
    method = pick(g.world, method_id)
    attach(g.world, method, read(P.PaymentMethodAttachParams).get("customer"))
    return answer(method)


@bp.post("/v1/payment_methods/<method_id>/detach")
def destroy_attachment(method_id: str) -> Response:
    read(P.PaymentMethodDetachParams)
    method = g.world.find("payment_method", method_id)
    detach(g.world, method)
    return answer(method)


def pick(world: World, identifier: str) -> dict:
    """The method of that id; one of Stripe's tokens (`pm_card_visa`) makes a new one each time."""
    if identifier not in cards.TOKENS:
        return world.find("payment_method", identifier)
    return of_number(world, cards.TOKENS[identifier])


def of_number(world: World, number: str) -> dict:
    """A method with one of Stripe's test card or account numbers."""
    if number in cards.ACCOUNTS:
        account = {"routing_number": "110000000", "account_number": number}
        return make(world, {"type": "us_bank_account", "us_bank_account": account})
    card = {"number": number, "exp_month": 12, "exp_year": 2034, "cvc": "123"}
    return make(world, {"type": "card", "card": card}, typed_by="sandbox")


def make(world: World, params: dict, *, typed_by: str = "caller") -> dict:
    """A new method from what was typed; card numbers are taken from browsers only, as Stripe insists."""
    kind = params.get("type")
    if kind not in TYPES:
        raise invalid(f"The sandbox does not know the payment method type {kind}.", "type")
    if kind == "card" and typed_by == "caller" and not g.publishable:
        raise invalid("Card numbers must not come from a server. Use a token such as pm_card_visa.", "card")
    details, number = (card_of if kind == "card" else account_of)(world, params.get(kind) or {})
    method = {
        "id": new_id("pm"),
        "object": "payment_method",
        "allow_redisplay": params.get("allow_redisplay", "unspecified"),
        "billing_details": billing_details(params.get("billing_details") or {}),
        "created": world.now(),
        "customer": None,
        "customer_account": None,
        "livemode": False,
        "metadata": params.get("metadata") or {},
        "type": kind,
        kind: details,
    }
    world.numbers[method["id"]] = number
    return world.put(method)


def billing_details(given: dict) -> dict:
    empty = dict.fromkeys(("email", "name", "phone", "tax_id"))
    return {**empty, **given, "address": ADDRESS | (given.get("address") or {})}


def card_of(world: World, typed: dict) -> tuple[dict, str]:
    """A card's public face, and its number if it is a test number: no other number is kept anywhere."""
    number = re.sub(r"\D", "", str(typed.get("number", "")))
    if not cards.passes_luhn(number):
        raise declined("Your card number is incorrect.", "incorrect_number", param="number")
    year, month = expiry_of(world, typed)
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


def expiry_of(world: World, typed: dict) -> tuple[int, int]:
    try:
        month, year = int(typed["exp_month"]), int(typed["exp_year"])
    except (KeyError, ValueError):
        raise declined(
            "Your card's expiration date is incomplete.", "invalid_expiry_month", param="exp_month"
        ) from None
    year += 2000 if year < 100 else 0
    if not 1 <= month <= 12:
        raise declined("Your card's expiration month is invalid.", "invalid_expiry_month", param="exp_month")
    if (year, month) < world.sandbox.today().timetuple()[:2]:
        raise declined("Your card's expiration year is invalid.", "invalid_expiry_year", param="exp_year")
    return year, month


def account_of(world: World, typed: dict) -> tuple[dict, str]:
    """A US bank account's public face, and its number if it is a test number."""
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
    """The same for the same card, as Stripe's is; of test numbers only, so that no real one can be guessed from it."""
    known = number if number in cards.CARDS or number in cards.ACCOUNTS else "unknown"
    return hashlib.sha256(known.encode()).hexdigest()[:16]


def behaviour_of(world: World, method: dict) -> cards.Behaviour:
    return cards.behaviour_of(world.numbers.get(method["id"], ""))


def attach(world: World, method: dict, customer_id: str | None) -> None:
    """Save a method with a customer. A card that would be declined cannot be saved, save for 4000000000000341."""
    world.find("customer", customer_id)
    check_fresh(world, method)
    if method["customer"] not in (None, customer_id):
        raise invalid("The payment method you provided has already been attached to a customer.")
    if method["customer"] is None:
        check_saving(world, method)
        method["customer"] = customer_id
        world.emit("payment_method.attached", method)


def check_fresh(world: World, method: dict) -> None:
    """A method that was detached, or used once without a customer, is spent."""
    if method["id"] in world.spent:
        raise invalid(
            "This PaymentMethod was previously used without being attached to a Customer or was detached from a "
            "Customer, and may not be used again.",
            "payment_method",
        )


def check_saving(world: World, method: dict) -> None:
    behaviour = behaviour_of(world, method)
    if method["type"] == "card" and behaviour.failure and not behaviour.saves_first:
        raise refusal_of(world, method)


def refusal_of(world: World, method: dict) -> Refusal:
    """The card's own no, carrying the method that was tried."""
    refusal = behaviour_of(world, method).refusal()
    refusal.details["payment_method"] = dict(method)
    return refusal


def detach(world: World, method: dict) -> None:
    if method["customer"] is None:
        raise invalid("The payment method you provided is not attached to a customer so detachment is impossible.")
    method["customer"] = None
    world.spent.append(method["id"])
    world.emit("payment_method.detached", method)


def saved(world: World, customer_id: str, method_id: str) -> dict:
    """That customer's own method; to anyone else it does not exist."""
    world.find("customer", customer_id)
    method = world.find("payment_method", method_id)
    if method["customer"] != customer_id:
        raise missing("payment_method", method_id)
    return method
