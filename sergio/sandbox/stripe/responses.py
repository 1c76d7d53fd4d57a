"""Responses: objects with `expand`, with fewer fields for a publishable key, and paged lists."""

import copy

from flask import Response, g, jsonify, request

from sergio.sandbox.stripe.errors import invalid
from sergio.sandbox.stripe.reading import sent
from sergio.sandbox.stripe.store import Store

HIDDEN_FROM_BROWSERS = {
    "metadata", "customer", "latest_charge", "application_fee_amount", "application", "on_behalf_of",
}  # fmt: skip


def respond(found: dict) -> Response:
    """One object, with the fields of `expand` instead of their ids."""
    shown = copy.deepcopy(found)
    for path in sent().get("expand", []):
        expand(g.store, shown, path.split("."))
    if g.publishable:
        shown = {name: value for name, value in shown.items() if name not in HIDDEN_FROM_BROWSERS}
    return jsonify(shown)


def list_response(found: list[dict], params: dict) -> Response:
    """The page of a list (newest first) for `limit`, `starting_after`, `ending_before` and `created`."""
    found = [each for each in found if was_created(each, params.get("created"))]
    limit = params.get("limit", 10)
    if not 1 <= limit <= 100:
        raise invalid("This value must be between 1 and 100 (inclusive).", "limit", "parameter_invalid_integer")
    start = 0
    stop = len(found)
    if after := params.get("starting_after"):
        start = position(found, after, "starting_after") + 1
    if before := params.get("ending_before"):
        stop = position(found, before, "ending_before")
        start = max(0, stop - limit)
    data = copy.deepcopy(found[start:stop][:limit])
    for path in params.get("expand", []):
        for each in data:
            expand(g.store, each, path.removeprefix("data.").split("."))
    more = start > 0 if params.get("ending_before") else start + limit < len(found)
    return jsonify(object="list", url=request.path, has_more=more, data=data)


def was_created(found: dict, wanted: dict | int | None) -> bool:
    """Whether `created` matches a list's filter: a second, or bounds named gt, gte, lt, lte."""
    created = found["created"]
    if not isinstance(wanted, dict):
        return wanted is None or created == wanted
    return (
        wanted.get("gt", created - 1) < created < wanted.get("lt", created + 1)
        and wanted.get("gte", created) <= created <= wanted.get("lte", created)
    )  # fmt: skip


def position(found: list[dict], identifier: str, param: str) -> int:
    for index, each in enumerate(found):
        if each["id"] == identifier:
            return index
    raise invalid(f"No such object: '{identifier}'", param, "resource_missing")


def expand(store: Store, shown: dict, path: list[str]) -> None:
    name, *rest = path
    if name == "confirmation_secret" and shown["object"] == "invoice":
        shown[name] = confirmation_secret(store, shown["id"])
        return
    if name not in shown:
        raise invalid(f"This property cannot be expanded ({name}).", "expand")
    if isinstance(shown[name], str) and shown[name] in store.objects:
        shown[name] = copy.deepcopy(store.objects[shown[name]])
    if rest and isinstance(shown[name], dict):
        expand(store, shown[name], rest)


def confirmation_secret(store: Store, invoice_id: str) -> dict | None:
    """What a browser needs to pay an invoice; Stripe leaves it out unless it is expanded."""
    paying = store.all("invoice_payment", invoice=invoice_id)
    if not paying:
        return None
    intent = store.find("payment_intent", paying[0]["payment"]["payment_intent"])
    return {"client_secret": intent["client_secret"], "type": "payment_intent"}
