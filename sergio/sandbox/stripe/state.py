"""The sandbox's state: the stores of all accounts, the clock, webhooks and faults, saved to a file."""

import json
import threading
import time
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sergio.sandbox.stripe import accounts
from sergio.sandbox.stripe.errors import missing
from sergio.sandbox.stripe.faults import Faults
from sergio.sandbox.stripe.idempotency import Replies
from sergio.sandbox.stripe.store import Store
from sergio.sandbox.stripe.webhooks import RETRY_AFTER, WebhookSender


class State:
    """The stores, and the lock for reading or changing them."""

    platform = "acct_sandboxPlatform"

    def __init__(self, *, retry_after: Iterable[float] = RETRY_AFTER):
        self.lock = threading.RLock()
        self.webhooks = WebhookSender(retry_after)
        self.base_url = "http://127.0.0.1"
        self.reset()

    def reset(self) -> None:
        """Delete everything: objects, keys, events, endpoints, faults and added time."""
        with self.change():
            self.webhooks.reset()
            self.faults = Faults()
            self.replies = Replies()
            self.seconds_ahead = 0
            self.emitted: list[dict] = []
            self.stores: dict[str, Store] = {}
            accounts.open_platform(self.open_store(self.platform))

    @contextmanager
    def change(self) -> Generator[None]:
        with self.lock:
            self.changed = True
            yield

    def now(self) -> int:
        """The sandbox's clock, in epoch seconds: the real time plus what `advance` added."""
        return int(time.time()) + self.seconds_ahead

    def today(self) -> date:
        return datetime.fromtimestamp(self.now(), UTC).date()

    def store(self, account: str | None = None) -> Store:
        """An account's store, by default the platform's; KeyError if there is no such account."""
        return self.stores[account or self.platform]

    def open_store(self, account: str) -> Store:
        return self.stores.setdefault(account, Store(self, account))

    def find(self, identifier: str) -> tuple[Store, dict]:
        """Any object by its id, in any account; an ApiError (404) if there is none."""
        for store in self.stores.values():
            if identifier in store.objects:
                return store, store.objects[identifier]
        raise missing("object", identifier)

    def save(self, file: Path) -> None:
        """Write everything to the file, atomically, if anything changed."""
        with self.lock:
            if not self.changed:
                return
            self.changed = False
            written = json.dumps(self.to_json())
        file.parent.mkdir(parents=True, exist_ok=True)
        fresh = file.with_suffix(".new")
        fresh.write_text(written, "utf-8")
        fresh.replace(file)

    def to_json(self) -> dict[str, Any]:
        return {
            "stores": {account: store.to_json() for account, store in self.stores.items()},
            "replies": self.replies.kept,
            "seconds_ahead": self.seconds_ahead,
            "attempts": self.webhooks.attempts,
            "waiting": self.webhooks.waiting(),
        }

    def load(self, file: Path) -> None:
        """Load what an earlier run saved, and send the events it could not deliver."""
        kept = json.loads(file.read_text("utf-8"))
        with self.change():
            self.stores = {account: Store(self, account, store) for account, store in kept["stores"].items()}
            events = [event for store in self.stores.values() for event in reversed(store.all("event"))]
            self.emitted = sorted(events, key=lambda event: event["created"])
            self.replies = Replies(kept["replies"])
            self.seconds_ahead = kept["seconds_ahead"]
            self.webhooks.attempts = kept["attempts"]
            for identifier in kept["waiting"]:
                self.webhooks.send(self.find(identifier)[1])
