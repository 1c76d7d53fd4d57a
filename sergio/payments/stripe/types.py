"""What we ask Stripe for and what it tells us, in our words and our minor units."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class PaymentRequest:
    """What is to be paid; the same order under the same `key` is one intent, however often it is asked for."""

    key: str
    account: str
    amount: int
    currency: str
    description: str
    metadata: dict[str, str]


@dataclass(frozen=True)
class Events:
    """Some events as Stripe has them, parsed JSON; `more_after` is the id of the last one where others follow."""

    payloads: tuple[dict, ...]
    more_after: str | None


@dataclass(frozen=True)
class Refunded:
    """Money that went back."""

    id: str
    amount: int
    status: str
    at: datetime


@dataclass(frozen=True)
class Disputed:
    """Money the customer's bank took back, or asks about; `answer_by` is when the company must have said something."""

    id: str
    amount: int
    status: str
    reason: str
    at: datetime
    closed_at: datetime
    answer_by: datetime | None


@dataclass(frozen=True)
class Intent:
    """A payment as Stripe has it now. `decline` is the code of the last no; `paid_at`, `brand`, `last4` of the yes."""

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
    paid_at: datetime | None = None
    brand: str = ""
    last4: str = ""
    refunds: tuple[Refunded, ...] = ()
    disputes: tuple[Disputed, ...] = ()
