"""The objects of one Stripe account. Every account has its own store, invisible to others."""

import copy
import secrets
import string
from typing import TYPE_CHECKING, Any

import stripe
from flask import g, has_request_context

from sergio.sandbox.stripe.errors import missing

if TYPE_CHECKING:
    from sergio.sandbox.stripe.state import State

ALPHABET = string.ascii_letters + string.digits


class Store:
    """The objects of one account, by id, in the order of creation."""

    def __init__(self, sandbox: "State", account: str, kept: dict[str, Any] | None = None):
        kept = kept or {"objects": {}, "numbers": {}, "set_up": [], "spent": [], "revoked": []}
        self.sandbox = sandbox
        self.account = account
        self.objects: dict[str, dict] = kept["objects"]
        self.numbers: dict[str, str] = kept["numbers"]
        self.set_up: list[str] = kept["set_up"]
        self.spent: list[str] = kept["spent"]
        self.revoked: list[str] = kept.get("revoked", [])

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("objects", "numbers", "set_up", "spent", "revoked")}

    def now(self) -> int:
        return self.sandbox.now()

    def put(self, made: dict) -> dict:
        self.objects[made["id"]] = made
        return made

    def find(self, kind: str, identifier: str | None) -> dict:
        """The object of that kind and id; an ApiError (404) if this account has none."""
        found = self.objects.get(identifier or "")
        if found is None or found["object"] != kind:
            raise missing(kind, identifier or "")
        return found

    def all(self, kind: str, **wanted: Any) -> list[dict]:
        """The objects of a kind whose fields equal every `wanted` value that is not None, newest first."""
        wanted = {name: value for name, value in wanted.items() if value is not None}
        return [
            each
            for each in reversed(list(self.objects.values()))
            if each["object"] == kind and all(each.get(name) == value for name, value in wanted.items())
        ]

    def emit(self, event_type: str, about: dict) -> dict:
        """Store an event with a copy of the object, and deliver it to the webhooks."""
        event = self.put(
            {
                "id": new_id("evt"),
                "object": "event",
                "api_version": stripe.api_version,
                "created": self.now(),
                "data": {"object": copy.deepcopy(about)},
                "livemode": False,
                "pending_webhooks": self.sandbox.webhooks.endpoints_count,
                "request": cause(),
                "type": event_type,
            }
        )
        if self.account != self.sandbox.platform:
            event["account"] = self.account
        self.sandbox.emitted.append(event)
        self.sandbox.webhooks.send(event)
        return event


def cause() -> dict[str, str | None]:
    """The API request that caused an event; ids are None if it was the clock or a bank."""
    if has_request_context() and "request_id" in g:
        return {"id": g.request_id, "idempotency_key": g.get("idempotency_key")}
    return {"id": None, "idempotency_key": None}


def new_id(prefix: str) -> str:
    return f"{prefix}_{''.join(secrets.choice(ALPHABET) for _ in range(24))}"


def revise(found: dict, params: dict) -> None:
    """Set the fields of an update; an empty text unsets, metadata is merged (docs.stripe.com/api/metadata)."""
    for name, value in params.items():
        if name == "metadata":
            merged = {**found["metadata"], **value} if value else {}
            found["metadata"] = {key: text for key, text in merged.items() if text != ""}
        elif name in found:
            found[name] = None if value == "" else value
