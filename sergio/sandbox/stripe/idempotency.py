"""Idempotency keys: a repeated request gets the first response again (docs.stripe.com/api/idempotent_requests)."""

import threading
from typing import Any

from sergio.sandbox.stripe.errors import ApiError

DAY = 24 * 3600
LONGEST_KEY = 255


class Replies:
    """The responses by account and key, for 24 hours of the sandbox's clock."""

    def __init__(self, kept: dict[str, dict[str, Any]] | None = None):
        self.kept = kept or {}
        self.working: set[str] = set()
        self.lock = threading.Lock()

    def begin(self, account: str, key: str, request: str, now: int) -> tuple[int, str] | None:
        """The status and body to replay, or None for a new request: then `finish` or `abandon` must follow.

        Raises an ApiError: 409 while the first request is in progress, 400 if the key was used for another request.
        """
        name = named(account, key)
        if len(key) > LONGEST_KEY:
            raise _idempotency_error(f"An idempotency key can have at most {LONGEST_KEY} characters.", 400)
        with self.lock:
            if name in self.working:
                message = "There is currently another in-progress request using this Idempotency Key."
                raise _idempotency_error(message, 409, "idempotency_key_in_use")
            reply = self.kept.get(name)
            if reply is None or now - reply["at"] >= DAY:
                self.working.add(name)
                return None
        if reply["request"] != request:
            raise _idempotency_error(
                f"Keys for idempotent requests can only be used with the same parameters they were first used with. "
                f"Try using a key other than '{key}' if you meant to execute a different request.",
                400,
            )
        return reply["status"], reply["body"]

    def finish(self, account: str, key: str, request: str, now: int, status: int, body: str) -> None:
        with self.lock:
            self.working.discard(named(account, key))
            self.kept[named(account, key)] = {"at": now, "request": request, "status": status, "body": body}

    def abandon(self, account: str, key: str) -> None:
        """Free the key of a request that was refused before it was processed."""
        with self.lock:
            self.working.discard(named(account, key))


def named(account: str, key: str) -> str:
    """A key with its account, because each account has its own keys."""
    return f"{account} {key}"


def _idempotency_error(message: str, status: int, code: str | None = None) -> ApiError:
    return ApiError(message, status=status, type="idempotency_error", code=code, remembered=False)
