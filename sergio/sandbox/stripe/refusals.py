"""Stripe's error answers: what went wrong, in the words and codes the SDK turns into exceptions."""

from typing import Any


class Refusal(Exception):
    """An answer other than 200; `remembered` says whether an idempotency key replays it."""

    def __init__(self, message: str, *, status: int = 400, remembered: bool = True, **details: Any):
        super().__init__(message)
        self.status = status
        self.remembered = remembered
        self.details = {"type": "invalid_request_error", "message": message, **details}

    @property
    def error(self) -> dict:
        return {name: value for name, value in self.details.items() if value is not None}


def invalid(message: str, param: str | None = None, code: str | None = None, **options: Any) -> Refusal:
    """A request that asks for something impossible: 400."""
    return Refusal(message, param=param, code=code, **options)


def missing(kind: str, identifier: str) -> Refusal:
    """No such object in this account: 404."""
    return invalid(f"No such {kind}: '{identifier}'", "id", "resource_missing", status=404)


def declined(message: str, code: str, decline_code: str | None = None, **details: Any) -> Refusal:
    """The card or bank said no: 402."""
    return Refusal(message, status=402, type="card_error", code=code, decline_code=decline_code, **details)


def unexpected_state(message: str, kind: str, found: dict) -> Refusal:
    """The object is past the point where this could be done; the answer carries it, as Stripe's does."""
    refusal = invalid(message, code=f"{kind}_unexpected_state")
    refusal.details[kind] = dict(found)
    return refusal
