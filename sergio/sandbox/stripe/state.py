"""What the sandbox remembers: every account's store, its clock, its courier, its faults; and all of it in a file."""

import json
import threading
import time
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from . import accounts
from .errors import missing
from .faults import Faults
from .idempotency import Replies
from .store import Store
from .webhooks import RETRY_AFTER, Courier


class State:
    """The stores, and the lock that whoever reads or changes one holds."""

    platform = "acct_sandboxPlatform"

    def __init__(self, *, retry_after: Iterable[float] = RETRY_AFTER):
        self.lock = threading.RLock()
        self.courier = Courier(retry_after)
        self.base_url = "http://127.0.0.1"
        self.reset()

    def reset(self) -> None:
        """Forget everything: objects, keys, events, endpoints, faults and time passed."""
        with self.change():
            self.courier.reset()
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
        """The sandbox's clock, in epoch seconds: the real one and whatever was added."""
        return int(time.time()) + self.seconds_ahead

    def today(self) -> date:
        return datetime.fromtimestamp(self.now(), UTC).date()

    def store(self, account: str | None = None) -> Store:
        """An account's store, the platform's when not named; KeyError when there is no such account."""
        return self.stores[account or self.platform]

    def open_store(self, account: str) -> Store:
        return self.stores.setdefault(account, Store(self, account))

    def find(self, identifier: str) -> tuple[Store, dict]:
        """Any object by its id, whichever account it is in; an ApiError (404) when there is none."""
        for store in self.stores.values():
            if identifier in store.objects:
                return store, store.objects[identifier]
        raise missing("object", identifier)

    def save(self, file: Path) -> None:
        """Write everything down if anything changed, whole or not at all."""
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
            "attempts": self.courier.attempts,
            "waiting": self.courier.waiting(),
        }

    def load(self, file: Path) -> None:
        """Remember what an earlier run wrote down, and send the events it could not deliver."""
        kept = json.loads(file.read_text("utf-8"))
        with self.change():
            self.stores = {account: Store(self, account, store) for account, store in kept["stores"].items()}
            events = [event for store in self.stores.values() for event in reversed(store.all("event"))]
            self.emitted = sorted(events, key=lambda event: event["created"])
            self.replies = Replies(kept["replies"])
            self.seconds_ahead = kept["seconds_ahead"]
            self.courier.attempts = kept["attempts"]
            for identifier in kept["waiting"]:
                self.courier.send(self.find(identifier)[1])
