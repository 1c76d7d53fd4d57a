"""The only module that calls Stripe's API: returns our types, raises five exceptions.

A caller must hold no transaction, and waits ten seconds at most for all calls of one `Gateway`. At most two calls
run in a process (a bulkhead), so that a slow Stripe cannot block every thread of the site.
"""

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from functools import cache
from threading import BoundedSemaphore
from typing import Any, TypeVar

from flask import current_app

from sergio import jobs
from sergio.lib import effects, elsewhere
from sergio.payments.stripe.answers import (
    decline_code,
    declined_charge,
    disputed,
    kept_method,
    refunds_of,
    verification,
    with_charge,
)
from sergio.payments.stripe.charges import charged
from sergio.payments.stripe.currencies import is_whole, rounded_up, to_stripe
from sergio.payments.stripe.errors import Declined, Gone, NoAccess, Rejected, Unavailable
from sergio.payments.stripe.types import Events, Intent, PaymentRequest

log = logging.getLogger(__name__)

FINAL = ("processing", "succeeded", "canceled")
"""Statuses in which an intent is never canceled by us."""
METHOD_OPTIONS = {
    "card": {"request_three_d_secure": "automatic"},
    "us_bank_account": {"verification_method": "automatic"},  # at once, or by a small deposit that takes days
}
BUDGET = 10.0
PATIENCE = 1.0
TIMEOUTS = (2.0, 4.0)
RETRIES = 1
CALLS = 2
MOST = 100
EXPANDED = ["latest_charge.balance_transaction", "payment_method"]
MISSING, NO_ACCOUNT = "resource_missing", "account_invalid"
"""Codes for an object, or a connected account, that is not there or out of reach: docs.stripe.com/error-codes."""

Result = TypeVar("Result")

_slots = BoundedSemaphore(CALLS)
_threads = ThreadPoolExecutor(CALLS, thread_name_prefix="stripe")


def is_live() -> bool:
    return current_app.config["SERGIO"].charges_for_real


