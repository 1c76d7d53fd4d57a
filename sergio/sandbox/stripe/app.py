"""The sandbox as a Flask app: keys, accounts, faults and idempotency, in the order Stripe checks them."""

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

from sergio.sandbox.stripe import (
    accounts,
    balance,
    browser,
    charges,
    collecting,
    control,
    customers,
    disputes,
    events,
    invoices,
    payment_intents,
    payment_methods,
    prices,
    refunds,
    setup_intents,
    subscriptions,
    verifying,
)
from sergio.sandbox.stripe.errors import ApiError
from sergio.sandbox.stripe.responses import HIDDEN_FROM_BROWSERS
from sergio.sandbox.stripe.sandbox import Sandbox
from sergio.sandbox.stripe.store import Store, new_id

HERE = Path(__file__).parent.parent
FEATURES = (
    accounts, balance, browser, charges, collecting, control, customers, disputes, events, invoices, payment_intents,
    payment_methods, prices, refunds, setup_intents, subscriptions, verifying,
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
    app.before_request(before_request)
    app.after_request(after_request)
    app.teardown_request(teardown)
    app.register_error_handler(ApiError, error_response)
    app.register_error_handler(404, not_found)
    app.register_error_handler(405, not_found)
    return app


def before_request() -> Response | None:
    g.sandbox = current_app.extensions["sandbox"]
    g.request_id = new_id("req")
    g.fault = None
    if request.method == "OPTIONS":
        return Response(status=204)
    if not request.path.startswith("/v1/"):
        g.publishable = False
        return take_lock()
    check_key()
    g.store = own_store()
    g.fault = g.sandbox.faults.take(request.method, request.path)
    return apply_fault() or replay() or take_lock()


def check_key() -> None:
    """Check the API key, from the header or, from browsers, the form. The sandbox only accepts test keys."""
    sent = request.authorization
    key = (sent.token or sent.username if sent else None) or request.values.get("key", "")
    if not key:
        raise ApiError("You did not provide an API key.", status=401, remembered=False)
    if not key.startswith(("sk_test_", "rk_test_", "pk_test_")):
        raise ApiError(f"Invalid API Key provided: {key[:8]}****", status=401, remembered=False)
    g.publishable = key.startswith("pk_")
    if g.publishable and not FOR_BROWSERS.fullmatch(f"{request.method} {request.path}"):
        message = "This API call cannot be made with a publishable API key. Please use a secret API key."
        raise ApiError(message, status=401, code="secret_key_required", remembered=False)


def own_store() -> Store:
    account = request.headers.get("Stripe-Account") or request.values.get("_stripe_account")
    if account and account != g.sandbox.platform:
        accounts.connected(g.sandbox.store(), account)
    return g.sandbox.store(account)


def apply_fault() -> Response | None:
    """Apply a fault that prevents the request from being processed."""
    if g.fault and g.fault.kind == "refuse":
        raise fault_error(g.fault.status)
    if g.fault and g.fault.kind == "drop":
        hang_up()
        return Response(status=500)
    return None


def replay() -> Response | None:
    """The first response for this idempotency key, if there was one."""
    key = request.headers.get("Idempotency-Key")
    if not key or request.method != "POST":
        return None
    sent = json.dumps([request.path, sorted(request.form.items(multi=True))])
    g.fingerprint = hashlib.sha256(sent.encode()).hexdigest()
    reply = g.sandbox.replies.begin(g.store.account, key, g.fingerprint, g.sandbox.now())
    if reply:
        return Response(reply[1], reply[0], {"Idempotent-Replayed": "true"}, content_type="application/json")
    g.idempotency_key = key
    return None


def take_lock() -> None:
    """Lock the stores for this request."""
    if g.fault and g.fault.kind == "slow":
        time.sleep(g.fault.seconds)
    g.sandbox.lock.acquire()
    g.held = True
    g.sandbox.changed |= request.method != "GET"


def after_request(response: Response) -> Response:
    if g.get("fault") and g.fault.kind == "fail":
        response = error_response(fault_error(g.fault.status))
        g.pop("forgettable", None)
    if "idempotency_key" in g and "forgettable" not in g:
        outcome = (response.status_code, response.get_data(as_text=True))
        g.sandbox.replies.finish(g.store.account, g.idempotency_key, g.fingerprint, g.sandbox.now(), *outcome)
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


def teardown(_error: BaseException | None) -> None:
    if "idempotency_key" in g:
        g.sandbox.replies.abandon(g.store.account, g.idempotency_key)
    if g.pop("held", False):
        g.sandbox.lock.release()


def error_response(error: ApiError) -> Response:
    """Stripe's error body. With a publishable key, an intent has fewer fields, as in every response."""
    if not error.remembered:
        g.forgettable = True
    body = error.body
    if g.get("publishable") and "payment_intent" in body:
        seen = {name: value for name, value in body["payment_intent"].items() if name not in HIDDEN_FROM_BROWSERS}
        body["payment_intent"] = seen
    response = jsonify(error=body)
    response.status_code = error.status
    return response


def not_found(error: HTTPException) -> Response | HTTPException:
    if not request.path.startswith("/v1/"):
        return error
    message = f"Unrecognized request URL ({request.method}: {request.path})."
    return error_response(ApiError(message, status=404, remembered=False))


def fault_error(status: int) -> ApiError:
    """The error of a fault."""
    if status == 429:
        return ApiError("Too many requests.", status=429, code="rate_limit", remembered=False)
    kind = "api_error" if status >= 500 else "invalid_request_error"
    return ApiError("The sandbox was told to fail.", status=status, type=kind, remembered=False)


def hang_up() -> None:
    """Close the connection before the response is sent, as a broken network would."""
    connection = request.environ.get("werkzeug.socket")
    if connection is not None:
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
