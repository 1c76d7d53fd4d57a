"""Subscriptions to our plans at Stripe, on the platform's own account.

A price is found by a lookup key made of plan, amount and currency, and created where it is missing, so an operator sets
nothing up; its metadata says which plan it is for.
"""

from datetime import UTC, datetime
from typing import Any

from sergio import jobs
from sergio.payments.stripe.currencies import from_stripe, to_stripe
from sergio.payments.stripe.errors import Rejected
from sergio.payments.stripe.gateway import Gateway
from sergio.payments.stripe.types import Billed, Card, CardSetup, Subscribed, SubscriptionRequest

WHOLE = ["latest_invoice.confirmation_secret", "default_payment_method"]
MOST_INVOICES = 24
INCOMPLETE = "incomplete"
TAKEN = "resource_already_exists"
SETTINGS = {"payment_method_types": ["card"], "save_default_payment_method": "on_subscription"}
AT_ONCE = {"payment_behavior": "error_if_incomplete", "proration_behavior": "always_invoice"}
"""A change of the price is paid at once, or does not happen (docs.stripe.com/api/subscriptions/update)."""


class Subscriptions:
    """Calls for one piece of work, within the budget of one `Gateway`."""

    def __init__(self):
        self.gateway = Gateway()

    def create_customer(self, key: str, name: str, email: str, metadata: dict[str, str]) -> str:
        """The id of a customer, the same for the same key."""
        params = {"name": name, "email": email, "metadata": metadata}
        options = {"idempotency_key": f"{key}-customer"}
        return self.gateway.run(lambda v1: v1.customers.create(params, options).id)

    def create(self, wanted: SubscriptionRequest) -> Subscribed:
        """A subscription that begins with its first payment, or the one that was created under the same key."""
        price = self.price(wanted.plan, wanted.name, wanted.amount, wanted.currency)
        params = {
            "customer": wanted.customer,
            "items": [{"price": price}],
            "payment_behavior": "default_incomplete",
            "payment_settings": SETTINGS,
            "description": wanted.name,
            "metadata": wanted.metadata,
            "expand": WHOLE,
        }
        jobs.confirm_lease()
        return self.gateway.run(
            lambda v1: _subscribed(v1.subscriptions.create(params, {"idempotency_key": wanted.key}))
        )

    def price(self, plan: str, name: str, amount: int, currency: str) -> str:
        """The id of the monthly price of a plan."""
        cents = to_stripe(amount, currency)
        key = f"sergio_{plan}_{cents}_{currency.lower()}_month"
        monthly = {"currency": currency.lower(), "unit_amount": cents, "recurring": {"interval": "month"}}
        about = {"lookup_key": key, "metadata": {"plan": plan}, "product_data": {"name": f"Sergio {name}"}}
        try:
            return self._price(key) or self.gateway.run(lambda v1: v1.prices.create({**monthly, **about}).id)
        except Rejected as trouble:  # somebody else has just created it
            if trouble.code == TAKEN and (price := self._price(key)):
                return price
            raise

    def _price(self, key: str) -> str | None:
        found = self.gateway.run(lambda v1: v1.prices.list({"lookup_keys": [key], "active": True}).data)
        return found[0].id if found else None

    def read(self, subscription: str) -> Subscribed:
        return self.gateway.run(lambda v1: _subscribed(v1.subscriptions.retrieve(subscription, {"expand": WHOLE})))

    def read_all(self, subscription: str) -> Subscribed:
        """A subscription with its latest invoices, and why its payment was declined."""

        def everything(v1):
            found = _subscribed(v1.subscriptions.retrieve(subscription, {"expand": WHOLE}))
            listed = v1.invoices.list({"subscription": subscription, "limit": MOST_INVOICES}).data
            intent = v1.payment_intents.retrieve(found.secret.partition("_secret_")[0]) if found.secret else None
            return found._replace(invoices=tuple(map(_billed, listed)), decline=_decline(intent))

        return self.gateway.run(everything)

    def change_price(self, found: Subscribed, plan: str, name: str, amount: int, currency: str) -> Subscribed:
        """Another plan from now on, paid at once; `Declined` if the bank refuses, and then nothing has changed."""
        price = self.price(plan, name, amount, currency)
        params = {"items": [{"id": found.item, "price": price}], "description": name, **AT_ONCE, "expand": WHOLE}
        return self._update(found.id, params)

    def end_with_period(self, subscription: str) -> Subscribed:
        return self._update(subscription, {"cancel_at_period_end": True, "expand": WHOLE})

    def keep_renewing(self, subscription: str) -> Subscribed:
        return self._update(subscription, {"cancel_at_period_end": False, "expand": WHOLE})

    def use_card(self, subscription: str, method: str) -> Subscribed:
        return self._update(subscription, {"default_payment_method": method, "expand": WHOLE})

    def _update(self, subscription: str, params: dict) -> Subscribed:
        jobs.confirm_lease()
        return self.gateway.run(lambda v1: _subscribed(v1.subscriptions.update(subscription, params)))

    def pay(self, invoice: str):
        """Charge an open invoice to the card that the subscription keeps."""
        self.gateway.run(lambda v1: v1.invoices.pay(invoice))

    def cancel(self, subscription: str) -> Subscribed:
        """End it now, without giving money back."""
        jobs.confirm_lease()
        return self.gateway.run(lambda v1: _subscribed(v1.subscriptions.cancel(subscription, {"expand": WHOLE})))

    def withdraw(self, subscription: str):
        """End one that waits for its first payment, unless that is made meanwhile: Stripe cancels a paid subscription,
        but voids no paid invoice, and one that is void can't be paid.
        """
        found = self.read_all(subscription)
        if found.status != INCOMPLETE:
            return
        try:
            for invoice in found.invoices:
                if invoice.status == "open":
                    self.void(invoice.id)
        except Rejected:
            return
        if self.read(subscription).status == INCOMPLETE:
            self.cancel(subscription)

    def void(self, invoice: str):
        """Nobody can pay it from now on. `Rejected` if somebody has."""
        jobs.confirm_lease()
        self.gateway.run(lambda v1: v1.invoices.void_invoice(invoice))

    def invoice_url(self, invoice: str) -> str | None:
        """The invoice's page at Stripe. It expires, so it is asked for each time."""
        return self.gateway.run(lambda v1: v1.invoices.retrieve(invoice).hosted_invoice_url)

    def set_up_card(self, customer: str, metadata: dict[str, str]) -> CardSetup:
        """Begin to save a card, to be charged without the customer."""
        params = {"customer": customer, "allowed_payment_method_types": ["card"], "usage": "off_session"}
        return self.gateway.run(lambda v1: _setup(v1.setup_intents.create({**params, "metadata": metadata})))

    def read_setup(self, setup: str) -> CardSetup:
        return self.gateway.run(lambda v1: _setup(v1.setup_intents.retrieve(setup)))