class Gateway:
    """Calls for one piece of work, on a connected `account` or our own (""), until (by the monotonic clock) `until`."""

    def __init__(self, account: str = "", until: float | None = None):
        config = current_app.config["SERGIO"]
        self.account = account
        self.until = until or time.monotonic() + BUDGET
        self._client = _client(config.stripe_secret_key, config.stripe_api_base)
        self._options = {"stripe_account": account} if account else {}

    def create(self, wanted: PaymentRequest) -> Intent:
        """A new intent, or the one that was created under the same key. Never a real one for a test customer."""
        if wanted.for_test and is_live():
            raise Rejected("test_customer", "A test customer is never charged for real.")
        params = {
            "amount": to_stripe(wanted.amount, wanted.currency),
            "currency": wanted.currency.lower(),
            "allowed_payment_method_types": [wanted.method],
            "payment_method_options": {wanted.method: METHOD_OPTIONS[wanted.method]},
            "description": wanted.description,
            "metadata": wanted.metadata,
            **({"application_fee_amount": fee} if (fee := fee_of(wanted)) else {}),
            **({"customer": wanted.customer} if wanted.customer else {}),
            **({"setup_future_usage": "off_session"} if wanted.saves else {}),
        }
        options = {**self._options, "idempotency_key": wanted.key}
        jobs.confirm_lease()
        return self.run(lambda v1: self._intent(v1.payment_intents.create(params, options)))

    def confirm(self, intent: str, method: str, *, off_session: bool) -> Intent:
        """Charge a saved method. `Declined` if the bank refuses; `requires_action` only while the customer is here.

        However often it is repeated, an intent takes money once.
        """
        presence = {"off_session": True} if off_session else {"use_stripe_sdk": True}
        params = {"payment_method": method, **presence, "expand": EXPANDED}
        jobs.confirm_lease()
        return self.run(lambda v1: self._intent(v1.payment_intents.confirm(intent, params, self._options)))

    def read(self, intent: str) -> Intent:
        return self.run(lambda v1: self._intent(self._retrieve(v1, intent)))

    def read_all(self, intent: str) -> Intent:
        """An intent with its refunds and disputes."""

        def everything(v1):
            found = self._retrieve(v1, intent)
            of_it = {"payment_intent": intent, "limit": 100}
            refunds = v1.refunds.list(of_it, self._options).auto_paging_iter() if found.latest_charge else ()
            disputes = v1.disputes.list(of_it, self._options).auto_paging_iter() if found.latest_charge else ()
            return self._intent(found, refunds_of(refunds), tuple(map(disputed, disputes)))

        return self.run(everything)

    def cancel(self, intent: str) -> Intent:
        """The intent after trying to cancel it. It may have been paid before, or its money may be on its way: Stripe
        cancels a `processing` intent in rare cases, so we do not ask for that.
        """
        found = self.read_all(intent)
        if found.status in FINAL:
            return found
        jobs.confirm_lease()
        with suppress(Rejected):
            return self.run(lambda v1: self._intent(v1.payment_intents.cancel(intent, options=self._options)))
        return self.read_all(intent)

    def events(self, types: tuple[str, ...], since: datetime, until: datetime, after: str | None) -> Events:
        """Up to a hundred events of these types from `since` (included) to `until`, newest first; those that follow
        the event `after` where that is given. Stripe keeps events for 30 days.
        """
        between = {"gte": int(since.timestamp()), "lt": int(until.timestamp())}
        page = {"limit": MOST, "starting_after": after} if after else {"limit": MOST}
        params = {"types": list(types), "created": between, **page}
        return self.run(lambda v1: self._events(v1.events.list(params, self._options)))

    def _events(self, listed) -> Events:
        payloads = tuple({**event.to_dict(), "account": self.account or None} for event in listed.data)
        return Events(payloads, payloads[-1]["id"] if listed.has_more and payloads else None)

    def _retrieve(self, v1, intent: str):
        return v1.payment_intents.retrieve(intent, {"expand": EXPANDED}, self._options)

    @elsewhere.waiting()
    def run(self, call: Callable[[Any], Result]) -> Result:
        """The result of `call`, given the SDK's client of API version 1; every call to Stripe goes through here."""
        effects.require("call Stripe")
        left = self.until - time.monotonic()
        if not _slots.acquire(timeout=max(0, min(PATIENCE, left))):
            raise Unavailable("Too many requests to Stripe are in progress.", nothing_done=True)
        future = _threads.submit(_call, call, self._client.v1, self.account)
        future.add_done_callback(lambda _: _slots.release())
        try:
            found = future.result(timeout=max(0, self.until - time.monotonic()))
        except TimeoutError:
            raise Unavailable("Stripe took too long to respond.") from None
        except Rejected:
            jobs.server_answered()
            raise
        jobs.server_answered()
        return found

    def _intent(self, found, refunds=(), disputes=()) -> Intent:
        currency = found.currency.upper()
        error = found.last_payment_error
        intent = Intent(
            id=found.id,
            account=self.account,
            status=found.status,
            amount=rounded_up(found.amount, currency),
            received=rounded_up(found.amount_received, currency),
            has_fractions=not (is_whole(found.amount, currency) and is_whole(found.amount_received, currency)),
            currency=currency,
            livemode=found.livemode,
            metadata=found.metadata.to_dict(),
            secret=found.client_secret,
            decline=decline_code(error) if error else "",
            declined=declined_charge(error),
            kept=kept_method(found.payment_method),
            charge=charged(found.latest_charge),
            verify=verification(found.next_action),
            refunds=refunds,
            disputes=disputes,
        )
        return with_charge(intent, found.latest_charge) if found.status == "succeeded" else intent


def fee_of(wanted: PaymentRequest) -> int:
    """Our share in Stripe's minor units, rounded down."""
    return to_stripe(wanted.amount, wanted.currency) * wanted.fee_rate // 10_000


def _call(call, v1, account: str):
    """The result of a call, or its error as one of ours."""
    import stripe

    try:
        return call(v1)
    except (stripe.InvalidRequestError, stripe.PermissionError) as error:
        code = error.code or getattr(error.error, "code", None)  # the SDK leaves `code` empty on a PermissionError
        forbidden = isinstance(error, stripe.PermissionError)
        if code == NO_ACCOUNT or (forbidden and account):
            raise NoAccess(code or "forbidden", error.user_message) from error
        if code == MISSING:
            raise Gone(code, error.user_message) from error
        if forbidden:  # our own key lacks the permission: the operator has to fix it
            raise Unavailable(f"PermissionError: {error.user_message}", nothing_done=True) from error
        raise Rejected(code, error.user_message) from error
    except stripe.CardError as error:
        raise Declined(getattr(error.error, "decline_code", None) or error.code, error.user_message) from error
    except stripe.StripeError as error:
        conflicts = isinstance(error, stripe.IdempotencyError) and error.http_status == 400
        failed = (error.http_status or 0) >= 500
        raise Unavailable(f"{type(error).__name__}: {error.user_message}", key_is_spent=conflicts or failed) from error
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        log.exception("unexpected response from Stripe")
        raise Unavailable("Stripe sent an unexpected response.") from error


@cache
def _client(key: str, base: str):
    """The client of this process: it keeps one connection open for each of the two threads."""
    import stripe  # 0.3 seconds and 20 MB: only for processes that call Stripe

    http_client = stripe.RequestsClient(timeout=TIMEOUTS)
    return stripe.StripeClient(key, base_addresses={"api": base}, http_client=http_client, max_network_retries=RETRIES)
