"""Stripe's events: each is stored once, and then processed."""

import re
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, Select, String, UniqueConstraint, or_, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sergio import jobs
from sergio.audit.actor import Actor
from sergio.audit.models import record
from sergio.companies.models import Company
from sergio.database.company_scope import EVERY_COMPANY, CompanyOwned
from sergio.extensions import Model, db
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.lib.refused import Refused
from sergio.payments.models import PaymentAttempt

OF_PAYMENTS = (
    "payment_intent.succeeded", "payment_intent.processing", "payment_intent.payment_failed", "payment_intent.canceled",
    "payment_intent.requires_action",
    "charge.refunded", "charge.refund.updated", "refund.created", "refund.updated", "refund.failed",
    "charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed", "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
)  # fmt: skip
OF_PLANS = (
    "customer.subscription.created", "customer.subscription.updated", "customer.subscription.deleted",
    "customer.subscription.paused", "customer.subscription.resumed",
    "invoice.paid", "invoice.payment_failed", "invoice.voided", "setup_intent.succeeded",
)  # fmt: skip
"""Events of companies' subscriptions to our plans, on our own account. Those of a company's account are its own."""
OF_METHODS = (
    "setup_intent.succeeded", "setup_intent.setup_failed", "payment_method.updated",
    "payment_method.automatically_updated", "payment_method.detached",
)  # fmt: skip
"""Events of the payment methods that customers save."""
DECLINES = ("payment_intent.payment_failed", "setup_intent.setup_failed")
OF_ACCOUNTS = ("account.updated", "account.application.deauthorized")

WORD, OBJECT_ID = re.compile(r"[!-~]+"), re.compile(r"\w+", re.ASCII)
LONGEST = {
    "event": 120,
    "type": 80,
    "account": 60,
    "intent": 120,
    "subscription": 120,
    "saved": 120,
    "declined": 120,
    "card": 60,
}
OVERDUE = timedelta(hours=6)

NOT_OURS, MISSING, ENDED = "not ours", "missing", "ended"
SET_ASIDE = text(f"set_aside NOT IN ('', '{NOT_OURS}') AND dismissed_at IS NULL")
REASONS = {
    "unknown": _l("It refers to a payment this company never requested."),
    "other intent": _l("It refers to a different payment than the one we requested."),
    "amount": _l("The amount is different from what we requested."),
    "currency": _l("The currency is different from what we requested."),
    "mode": _l("It mixes test mode and live mode."),
    ENDED: _l("You may have been charged for a plan that had already ended. It is now canceled at Stripe as well."),
    MISSING: _l("Stripe has no record of the payment it refers to."),
}


