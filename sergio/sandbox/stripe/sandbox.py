"""The sandbox's interface for tests and its control page: banks, clock, webhooks and faults on command."""

import copy
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from sergio.sandbox.stripe import (
    accounts,
    disputes,
    paying,
    payment_methods,
    refunds,
    subscriptions,
    verifying,
    webhooks,
)
from sergio.sandbox.stripe.faults import Fault
from sergio.sandbox.stripe.state import State
from sergio.sandbox.stripe.store import Store, new_id

SETTLING_SECONDS = 4 * 86_400
WEBHOOK_SECRET = "whsec_sandbox"  # noqa: S105 - a sandbox keeps no secrets


class Entry(NamedTuple):
    """What was charged and refunded for one PaymentIntent, in minor units of its currency."""

    account: str
    payment_intent: str
    charged: int
    refunded: int
    currency: str
    metadata: dict[str, str]


class Sandbox(State):
    """A stateful Stripe. Parameters are ids of objects; the account None is the platform's own."""

    def ledger(self) -> list[Entry]:
        """One entry for each PaymentIntent that took money, account by account, oldest first."""
        with self.lock:
            return [
                Entry(account, intent["id"], *moved(store, intent), intent["currency"], dict(intent["metadata"]))
                for account, store in self.stores.items()
                for intent in reversed(store.all("payment_intent", status="succeeded"))
            ]

    def connect_account(self, identifier: str | None = None, **params: Any) -> str:
        """The id of a connected account that takes payments, created if needed; `params` as for accounts.create."""
        with self.change():
            platform = self.store()
            identifier = identifier or new_id("acct")
            if identifier not in platform.objects:
                accounts.enable(platform, accounts.new_account(platform, identifier, params))
            return identifier

    def disable_account(self, account: str) -> None:
        """Stop the account from taking payments, until `enable_account`."""
        with self.change():
            accounts.disable(self.store(), self.store().find("account", account))

    def enable_account(self, account: str) -> None:
        with self.change():
            accounts.enable(self.store(), self.store().find("account", account))

    def require(self, account: str, **open_requirements: Any) -> None:
        """Let Stripe ask the account for more, as in `Account.requirements`; a `disabled_reason` stops payments."""
        with self.change():
            accounts.require(self.store(), self.store().find("account", account), **open_requirements)

    def set_capability(self, account: str, name: str, status: str) -> None:
        with self.change():
            found = self.store().find("account", account)
            found["capabilities"] |= {name: status}
            accounts.announce(self.store(), found)

    def lose(self, identifier: str) -> None:
        """Delete an object, as with "Delete all test data"."""
        with self.change():
            store, found = self.find(identifier)
            del store.objects[found["id"]]

    def disconnect_account(self, account: str) -> None:
        """Revoke the platform's access: every call for the account is refused from now on."""
        with self.change():
            accounts.disconnect(self.store(), self.store().find("account", account))

    def payment_method(self, number: str, account: str | None = None) -> str:
        """The id of a new method with one of Stripe's test card or account numbers, as if typed by a customer."""
        with self.change():
            return payment_methods.of_number(self.store(account), number)["id"]

    def renew_card(self, method: str, *, last4: str, exp_year: int) -> None:
        """The bank gives the customer a new card, and tells Stripe its number and date."""
        with self.change():
            store, found = self.find(method)
            found["card"].update(last4=last4, exp_year=exp_year)
            store.emit("payment_method.automatically_updated", found)

    def change_number(self, method: str, number: str) -> None:
        """Let a saved method behave from now on as one with this test number."""
        with self.change():
            store, found = self.find(method)
            store.numbers[found["id"]] = number

    def detach(self, method: str) -> None:
        """Detach a saved method as on Stripe's own pages, without the program."""
        with self.change():
            payment_methods.detach(*self.find(method))

    def settle(self, payment_intent: str | None = None) -> int:
        """Settle the debit and refunds of one intent, or all pending ones; return how many."""
        with self.change():
            return sum(settle(store, payment_intent, self.now()) for store in self.stores.values())

    def advance(self, seconds: float) -> None:
        """Advance the clock. Keys expire after 24 hours, debits settle after 4 days, subscriptions renew each month."""
        with self.change():
            self.seconds_ahead += int(seconds)
            for store in self.stores.values():
                settle(store, None, self.now() - SETTLING_SECONDS)
                verifying.expire(store, self.now())
                subscriptions.renew_due(store, self.now())

    def renew(self, subscription: str) -> None:
        """Let a subscription's period end now: it renews, or ends if it was to."""
        with self.change():
            store, found = self.find(subscription)
            item = found["items"]["data"][0]
            item["current_period_end"] = min(item["current_period_end"], self.now())
            subscriptions.renew_due(store, self.now())

    def fail_renewal(self, subscription: str) -> None:
        """The same, and the bank declines the card that the subscription keeps."""
        with self.change():
            self.change_number(self.find(subscription)[1]["default_payment_method"], payment_methods.DECLINED_LATER)
            self.renew(subscription)

    def authenticate(self, payment_intent: str, outcome: str = "complete") -> None:
        """Finish a 3D Secure challenge as the customer: `complete` or `fail`."""
        with self.change():
            store, intent = self.find(payment_intent)
            paying.finish_challenge(store, intent, outcome)

    def refund(self, payment_intent: str, amount: int | None = None) -> dict:
        """Refund as on Stripe's own pages, without the program."""
        with self.change():
            store, intent = self.find(payment_intent)
            return copy.deepcopy(refunds.refund(store, store.find("charge", intent["latest_charge"]), amount))

    def fail_refund(self, refund: str, reason: str = "expired_or_canceled_card") -> None:
        """The bank returns a refund, so the charge is as before."""
        with self.change():
            refunds.fail(*self.find(refund), reason)

    def open_dispute(self, payment_intent: str, reason: str = "fraudulent", *, inquiry: bool = False) -> dict:
        """A card's bank withdraws the money until it has decided; for an `inquiry` it only asks."""
        with self.change():
            store, intent = self.find(payment_intent)
            charge = store.find("charge", intent["latest_charge"])
            return copy.deepcopy(disputes.open_dispute(store, charge, reason, inquiry=inquiry))

    def take_back(self, payment_intent: str, reason: str = "insufficient_funds") -> None:
        """The bank takes back a debit that it had paid; for `debit_not_authorized` because the customer said so."""
        with self.change():
            store, intent = self.find(payment_intent)
            disputes.take_back(store, store.find("charge", intent["latest_charge"]), reason)

    def verify_bank_account(self, intent: str, code: str = verifying.RIGHT) -> None:
        """The customer enters the code of a deposit."""
        with self.change():
            verifying.enter(*self.find(intent), code)

    def close_dispute(self, dispute: str, outcome: str) -> None:
        """The bank's decision: `won` or `lost` by the company; `warning_closed` for an inquiry."""
        with self.change():
            disputes.close(*self.find(dispute), outcome)

    def fault(self, path: str, kind: str, **details: Any) -> None:
        """Add a fault for the next requests to `path` (may contain `*`); kinds and details as in `faults.Fault`."""
        self.faults.waiting.append(Fault(path, kind, **details))

    def events(self, event_type: str | None = None, account: str | None = None) -> list[dict]:
        """All events, or those of one type or one account, oldest first."""
        with self.lock:
            return [
                copy.deepcopy(event)
                for event in self.emitted
                if event_type in (None, event["type"]) and account in (None, event.get("account", self.platform))
            ]

    def signed(self, event: dict, secret: str | None = None, at: float | None = None) -> tuple[bytes, str]:
        """An event's body and `Stripe-Signature` header, stamped `at` (epoch seconds), for a test to post itself."""
        endpoints = self.webhooks.endpoints
        return webhooks.signed(event, secret or (endpoints[0].secret if endpoints else WEBHOOK_SECRET), at)

    def deliver_webhooks_to(self, url: str, secret: str = WEBHOOK_SECRET) -> None:
        """Post every event from now on to `url`, signed with `secret`, with retries until a 2xx response."""
        self.webhooks.deliver_to(url, secret)

    def hold_webhooks(self) -> None:
        """Hold events until `release_webhooks`."""
        self.webhooks.holding = True

    def release_webhooks(self, order: Callable[[list[dict]], Iterable[dict]] = list) -> None:
        """Deliver the held events in the given `order`, such as `reversed`."""
        self.webhooks.release(order)

    def drop_webhooks(self, times: int = 1) -> None:
        """Never deliver the next events."""
        self.webhooks.to_drop = times

    def delay_webhooks(self, seconds: float) -> None:
        self.webhooks.delay = seconds

    def repeat_webhooks(self, copies: int) -> None:
        self.webhooks.copies = copies

    def resend(self, event: str) -> None:
        """Deliver an event once more."""
        self.webhooks.dispatch(self.find(event)[1], copies=1)

    def wait_for_webhooks(self, seconds: float = 5) -> bool:
        """Whether all deliveries ended, successful or given up, within that time."""
        return self.webhooks.wait_until_idle(seconds)


def moved(store: Store, intent: dict) -> tuple[int, int]:
    """What was charged and refunded for an intent."""
    taken = store.all("charge", payment_intent=intent["id"], status="succeeded")
    return sum(each["amount_captured"] for each in taken), sum(each["amount_refunded"] for each in taken)


def settle(store: Store, payment_intent: str | None, begun_by: int) -> int:
    """Settle debits and refunds that were created by `begun_by` (epoch seconds); return how many."""
    debits = store.all("payment_intent", id=payment_intent, status="processing")
    returns = store.all("refund", payment_intent=payment_intent, status="pending")
    waiting = [(paying.settle, each) for each in debits] + [(refunds.settle, each) for each in returns]
    due = [(settle_one, each) for settle_one, each in waiting if each["created"] <= begun_by]
    for settle_one, each in due:
        settle_one(store, each)
    return len(due)