def _subscribed(found: Any) -> Subscribed:
    item = found["items"].data[0]  # `found.items` is the method of a dict
    currency = item.price.currency.upper()
    invoice = found.latest_invoice
    payable = not isinstance(invoice, str) and invoice is not None and invoice.status == "open"
    secret = getattr(invoice, "confirmation_secret", None) if payable else None
    return Subscribed(
        id=found.id,
        customer=found.customer,
        status=found.status,
        plan=item.price.metadata.to_dict().get("plan", ""),
        item=item.id,
        amount=from_stripe(item.price.unit_amount, currency),
        currency=currency,
        livemode=found.livemode,
        metadata=found.metadata.to_dict(),
        period_ends_at=datetime.fromtimestamp(item.current_period_end, UTC),
        ends_with_period=found.cancel_at_period_end or found.cancel_at is not None,
        secret=secret.client_secret if secret else "",
        card=_card(found.default_payment_method),
    )


def _card(method: Any) -> Card | None:
    card = getattr(method, "card", None)
    return Card(method.id, card.brand, card.last4) if card else None


def _billed(found: Any) -> Billed:
    currency = found.currency.upper()
    at = datetime.fromtimestamp(found.created, UTC)
    return Billed(
        found.id, found.number or "", from_stripe(found.total, currency), currency, found.status or "draft", at
    )


def _decline(intent: Any) -> str:
    error = intent.last_payment_error if intent else None
    return (getattr(error, "decline_code", None) or getattr(error, "code", None) or "other") if error else ""


def _setup(found: Any) -> CardSetup:
    created_at = datetime.fromtimestamp(found.created, UTC)
    return CardSetup(found.id, found.status, found.payment_method or "", found.client_secret or "", created_at)
