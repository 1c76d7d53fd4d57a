"""What the sandbox remembers: every account's world, its clock, its courier, its faults; and all of it in a file."""

import json
import threading
import time
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from . import accounts
from .faults import Faults
from .idempotency import Replies
from .refusals import missing
from .webhooks import RETRY_AFTER, Courier
from .world import World


class State:
    """The worlds, and the lock that keeps them still while something is done to one."""

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
            self.happened: list[dict] = []
            self.worlds: dict[str, World] = {}
            accounts.open_platform(self.open_world(self.platform))

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

    def world(self, account: str | None = None) -> World:
        """An account's world, the platform's when not named; KeyError when there is no such account."""
        return self.worlds[account or self.platform]

    def open_world(self, account: str) -> World:
        return self.worlds.setdefault(account, World(self, account))

    def find(self, identifier: str) -> tuple[World, dict]:
        """Any object by its id, whichever account it is in; a Refusal (404) when there is none."""
        for world in self.worlds.values():
            if identifier in world.objects:
                return world, world.objects[identifier]
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
            "worlds": {account: world.to_json() for account, world in self.worlds.items()},
            "replies": self.replies.kept,
            "seconds_ahead": self.seconds_ahead,
            "attempts": self.courier.attempts,
            "waiting": self.courier.waiting(),
        }

    def load(self, file: Path) -> None:
        """Remember what an earlier run wrote down, and send the events it could not deliver."""
        kept = json.loads(file.read_text("utf-8"))
        with self.change():
            self.worlds = {account: World(self, account, world) for account, world in kept["worlds"].items()}
            events = [event for world in self.worlds.values() for event in reversed(world.all("event"))]
            self.happened = sorted(events, key=lambda event: event["created"])
            self.replies = Replies(kept["replies"])
            self.seconds_ahead = kept["seconds_ahead"]
            self.courier.attempts = kept["attempts"]
            for identifier in kept["waiting"]:
                self.courier.send(self.find(identifier)[1])