class StripeEvent(Model):
    """An event without its data, which is read from Stripe when the event is processed. Its company is only known then.

    `saved` is the payment method it is about, or the SetupIntent that saves one. Of a decline, which the object shows
    only until the next, `declined` is the charge, if there was one, and `card` the card's fingerprint. `set_aside` says
    why it changed nothing: a key of `REASONS`, or `NOT_OURS`. Staff can dismiss one they have seen.
    """

    __table_args__ = (
        UniqueConstraint("account", "event"),
        Index(None, "company_id", "intent"),
        Index("ix_stripe_event_set_aside", "company_id", "id", sqlite_where=SET_ASIDE),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(String(60), default="")
    event: Mapped[str] = mapped_column(String(120))
    type: Mapped[str] = mapped_column(String(80))
    intent: Mapped[str | None] = mapped_column(String(120))
    subscription: Mapped[str | None] = mapped_column(String(120))
    saved: Mapped[str | None] = mapped_column(String(120))
    declined: Mapped[str] = mapped_column(String(120), default="")
    card: Mapped[str] = mapped_column(String(60), default="")
    livemode: Mapped[bool]
    received_at: Mapped[datetime]
    processed_at: Mapped[datetime | None]
    set_aside: Mapped[str] = mapped_column(String(20), default="")
    dismissed_at: Mapped[datetime | None]
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"), index=True)

    company: Mapped[Company | None] = relationship(Company)

    @classmethod
    def from_payload(cls, payload, *, at: datetime) -> "StripeEvent":
        """An event from what Stripe posted or listed (parsed JSON); ValueError for anything else."""
        event, kind = text_of(payload, "id", WORD, "event"), text_of(payload, "type", WORD, "type")
        about, livemode = member(member(payload, "data"), "object"), member(payload, "livemode")
        if not isinstance(about, dict) or not isinstance(livemode, bool):
            raise ValueError("An event must have data.object and livemode.")
        account = text_of(payload, "account", OBJECT_ID, "account") if payload.get("account") is not None else ""
        intent = intent_of(about) if kind in OF_PAYMENTS else None
        plan = subscription_of(about) if kind in OF_PLANS and not account else None
        saved = text_of(about, "id", OBJECT_ID, "saved") if kind in OF_METHODS and not plan else None
        whose = {"account": account, "intent": intent, "subscription": plan, "saved": saved}
        if kind in DECLINES:
            whose["declined"], whose["card"] = decline_in(about)
        return cls(event=event, type=kind, **whose, livemode=livemode, received_at=at)

    @classmethod
    def set_aside_for(cls, company: Company) -> Select:
        """Events that were set aside and that nobody has dismissed, the newest first."""
        return select(cls).where(cls.company_id == company.id, SET_ASIDE).order_by(cls.id.desc())

    def keep(self):
        """Store it once, however often it comes, and enqueue its processing unless that is done. The caller commits.

        Processing an earlier copy may have been given up, or have failed because its account was out of reach.
        """
        known = select(StripeEvent).where(StripeEvent.account == self.account, StripeEvent.event == self.event)
        before = db.session.scalar(known, execution_options=EVERY_COMPANY)
        if before is None:
            self._insert()
        elif before.set_aside == MISSING or (before.processed_at is None and before.is_overdue(self.received_at)):
            before.process_event()

    def _insert(self):
        try:
            with db.session.begin_nested():
                db.session.add(self)
        except IntegrityError:  # another worker has just stored it
            return
        self.process_event()

    def finish(self, set_aside: str, *, company_id: int | None, at: datetime):
        """Note the result of processing. One set aside for a new reason is shown again even if it was dismissed."""
        if set_aside != self.set_aside:
            self.dismissed_at = None
        self.set_aside, self.company_id, self.processed_at = set_aside, company_id, at

    def dismiss(self, reason: str, *, by: Actor, at: datetime):
        """Take it off the list of events that were set aside; the audit trail keeps the reason."""
        if self.dismissed_at:
            raise Refused(_("Someone else has just dismissed this."))
        self.dismissed_at = at
        about = {"event": self.event, "type": self.type, "intent": self.intent or "", "set_aside": self.set_aside}
        record(self, "dismissed", by=by, at=at, after={**about, "reason": reason})

    def is_overdue(self, at: datetime) -> bool:
        return at - self.received_at > OVERDUE

    def process_event(self):
        """Enqueue the job that processes it, if it is about a payment, a plan, a saved method or
        an account.
        """
        if self.intent:
            jobs.enqueue("payments.process_event", company=self.find_company(), event_id=self.id)
        elif self.subscription:
            jobs.enqueue("billing.process_event", event_id=self.id)
        elif self.saved:
            jobs.enqueue("payments.process_saved_event", company=self.find_company(), event_id=self.id)
        elif self.type in OF_ACCOUNTS and self.account:
            jobs.enqueue("payments.check_account", company=self.find_company(), account=self.account)

    def find_company(self) -> Company | None:
        """The company whose account or payment it is about, as far as our own rows say."""
        paid = PaymentAttempt.account == self.account, PaymentAttempt.intent == self.intent
        ours = or_(
            Company.stripe_account == self.account, Company.id.in_(select(PaymentAttempt.company_id).where(*paid))
        )
        return db.session.scalars(select(Company).where(ours), execution_options=EVERY_COMPANY).first()


class EventCursor(CompanyOwned, Model):
    """Up to when the events of a company's account at Stripe have been read."""

    __table_args__ = (UniqueConstraint("company_id", "account"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(String(60), default="")
    read_until: Mapped[datetime]


def intent_of(about: dict) -> str | None:
    """The id of the PaymentIntent that an event's object is or belongs to."""
    name = "id" if about.get("object") == "payment_intent" else "payment_intent"
    return None if about.get(name) is None else text_of(about, name, OBJECT_ID, "intent")


def decline_in(about: dict) -> tuple[str, str]:
    """The charge and the card's fingerprint of the last error of an event's object; "" for what is not there."""
    error = about.get("last_payment_error") or about.get("last_setup_error") or {}
    card = member(member(error, "payment_method") or {}, "card") or {}
    charge = text_of(error, "charge", OBJECT_ID, "declined") if member(error, "charge") else ""
    return charge, text_of(card, "fingerprint", OBJECT_ID, "card") if member(card, "fingerprint") else ""


def subscription_of(about: dict) -> str | None:
    """The id of the subscription that an event's object is or belongs to. A card being saved carries it as metadata."""
    if about.get("object") == "subscription":
        return text_of(about, "id", OBJECT_ID, "subscription")
    if about.get("object") == "setup_intent":
        return subscription_in(about.get("metadata") or {})
    parent = about.get("parent") or {}
    holder = member(parent, "subscription_details") or parent
    return (
        None if member(holder, "subscription") is None else text_of(holder, "subscription", OBJECT_ID, "subscription")
    )


def subscription_in(metadata: dict) -> str | None:
    """The id that we left there; None for the words of another integration."""
    try:
        return text_of(metadata, "subscription", OBJECT_ID, "subscription")
    except ValueError:
        return None


def text_of(payload, name: str, pattern: re.Pattern, column: str) -> str:
    """A text of a payload that fits its column; ValueError for anything else."""
    text = member(payload, name)
    if isinstance(text, str) and len(text) <= LONGEST[column] and pattern.fullmatch(text):
        return text
    raise ValueError(f"{name} is not a value Stripe sends.")


def member(payload, name: str):
    """A member of a JSON object, None if it is missing; ValueError if `payload` is no object."""
    if not isinstance(payload, dict):
        raise ValueError(f"{name} of something that is not an object.")
    return payload.get(name)
