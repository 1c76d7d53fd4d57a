"""Stripe's side of a customer's browser: Stripe.js, the card element's frame, and 3D Secure."""

from contextlib import suppress

from flask import Blueprint, Response, current_app, g, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from sergio.sandbox.stripe import customers, paying
from sergio.sandbox.stripe.balance import money
from sergio.sandbox.stripe.errors import ApiError, invalid
from sergio.sandbox.stripe.reading import sent
from sergio.sandbox.stripe.store import Store

bp = Blueprint("browser", __name__)


@bp.get("/stripe.js")
def script() -> Response:
    return current_app.send_static_file("stripe.js")


@bp.get("/element")
def element() -> str:
    return render_template("stripe/element.html")


@bp.get("/v1/elements/session")
def session() -> Response:
    """What the frame offers a returning customer: saved methods, and whether to save this one."""
    found = customers.open_session(g.store, sent().get("customer_session_client_secret"))
    element = found["components"]["payment_element"]
    features = element["features"] or customers.NOT_SAVING
    shown = [
        method
        for method in g.store.all("payment_method", customer=found["customer"])
        if method["allow_redisplay"] in features["payment_method_allow_redisplay_filters"]
    ]
    offers_saved = features["payment_method_redisplay"] == "enabled"
    return jsonify(
        payment_methods=shown[:10] if offers_saved else [],
        save=features["payment_method_save"] == "enabled",
        save_usage=features["payment_method_save_usage"],
    )


@bp.get("/authenticate/<account>/<client_secret>")
def challenge(account: str, client_secret: str) -> str:
    """The bank's page, for intents confirmed by a server with a `return_url`."""
    return render_template("stripe/challenge.html", intent=challenged(account, client_secret)[1])


@bp.post("/authenticate/<account>/<client_secret>")
def finish_challenge(account: str, client_secret: str) -> AnyResponse:
    store, intent = challenged(account, client_secret)
    return_url = (intent["next_action"] or {}).get("redirect_to_url", {}).get("return_url")
    with suppress(ApiError):  # a decline after the challenge; the intent carries it
        paying.finish_challenge(store, intent, request.form.get("outcome", ""))
    if not return_url:
        raise invalid("This PaymentIntent has no return_url.")
    outcome = "succeeded" if intent["status"] == "succeeded" else "failed"
    mark = "&" if "?" in return_url else "?"
    query = f"payment_intent={intent['id']}&payment_intent_client_secret={client_secret}&redirect_status={outcome}"
    return redirect(f"{return_url}{mark}{query}", 303)


def challenged(account: str, client_secret: str) -> tuple[Store, dict]:
    store = g.sandbox.stores.get(account) or g.sandbox.store()
    intent = store.find("payment_intent", client_secret.split("_secret_")[0])
    if intent["client_secret"] != client_secret:
        raise invalid("The client_secret provided does not match.")
    return store, intent


@bp.get("/receipts/<intent_id>")
def receipt(intent_id: str) -> str:
    store, intent = g.sandbox.find(intent_id)
    charge = store.find("charge", intent["latest_charge"])
    amount = money(intent["amount"], intent["currency"])
    return render_template("stripe/receipt.html", intent=intent, charge=charge, amount=amount)
