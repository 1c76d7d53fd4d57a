"""Stripe's error responses, with the codes that the SDK turns into exceptions."""

from typing import Any


class ApiError(Exception):
    """A response other than 200; `remembered` says whether an idempotency key replays it."""

    def __init__(self, message: str, *, status: int = 400, remembered: bool = True, **details: Any):
        super().__init__(message)
        self.status = status
        self.remembered = remembered
        self.details = {"type": "invalid_request_error", "message": message, **details}

    @property
    def body(self) -> dict:
        return {name: value for name, value in self.details.items() if value is not None}


def invalid(message: str, param: str | None = None, code: str | None = None, **options: Any) -> ApiError:
    """An invalid request: 400."""
    return ApiError(message, param=param, code=code, **options)


def missing(kind: str, identifier: str) -> ApiError:
    """No such object in this account: 404."""
    return invalid(f"No such {kind}: '{identifier}'", "id", "resource_missing", status=404)


def declined(message: str, code: str, decline_code: str | None = None, **details: Any) -> ApiError:
    """A decline by the card or bank: 402."""
    return ApiError(message, status=402, type="card_error", code=code, decline_code=decline_code, **details)


def unexpected_state(message: str, kind: str, found: dict) -> ApiError:
    """The object's status does not allow this; the response includes the object, as Stripe's does."""
    error = invalid(message, code=f"{kind}_unexpected_state")
    error.details[kind] = dict(found)
    return error
