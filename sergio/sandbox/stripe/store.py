"""The objects of one Stripe account. Every account has a store of its own; nothing in one can be seen from another."""

import copy
import secrets
import string
from typing import TYPE_CHECKING, Any

import stripe
from flask import g, has_request_context

from .errors import missing

if TYPE_CHECKING:
    from .state import State

ALPHABET = string.ascii_letters + string.digits


class Store:
    """The objects of one account, by id and in the order they were made."""

    def __init__(self, sandbox: "State", account: str, kept: dict[str, Any] | None = None):
        kept = kept or {"objects": {}, "numbers": {}, "set_up": [], "spent": []}
        self.sandbox = sandbox
        self.account = account
        self.objects: dict[str, dict] = kept["objects"]
        self.numbers: dict[str, str] = kept["numbers"]
        self.set_up: list[str] = kept["set_up"]
        self.spent: list[str] = kept["spent"]

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("objects", "numbers", "set_up", "spent")}

    def now(self) -> int:
        return self.sandbox.now()

    def put(self, made: dict) -> dict:
        self.objects[made["id"]] = made
        return made

    def find(self, kind: str, identifier: str | None) -> dict:
        """The object of that kind and id; an ApiError (404) when this account has none."""
        found = self.objects.get(identifier or "")
        if found is None or found["object"] != kind:
            raise missing(kind, identifier or "")
        return found

    def all(self, kind: str, **wanted: Any) -> list[dict]:
        """Newest first, those whose fields equal every `wanted` that is not None."""
        wanted = {name: value for name, value in wanted.items() if value is not None}
        return [
            each
            for each in reversed(list(self.objects.values()))
            if each["object"] == kind and all(each.get(name) == value for name, value in wanted.items())
        ]

    def emit(self, event_type: str, about: dict) -> dict:
        """Record an event with the object as it stands, and hand it to the webhooks."""
        event = self.put(
            {
                "id": new_id("evt"),
                "object": "event",
                "api_version": stripe.api_version,
                "created": self.now(),
                "data": {"object": copy.deepcopy(about)},
                "livemode": False,
                "pending_webhooks": self.sandbox.courier.endpoints_count,
                "request": cause(),
                "type": event_type,
            }
        )
        if self.account != self.sandbox.platform:
            event["account"] = self.account
        self.sandbox.emitted.append(event)
        self.sandbox.courier.send(event)
        return event


def cause() -> dict[str, str | None]:
    """The API request an event came from; none when time or the bank brought it about."""
    if has_request_context() and "request_id" in g:
        return {"id": g.request_id, "idempotency_key": g.get("idempotency_key")}
    return {"id": None, "idempotency_key": None}


def new_id(prefix: str) -> str:
    return f"{prefix}_{''.join(secrets.choice(ALPHABET) for _ in range(24))}"


def revise(found: dict, params: dict) -> None:
    """Change the fields an update names; an empty text unsets, metadata is merged (docs.stripe.com/api/metadata)."""
    for name, value in params.items():
        if name == "metadata":
            merged = {**found["metadata"], **value} if value else {}
            found["metadata"] = {key: text for key, text in merged.items() if text != ""}
        elif name in found:
            found[name] = None if value == "" else value
