"""The sandbox as tests and its control page speak to it: banks, clocks, webhooks and faults on command."""

import copy
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from . import accounts, disputes, paying, payment_methods, refunds, webhooks
from .faults import Fault
from .state import State
from .store import Store, new_id

SETTLING_SECONDS = 4 * 86_400
WEBHOOK_SECRET = "whsec_sandbox"  # noqa: S105 - a sandbox keeps no secrets


class Entry(NamedTuple):
    """What one PaymentIntent has moved, in minor units of its currency."""

    account: str
    payment_intent: str
    charged: int
    refunded: int
    currency: str
    metadata: dict[str, str]


class Sandbox(State):
    """A Stripe that remembers. Objects are named by id; an account of None is the platform's own."""

    def ledger(self) -> list[Entry]:
        """One entry for each PaymentIntent that took money, account by account, oldest first."""
        with self.lock:
            return [
                Entry(account, intent["id"], *moved(store, intent), intent["currency"], dict(intent["metadata"]))
                for account, store in self.stores.items()
                for intent in reversed(store.all("payment_intent", status="succeeded"))
            ]

    def connect_account(self, identifier: str | None = None, **params: Any) -> str:
        """The id of a connected account that takes money, made unless it is there; `params` as for accounts.create."""
        with self.change():
            platform, identifier = self.store(), identifier or new_id("acct")
            if identifier not in platform.objects:
                accounts.enable(platform, accounts.new_account(platform, identifier, params))
            return identifier

    def disable_account(self, account: str) -> None:
        """The account may not take money any more, until `enable_account`."""
        with self.change():
            accounts.disable(self.store(), self.store().find("account", account))

    def enable_account(self, account: str) -> None:
        """The account takes money again."""
        with self.change():
            accounts.enable(self.store(), self.store().find("account", account))

    def lose(self, identifier: str) -> None:
        """An object is gone, as after "Delete all test data"."""
        with self.change():
            store, found = self.find(identifier)
            del store.objects[found["id"]]

    def disconnect_account(self, account: str) -> None:
        """The owner takes the platform's access away: every call for the account is refused from now on."""
        with self.change():
            accounts.disconnect(self.store(), self.store().find("account", account))

    def payment_method(self, number: str, account: str | None = None) -> str:
        """The id of a new method with one of Stripe's test card or account numbers, as if typed by a customer."""
        with self.change():
            return payment_methods.of_number(self.store(account), number)["id"]

    def settle(self, payment_intent: str | None = None) -> int:
        """Let the banks answer the debit and refunds of one intent, or all on their way; how many were asked."""
        with self.change():
            return sum(settle(store, payment_intent, self.now()) for store in self.stores.values())

    def advance(self, seconds: float) -> None:
        """Move the clock on. Keys expire after 24 hours, banks answer after 4 days."""
        with self.change():
            self.seconds_ahead += int(seconds)
            for store in self.stores.values():
                settle(store, None, self.now() - SETTLING_SECONDS)

    def authenticate(self, payment_intent: str, outcome: str = "complete") -> None:
        """Answer a 3D Secure challenge as the customer: `complete` or `fail`."""
        with self.change():
            store, intent = self.find(payment_intent)
            paying.finish_challenge(store, intent, outcome)

    def refund(self, payment_intent: str, amount: int | None = None) -> dict:
        """Give money back from Stripe's own pages, behind the program's back."""
        with self.change():
            store, intent = self.find(payment_intent)
            return copy.deepcopy(refunds.refund(store, store.find("charge", intent["latest_charge"]), amount))

    def fail_refund(self, refund: str) -> None:
        """The bank sends a refund back: the charge is as if it had not been refunded."""
        with self.change():
            refunds.fail(*self.find(refund))

    def open_dispute(self, payment_intent: str, reason: str = "fraudulent") -> dict:
        """The customer's bank takes the money back for now."""
        with self.change():
            store, intent = self.find(payment_intent)
            return copy.deepcopy(disputes.open_dispute(store, store.find("charge", intent["latest_charge"]), reason))

    def close_dispute(self, dispute: str, outcome: str) -> None:
        """The bank decides: `won` or `lost` for the company."""
        with self.change():
            disputes.close(*self.find(dispute), outcome)

    def fault(self, path: str, kind: str, **details: Any) -> None:
        """Let the next requests to `path` (may hold `*`) suffer; kinds and details are those of `faults.Fault`."""
        self.faults.waiting.append(Fault(path, kind, **details))

    def events(self, event_type: str | None = None, account: str | None = None) -> list[dict]:
        """Every event of every account (or of one), oldest first; only those of one type if it is named."""
        with self.lock:
            return [
                copy.deepcopy(event)
                for event in self.emitted
                if event_type in (None, event["type"]) and account in (None, event.get("account", self.platform))
            ]

    def signed(self, event: dict, secret: str | None = None, at: float | None = None) -> tuple[bytes, str]:
        """An event's body and `Stripe-Signature` header, stamped `at` (epoch seconds), for a test to post itself."""
        endpoints = self.courier.endpoints
        return webhooks.signed(event, secret or (endpoints[0].secret if endpoints else WEBHOOK_SECRET), at)

    def deliver_webhooks_to(self, url: str, secret: str = WEBHOOK_SECRET) -> None:
        """Post every event from now on to `url`, signed with `secret`, and again with growing pauses until a 2xx."""
        self.courier.deliver_to(url, secret)

    def hold_webhooks(self) -> None:
        """Keep events back until `release_webhooks`."""
        self.courier.holding = True

    def release_webhooks(self, order: Callable[[list[dict]], Iterable[dict]] = list) -> None:
        """Send what was kept back, in the `order` given (`reversed`, say)."""
        self.courier.release(order)

    def drop_webhooks(self, times: int = 1) -> None:
        """Never deliver the next events."""
        self.courier.to_drop = times

    def delay_webhooks(self, seconds: float) -> None:
        """Deliver each event this much later."""
        self.courier.delay = seconds

    def repeat_webhooks(self, copies: int) -> None:
        """Deliver each event this many times over."""
        self.courier.copies = copies

    def resend(self, event: str) -> None:
        """Deliver an event once more."""
        self.courier.dispatch(self.find(event)[1], copies=1)

    def wait_for_webhooks(self, seconds: float = 5) -> bool:
        """Whether everything on its way was delivered (or given up) within that time."""
        return self.courier.wait_until_idle(seconds)


def moved(store: Store, intent: dict) -> tuple[int, int]:
    """What was charged and refunded for an intent."""
    taken = store.all("charge", payment_intent=intent["id"], status="succeeded")
    return sum(each["amount_captured"] for each in taken), sum(each["amount_refunded"] for each in taken)


def settle(store: Store, payment_intent: str | None, begun_by: int) -> int:
    """Let the bank answer what began by then; how many answers were due."""
    debits = store.all("payment_intent", id=payment_intent, status="processing")
    returns = store.all("refund", payment_intent=payment_intent, status="pending")
    waiting = [(paying.settle, each) for each in debits] + [(refunds.settle, each) for each in returns]
    due = [(settle_one, each) for settle_one, each in waiting if each["created"] <= begun_by]
    for settle_one, each in due:
        settle_one(store, each)
    return len(due)
