"""Entering the code of a deposit, by the API or on Stripe's page, and giving up after ten days."""

from flask import Blueprint, Response, abort, g, render_template, request
from stripe import params as P  # noqa: N812 - the SDK's own namespace of request types

from sergio.sandbox.stripe import microdeposits, paying, setup_intents
from sergio.sandbox.stripe.errors import ApiError, invalid, unexpected_state
from sergio.sandbox.stripe.reading import read
from sergio.sandbox.stripe.responses import respond
from sergio.sandbox.stripe.store import Store

bp = Blueprint("verifying", __name__)
RIGHT, TOO_OFTEN, TOO_LATE = "SM11AA", "SM33CC", "SM44DD"
"""Stripe's test codes: docs.stripe.com/payments/ach-direct-debit/accept-a-payment#test."""
PREFIX = "payment_method_microdeposit_verification"
FAILURES = {
    TOO_OFTEN: (f"{PREFIX}_attempts_exceeded", "You have exceeded the number of allowed verification attempts."),
    TOO_LATE: (f"{PREFIX}_timeout", "Microdeposit verification was not completed in time."),
}


@bp.post("/v1/payment_intents/<intent_id>/verify_microdeposits")
def verify_payment(intent_id: str) -> Response:
    intent = g.store.find("payment_intent", intent_id)
    enter(g.store, intent, read(P.PaymentIntentVerifyMicrodepositsParams).get("descriptor_code", ""))
    return respond(intent)


@bp.post("/v1/setup_intents/<intent_id>/verify_microdeposits")
def verify_setup(intent_id: str) -> Response:
    intent = g.store.find("setup_intent", intent_id)
    enter(g.store, intent, read(P.SetupIntentVerifyMicrodepositsParams).get("descriptor_code", ""))
    return respond(intent)


@bp.route("/verify/<account>/<client_secret>", methods=["GET", "POST"])
def page(account: str, client_secret: str) -> str:
    """Stripe's page: the customer finds its address in their email, and needs nothing else."""
    store = g.sandbox.stores.get(account) or abort(404)
    intent = store.objects.get(client_secret.split("_secret_")[0]) or abort(404)
    if intent["client_secret"] != client_secret:
        abort(404)
    problem = ""
    if request.method == "POST":
        try:
            enter(store, intent, request.form.get("code", "").strip().upper())
        except ApiError as error:
            problem = str(error)
    return render_template(
        "stripe/verify.html", waiting=microdeposits.is_waiting(intent), intent=intent, problem=problem
    )


def enter(store: Store, intent: dict, code: str) -> None:
    """The right code goes on with the payment, or saves the account; a wrong one is an ApiError."""
    if not microdeposits.is_waiting(intent):
        raise unexpected_state("There is no bank account to confirm.", intent["object"], intent)
    if code in FAILURES:
        give_up(store, intent, code)
    elif code == RIGHT:
        method = store.find("payment_method", intent["payment_method"])
        store.set_up.append(method["id"])
        (paying.ask_bank if intent["object"] == "payment_intent" else setup_intents.save)(store, intent, method)
    else:
        message = "The verification code provided does not match the one sent to the bank account."
        raise invalid(message, "descriptor_code", f"{PREFIX}_descriptor_code_mismatch")


def give_up(store: Store, intent: dict, why: str = TOO_LATE) -> None:
    code, message = FAILURES[why]
    error, method = invalid(message, code=code), store.find("payment_method", intent["payment_method"])
    if intent["object"] == "setup_intent":
        setup_intents.fail_setup(store, intent, method, error)
    else:
        paying.note_failure(store, intent, method, error)


def expire(store: Store, now: int) -> None:
    """Give up what has waited for ten days."""
    for intent in (*store.all("payment_intent"), *store.all("setup_intent")):
        if microdeposits.has_expired(intent, now):
            give_up(store, intent)
