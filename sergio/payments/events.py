"""What Stripe tells us: each event once, as a fact to be looked into."""

from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, Select, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from sergio.companies.models import Company
from sergio.extensions import Model

WORTH_A_LOOK = (
    "payment_intent.succeeded", "payment_intent.processing", "payment_intent.payment_failed", "payment_intent.canceled",
    "charge.refunded", "charge.refund.updated", "refund.created", "refund.updated", "refund.failed",
    "charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed", "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
)  # fmt: skip

NOT_OURS = "not ours"
REASONS = {
    "unknown": _l("It names a payment this company has never asked for."),
    "other intent": _l("It names another payment than the one we asked for."),
    "amount": _l("The amount is not what we asked for."),
    "currency": _l("The currency is not what we asked for."),
    "mode": _l("It mixes up test money and real money."),
    "missing": _l("Stripe does not know the payment it speaks of."),
}


class StripeEvent(Model):
    """An event Stripe sent, without what it said: the truth is read at Stripe when the event is looked into.

    Only then is it known which company it concerns, so this table belongs to none.
    """

    __table_args__ = (UniqueConstraint("account", "event"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(String(60), default="")
    event: Mapped[str] = mapped_column(String(120))
    type: Mapped[str] = mapped_column(String(80))
    intent: Mapped[str | None] = mapped_column(String(120))
    livemode: Mapped[bool]
    received_at: Mapped[datetime]
    looked_into_at: Mapped[datetime | None]
    parked: Mapped[str] = mapped_column(String(20), default="")
    concerns_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"), index=True)

    @classmethod
    def told(cls, message: dict, *, at: datetime) -> "StripeEvent":
        """An event from what Stripe posted; a KeyError, TypeError or AttributeError if it is none."""
        thing = message["data"]["object"]
        intent = thing["id"] if thing.get("object") == "payment_intent" else thing.get("payment_intent")
        event = cls(event=message["id"], type=message["type"], account=message.get("account") or "", received_at=at)
        event.intent, event.livemode = intent, bool(message["livemode"])
        return event

    @classmethod
    def parked_for(cls, company: Company) -> Select:
        """Events that moved no money though they might have been meant to, for staff to look at, the newest first."""
        parked = cls.parked.not_in(("", NOT_OURS))
        return select(cls).where(cls.concerns_id == company.id, parked).order_by(cls.id.desc())

    @property
    def worth_a_look(self) -> bool:
        return self.type in WORTH_A_LOOK and bool(self.intent)
