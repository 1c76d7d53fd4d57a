"""Requests to Stripe and its replies as values; amounts are in our minor units."""

from datetime import datetime
from typing import NamedTuple

from sergio.payments.stripe.charges import Charged


class PaymentRequest(NamedTuple):
    """What an intent is created for. `key` is its idempotency key; `method` is "card" or "us_bank_account".
    `fee_rate` is the share of our own account in basis points. `for_test`: whether a test customer pays. `customer` is
    Stripe's id of whose saved method will pay, "" for none; `saves`: whether the method that pays is saved.
    """

    key: str
    account: str
    amount: int
    currency: str
    method: str
    description: str
    metadata: dict[str, str]
    fee_rate: int = 0
    for_test: bool = False
    customer: str = ""
    saves: bool = False


class KeptMethod(NamedTuple):
    """A payment method that Stripe keeps. `customer` is Stripe's id of whose it is, "" once it is detached. `brand` is
    a card's brand or a bank's name; `exp_year` is 0 without an expiration date.
    """

    id: str
    customer: str
    method: str
    brand: str
    last4: str
    exp_year: int = 0
    exp_month: int = 0


class Verification(NamedTuple):
    """A bank account that the customer has to confirm on Stripe's page, once a small deposit has arrived. `kind` is
    what to enter there: a "descriptor_code" or two "amounts".
    """

    url: str
    kind: str
    arrives_at: datetime


class SetupRequest(NamedTuple):
    """What a SetupIntent is created for. `key` is its idempotency key."""

    key: str
    account: str
    customer: str
    method: str
    metadata: dict[str, str]


class MethodSetup(NamedTuple):
    """A SetupIntent: a method that is being saved. `kept` is the method once it succeeded."""

    id: str
    status: str
    secret: str
    account: str
    metadata: dict[str, str]
    livemode: bool
    decline: str
    kept: KeptMethod | None
    verify: Verification | None = None


class Events(NamedTuple):
    """A page of events, as parsed JSON; `more_after` is the id of the last one where there are more."""

    payloads: tuple[dict, ...]
    more_after: str | None


class Refunded(NamedTuple):
    """A refund of a charge; `payment` and `request` are our payment's number and our request's key, "" for none."""

    id: str
    amount: int
    status: str
    at: datetime
    payment: str = ""
    request: str = ""
    failure: str = ""


class Disputed(NamedTuple):
    """A dispute at Stripe; evidence is due by `answer_by`. `closed_at` is when it last moved money."""

    id: str
    amount: int
    status: str
    reason: str
    at: datetime
    closed_at: datetime
    answer_by: datetime | None
    payment: str = ""


class DeclinedCharge(NamedTuple):
    """The last charge that a bank declined: its id, and the fingerprint of the card, "" if unknown."""

    id: str
    card: str


class Intent(NamedTuple):
    """A PaymentIntent as it is now. `decline` is the code of its last error, `declined` its charge, if there was one.
    `paid_at`, `brand` (of a card) and `last4` are those of the charge that succeeded; `received` is what it took.
    `kept` is the method, where Stripe keeps it, `verify` what the customer has to do with a bank account first.
    `refunds` and `disputes` are the newest first. `has_fractions`: its amounts were rounded up to our smallest unit.
    """

    id: str
    account: str
    status: str
    amount: int
    received: int
    currency: str
    livemode: bool
    metadata: dict[str, str]
    secret: str
    decline: str
    declined: DeclinedCharge | None = None
    paid_at: datetime | None = None
    brand: str = ""
    last4: str = ""
    kept: KeptMethod | None = None
    charge: Charged | None = None
    verify: Verification | None = None
    has_fractions: bool = False
    refunds: tuple[Refunded, ...] = ()
    disputes: tuple[Disputed, ...] = ()


class AccountRequest(NamedTuple):
    """What a company's own account is created for. `key` is its idempotency key."""

    key: str
    metadata: dict[str, str]


class Account(NamedTuple):
    """A company's own account as it is now. `due`, `overdue` and `pending` are Stripe's names of what it asks for, of
    what is overdue, and of what it is checking. `dashboard` is "full", "express" or "none". `cards` and `bank_debits`:
    whether it can take them.
    """

    id: str
    charges_enabled: bool
    payouts_enabled: bool
    details_submitted: bool
    disabled_reason: str
    due: tuple[str, ...]
    overdue: tuple[str, ...]
    pending: tuple[str, ...]
    due_by: datetime | None
    dashboard: str
    cards: bool
    bank_debits: bool


class SubscriptionRequest(NamedTuple):
    """What a subscription is created for. `key` is its idempotency key; `amount` is for a month."""

    key: str
    customer: str
    plan: str
    name: str
    amount: int
    currency: str
    metadata: dict[str, str]


class Card(NamedTuple):
    """A saved card, as far as people recognize it."""

    id: str
    brand: str
    last4: str


class Billed(NamedTuple):
    """An invoice of a subscription. `number` is the one on it, "" while it is a draft."""

    id: str
    number: str
    amount: int
    currency: str
    status: str
    at: datetime


class Subscribed(NamedTuple):
    """A subscription as it is now. `plan` is the code on its price, "" for a price that is not ours.

    `secret` lets a browser pay its newest invoice, "" if that needs no payment. `decline` is the code of that invoice's
    last error, where it was read.
    """

    id: str
    customer: str
    status: str
    plan: str
    item: str
    amount: int
    currency: str
    livemode: bool
    metadata: dict[str, str]
    period_ends_at: datetime
    ends_with_period: bool
    secret: str = ""
    decline: str = ""
    card: Card | None = None
    invoices: tuple[Billed, ...] = ()


class CardSetup(NamedTuple):
    """A SetupIntent: a card that is being saved. `method` is the card's id at Stripe, once there is one."""

    id: str
    status: str
    method: str
    secret: str
    created_at: datetime
