"""The tables of the fraud brakes: tries to pay or to save a method, and locks of the pay page. Rules: `brakes`."""

from datetime import datetime, timedelta

from sqlalchemy import (
    BindParameter,
    CheckConstraint,
    Delete,
    Index,
    Select,
    String,
    UniqueConstraint,
    and_,
    delete,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sergio.audit.actor import BY_SYSTEM, Actor
from sergio.audit.models import record
from sergio.customers.models import Contact
from sergio.database.checks import at_least, one_of
from sergio.database.company_scope import CompanyOwned, within_company
from sergio.extensions import Model, db

STARTED, DECLINED = "started", "declined"
CARDS, INVOICE, NETWORK, DECLINES = "cards", "invoice", "network", "declines"
REASONS = (CARDS, INVOICE, NETWORK, DECLINES)
KEPT = timedelta(days=60)
"""How long tries are kept, longer than any rule looks back."""


class PaymentTry(CompanyOwned, Model):
    """A contact began to pay or to save a method (`STARTED`), or a bank declined their card (`DECLINED`), with a row
    for each invoice that was to be paid, or one without an invoice.

    `source` is the same for the rows of one try: a random text, or Stripe's id of the charge or event of a decline.
    `network` is the client's as `web.proxies.client_network` has it, "" if unknown. `card` is Stripe's fingerprint, the
    same for each use of a card on one account (docs.stripe.com/api/payment_methods/object), "" if unknown.
    """

    __table_args__ = (
        UniqueConstraint("company_id", "source", "invoice_id"),
        Index(None, "company_id", "contact_id", "at"),
        Index(None, "company_id", "network", "at"),
        Index(None, "company_id", "invoice_id", "at"),
        Index(None, "at"),
        *within_company(contact_id="contact", invoice_id="invoice"),
        one_of("kind", (STARTED, DECLINED)),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    source: Mapped[str] = mapped_column(String(120))
    contact_id: Mapped[int] = mapped_column()
    network: Mapped[str] = mapped_column(String(60), default="")
    invoice_id: Mapped[int | None] = mapped_column()
    card: Mapped[str] = mapped_column(String(60), default="")
    at: Mapped[datetime]

    @classmethod
    def newest(cls, company_id: int) -> int:
        """The id of a company's newest try."""
        return db.session.scalar(select(func.max(cls.id)).where(cls.company_id == company_id)) or 0

    @classmethod
    def delete_expired(cls, now: datetime) -> Delete:
        return delete(cls).where(cls.at <= now - KEPT)


class PayLock(CompanyOwned, Model):
    """Online payments at one company are paused for a network (unless ""), a contact (unless None), or both, from
    `started_at` to `ends_at` or until staff lift it. `cards` and `declines` are what was seen before; `reason` says
    which rule it was. `answered` is the id of the newest try that it is the answer to, or that was known when staff
    lifted it: ids, because clocks are set back.
    """

    __table_args__ = (
        UniqueConstraint("company_id", "id"),
        Index(None, "company_id", "started_at"),
        Index(None, "company_id", "ends_at"),
        *within_company(contact_id="contact"),
        one_of("reason", REASONS),
        at_least("cards", 0),
        at_least("declines", 1),
        CheckConstraint("network <> '' OR contact_id IS NOT NULL", name="of_somebody"),
        CheckConstraint("ends_at > started_at", name="in_order"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    network: Mapped[str] = mapped_column(String(60), default="")
    contact_id: Mapped[int | None] = mapped_column()
    reason: Mapped[str] = mapped_column(String(20))
    cards: Mapped[int]
    declines: Mapped[int]
    started_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    answered: Mapped[int]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str] = mapped_column(String(120), default="")

    contact: Mapped[Contact | None] = relationship(foreign_keys=contact_id)

    @classmethod
    def covering(
        cls, company_id: int | BindParameter, contact_id: int | BindParameter, network: str | BindParameter
    ) -> Select:
        """The locks, also past ones, of that contact or that network."""
        somebody = or_(cls.contact_id == contact_id, and_(cls.network == network, cls.network != ""))
        return select(cls).where(cls.company_id == company_id, somebody)

    @classmethod
    def holds(cls, now: datetime | BindParameter[datetime]):
        """Whether it is in force, as SQL. A clock that is set back prolongs a lock, and never ends one."""
        return and_(cls.lifted_at.is_(None), cls.ends_at > now)

    def is_on(self, now: datetime) -> bool:
        return self.lifted_at is None and self.ends_at > now

    @property
    def customer_id(self) -> int | None:
        """Whose it is, for the audit trail."""
        return self.contact.customer_id if self.contact else None

    def facts(self) -> dict:
        """The values for the audit trail."""
        who = {"contact": self.contact.name} if self.contact else {}
        where = {"network": self.network} if self.network else {}
        return {**who, **where, "cards": self.cards, "declines": self.declines}

    def begin(self, *, at: datetime):
        """Put it in force."""
        db.session.add(self)
        record(
            self, "paused_payments", by=BY_SYSTEM, at=at, after={**self.facts(), "ends_at": self.ends_at.isoformat()}
        )

    def lift(self, *, by: Actor, at: datetime):
        """End it early; a second time changes nothing. Needs the row locked."""
        if self.is_on(at):
            self.lifted_at, self.lifted_by = at, by.name[:120]
            self.answered = PaymentTry.newest(self.company_id)
            record(self, "resumed_payments", by=by, at=at, before=self.facts())
