"""Webhooks: events are signed as Stripe does, posted to the program under test, and retried until a 2xx response."""

import hashlib
import heapq
import hmac
import itertools
import json
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

RETRY_AFTER = (0.3, 1, 3, 10, 30, 60, 60, 60)
TIMEOUT = 15


@dataclass(frozen=True)
class Endpoint:
    """Where events are posted, and the secret they are signed with (`whsec_...`)."""

    url: str
    secret: str


@dataclass(order=True)
class Delivery:
    """One event on its way to one endpoint."""

    due: float
    number: int
    event: dict
    endpoint: Endpoint
    tries: int = 0


def signed(event: dict, secret: str, at: float | None = None) -> tuple[bytes, str]:
    """An event's body and its `Stripe-Signature` header, stamped `at` (epoch seconds, by default now)."""
    body = json.dumps(event, indent=2)
    stamp = int(time.time() if at is None else at)
    digest = hmac.new(secret.encode(), f"{stamp}.{body}".encode(), hashlib.sha256).hexdigest()
    return body.encode(), f"t={stamp},v1={digest}"


class WebhookSender:
    """Delivers events in a thread of its own; can hold, drop, delay or repeat them."""

    def __init__(self, retry_after: Iterable[float] = RETRY_AFTER):
        self.retry_after = tuple(retry_after)
        self.wake = threading.Condition()
        self.thread: threading.Thread | None = None
        self.reset()

    def reset(self) -> None:
        """Delete all endpoints and events, and go back to the default settings."""
        with self.wake:
            self.endpoints: list[Endpoint] = []
            self.attempts: dict[str, list[dict[str, Any]]] = {}
            self.queue: list[Delivery] = []
            self.held: list[dict] = []
            self.busy = False
            self.holding = False
            self.to_drop = 0
            self.copies = 1
            self.delay = 0.0
            self.numbers = itertools.count()

    @property
    def endpoints_count(self) -> int:
        return len(self.endpoints)

    def deliver_to(self, url: str, secret: str) -> None:
        """Send every event from now on to `url` (http only)."""
        if urlsplit(url).scheme != "http":
            raise ValueError(f"Webhooks can only go to http addresses on this machine, not to {url}.")
        self.endpoints.append(Endpoint(url, secret))

    def send(self, event: dict) -> None:
        """Hold, drop or deliver an event, according to the settings."""
        with self.wake:
            if self.holding:
                self.held.append(event)
            elif self.to_drop:
                self.to_drop -= 1
                self.note(event, "", "dropped")
            else:
                self.dispatch(event)

    def dispatch(self, event: dict, copies: int | None = None) -> None:
        """Queue the delivery of an event, regardless of the settings."""
        with self.wake:
            for endpoint in self.endpoints * (copies or self.copies):
                self._push(Delivery(time.monotonic() + self.delay, next(self.numbers), event, endpoint))

    def release(self, order: Callable[[list[dict]], Iterable[dict]] = list) -> None:
        """Stop holding, and deliver the held events in the given `order`, such as `reversed`."""
        with self.wake:
            held, self.held, self.holding = self.held, [], False
            for event in order(held):
                self.dispatch(event)

    def wait_until_idle(self, seconds: float = 5) -> bool:
        """Whether all deliveries ended, successful or given up, within that time."""
        with self.wake:
            return self.wake.wait_for(lambda: not self.queue and not self.busy, seconds)

    def waiting(self) -> list[str]:
        """The ids of events that were not delivered yet."""
        with self.wake:
            return list(dict.fromkeys([each.event["id"] for each in self.queue] + [each["id"] for each in self.held]))

    def stop(self) -> None:
        with self.wake:
            self.queue = []
            self.thread, thread = None, self.thread
            self.wake.notify_all()
        if thread:
            thread.join()

    def _push(self, delivery: Delivery) -> None:
        heapq.heappush(self.queue, delivery)
        if self.thread is None:
            self.thread = threading.Thread(target=self._run, name="webhooks", daemon=True)
            self.thread.start()
        self.wake.notify_all()

    def _run(self) -> None:
        while (delivery := self._next()) is not None:
            outcome = post(delivery.endpoint, delivery.event)
            with self.wake:
                self.note(delivery.event, delivery.endpoint.url, outcome)
                if not str(outcome).startswith("2") and delivery.tries < len(self.retry_after) and self.thread:
                    delivery.due = time.monotonic() + self.retry_after[delivery.tries]
                    delivery.tries += 1
                    self._push(delivery)
                self.busy = False
                self.wake.notify_all()

    def _next(self) -> Delivery | None:
        with self.wake:
            while self.thread is threading.current_thread():
                wait = self.queue[0].due - time.monotonic() if self.queue else None
                if wait is not None and wait <= 0:
                    self.busy = True
                    return heapq.heappop(self.queue)
                self.wake.wait(wait)
        return None

    def note(self, event: dict, url: str, outcome: int | str) -> None:
        self.attempts.setdefault(event["id"], []).append({"at": int(time.time()), "url": url, "outcome": outcome})


def post(endpoint: Endpoint, event: dict) -> int | str:
    """The status of an endpoint's response, or the name of the error. Names under .localhost need no resolver."""
    url = urlsplit(endpoint.url)
    host = url.hostname or ""
    host = "127.0.0.1" if host == "localhost" or host.endswith(".localhost") else host
    body, signature = signed(event, endpoint.secret)
    headers = {"Host": url.netloc, "Content-Type": "application/json; charset=utf-8", "Stripe-Signature": signature}
    connection = HTTPConnection(host, url.port or 80, timeout=TIMEOUT)
    try:
        connection.request("POST", url.path or "/", body, {**headers, "User-Agent": "Stripe/1.0"})
        return connection.getresponse().status
    except (OSError, HTTPException) as error:
        return type(error).__name__
    finally:
        connection.close()
