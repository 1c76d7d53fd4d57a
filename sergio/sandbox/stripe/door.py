"""The sandbox's front door: keys, accounts, faults and idempotency, in the order Stripe minds them."""

import hashlib
import json
import re
import secrets
import socket
import time
from contextlib import suppress
from pathlib import Path

import stripe
from flask import Flask, Response, current_app, g, jsonify, request
from werkzeug.exceptions import HTTPException

from . import (
    accounts,
    balance,
    browser,
    charges,
    control,
    customers,
    disputes,
    events,
    payment_intents,
    payment_methods,
    refunds,
    setup_intents,
)
from .answers import HIDDEN_FROM_BROWSERS
from .refusals import Refusal
from .sandbox import Sandbox
from .world import World, new_id

HERE = Path(__file__).parent.parent
FEATURES = (
    accounts, balance, browser, charges, control, customers, disputes, events, payment_intents, payment_methods,
    refunds, setup_intents,
)  # fmt: skip
PAGE_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:"
FOR_BROWSERS = re.compile(
    r"GET /v1/(payment|setup)_intents/\w+|POST /v1/(payment|setup)_intents/\w+/(confirm|authentication)"
    r"|POST /v1/payment_methods|GET /v1/elements/session"
)


def make_sandbox(sandbox: Sandbox | None = None) -> Flask:
    """The Flask app of a sandbox; its state is `app.extensions["sandbox"]`."""
    app = Flask("sandbox", root_path=str(HERE), static_folder="static", template_folder="templates")
    app.secret_key = secrets.token_bytes(32)
    app.config["SESSION_COOKIE_NAME"] = "sandbox"
    app.extensions["sandbox"] = sandbox or Sandbox()
    for feature in FEATURES:
        app.register_blueprint(feature.bp)
    app.before_request(come_in)
    app.after_request(go_out)
    app.teardown_request(leave)
    app.register_error_handler(Refusal, refused)
    app.register_error_handler(404, unknown)
    app.register_error_handler(405, unknown)
    return app


def come_in() -> Response | None:
    g.sandbox = current_app.extensions["sandbox"]
    g.request_id, g.fault = new_id("req"), None
    if request.method == "OPTIONS":
        return Response(status=204)
    if not request.path.startswith("/v1/"):
        g.publishable = False
        return hold()
    check_key()
    g.world = own_world()
    g.fault = g.sandbox.faults.take(request.method, request.path)
    return stumble() or replay() or hold()


def check_key() -> None:
    """The API key, by header or, from browsers, in the form. Only test keys open the sandbox."""
    sent = request.authorization
    key = (sent.token or sent.username if sent else None) or request.values.get("key", "")
    if not key:
        raise Refusal("You did not provide an API key.", status=401, remembered=False)
    if not key.startswith(("sk_test_", "rk_test_", "pk_test_")):
        raise Refusal(f"Invalid API Key provided: {key[:8]}****", status=401, remembered=False)
    g.publishable = key.startswith("pk_")
    if g.publishable and not FOR_BROWSERS.fullmatch(f"{request.method} {request.path}"):
        message = "This API call cannot be made with a publishable API key. Please use a secret API key."
        raise Refusal(message, status=401, code="secret_key_required", remembered=False)


def own_world() -> World:
    account = request.headers.get("Stripe-Account") or request.values.get("_stripe_account")
    if account and account != g.sandbox.platform:
        accounts.connected(g.sandbox.world(), account)
    return g.sandbox.world(account)


def stumble() -> Response | None:
    """What a fault does before any work is done."""
    if g.fault and g.fault.kind == "refuse":
        raise busted(g.fault.status)
    if g.fault and g.fault.kind == "drop":
        hang_up()
        return Response(status=500)
    return None


def replay() -> Response | None:
    """The first answer to this idempotency key, if there was one."""
    key = request.headers.get("Idempotency-Key")
    if not key or request.method != "POST":
        return None
    asked = json.dumps([request.path, sorted(request.form.items(multi=True))])
    g.asked = hashlib.sha256(asked.encode()).hexdigest()
    reply = g.sandbox.replies.begin(g.world.account, key, g.asked, g.sandbox.now())
    if reply:
        return Response(reply[1], reply[0], {"Idempotent-Replayed": "true"}, content_type="application/json")
    g.idempotency_key = key
    return None


def hold() -> None:
    """From here on the worlds stand still for this request alone."""
    if g.fault and g.fault.kind == "slow":
        time.sleep(g.fault.seconds)
    g.sandbox.lock.acquire()
    g.held = True
    g.sandbox.changed |= request.method != "GET"


def go_out(response: Response) -> Response:
    if g.get("fault") and g.fault.kind == "fail":
        response = refused(busted(g.fault.status))
        g.pop("forgettable", None)
    if "idempotency_key" in g and "forgettable" not in g:
        outcome = (response.status_code, response.get_data(as_text=True))
        g.sandbox.replies.finish(g.world.account, g.idempotency_key, g.asked, g.sandbox.now(), *outcome)
    if g.get("fault") and g.fault.kind == "truncate":
        response.set_data(response.get_data()[: len(response.get_data()) // 2])
    if g.get("fault") and g.fault.kind == "cut":
        hang_up()
    response.headers.update(headers_for(response))
    return response


def headers_for(response: Response) -> dict[str, str]:
    if response.mimetype == "text/html":
        return {"Content-Security-Policy": PAGE_POLICY, "Cache-Control": "no-store"}
    shared = {f"Access-Control-Allow-{name}": "*" for name in ("Origin", "Headers", "Methods")}
    return {**shared, "Request-Id": g.request_id, "Stripe-Version": stripe.api_version, "Cache-Control": "no-store"}


def leave(_error: BaseException | None) -> None:
    if "idempotency_key" in g:
        g.sandbox.replies.abandon(g.world.account, g.idempotency_key)
    if g.pop("held", False):
        g.sandbox.lock.release()


def refused(refusal: Refusal) -> Response:
    """Stripe's error body. A browser's key is told less of the intent, as in every other answer."""
    if not refusal.remembered:
        g.forgettable = True
    error = refusal.error
    if g.get("publishable") and "payment_intent" in error:
        seen = {name: value for name, value in error["payment_intent"].items() if name not in HIDDEN_FROM_BROWSERS}
        error["payment_intent"] = seen
    response = jsonify(error=error)
    response.status_code = refusal.status
    return response


def unknown(error: HTTPException) -> Response | HTTPException:
    if not request.path.startswith("/v1/"):
        return error
    message = f"Unrecognized request URL ({request.method}: {request.path})."
    return refused(Refusal(message, status=404, remembered=False))


def busted(status: int) -> Refusal:
    """The error a fault answers with."""
    if status == 429:
        return Refusal("Too many requests.", status=429, code="rate_limit", remembered=False)
    kind = "api_error" if status >= 500 else "invalid_request_error"
    return Refusal("The sandbox was told to fail.", status=status, type=kind, remembered=False)


def hang_up() -> None:
    """Close the connection under the answer, as a broken network would."""
    connection = request.environ.get("werkzeug.socket")
    if connection is not None:
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
