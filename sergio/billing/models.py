"""A company's subscription to a plan, and its invoices."""

from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Index, Select, String, UniqueConstraint, and_, or_, select, text, update
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sergio.audit.actor import BY_STRIPE, Actor
from sergio.audit.models import record
from sergio.billing import emails
from sergio.billing.statuses import CREATING, GONE, HAS_PLAN, INVOICES, OVER, PAST_DUE, SPENT, STATUSES, UNPAID, WAITING
from sergio.companies.models import Company
from sergio.companies.plans import BY_CODE, FREE, SOLD, Plan
from sergio.database.checks import at_least, code, one_of
from sergio.database.company_scope import EVERY_COMPANY, CompanyOwned, within_company
from sergio.extensions import Model, db
from sergio.lib import money, tokens
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.payments.methods import CARD, method_label
from sergio.payments.stripe.types import Billed, CardSetup, Subscribed, SubscriptionRequest

NOT_OVER = text("ended_at IS NULL")
GRACE = timedelta(days=14)
"""How long a company keeps its plan after a renewal failed."""
OFTEN, DAILY = timedelta(minutes=4), timedelta(hours=20)
ABANDONED_AFTER = timedelta(days=1)
"""Stripe gives up a first payment after 23 hours, and keeps our idempotency key for 24."""
TROUBLE = 300


class Subscription(CompanyOwned, Model):
    """A company's subscription to a plan. At most one of a company is not over.

    The row is there before Stripe is asked. `key` is secret: it is the idempotency key, and the subscription carries it
    as metadata. `customer` and `stripe_id` are Stripe's ids, `setup` that of a card which is being saved. `read_at` is
    when the newest response that was applied was asked for; `began_at` when the first payment was made.
    """

    __table_args__ = (
        Index("uq_subscription_not_over", "company_id", unique=True, sqlite_where=NOT_OVER),
        UniqueConstraint("company_id", "id"),
        UniqueConstraint("key"),
        UniqueConstraint("stripe_id"),
        one_of("plan", SOLD),
        one_of("status", STATUSES),
        at_least("amount", 1),
        code("currency", 3),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64), default=tokens.token)
    plan: Mapped[str] = mapped_column(String(20))
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    status: Mapped[str] = mapped_column(String(20), default=CREATING)
    customer: Mapped[str | None] = mapped_column(String(60))
    stripe_id: Mapped[str | None] = mapped_column(String(120))
    setup: Mapped[str | None] = mapped_column(String(120))
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    checked_at: Mapped[datetime]
    began_at: Mapped[datetime | None]
    period_ends_at: Mapped[datetime | None]
    ends_with_period: Mapped[bool] = mapped_column(default=False)
    unpaid_since: Mapped[datetime | None]
    missing_since: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    brand: Mapped[str] = mapped_column(String(30), default="")
    last4: Mapped[str] = mapped_column(String(4), default="")
    decline: Mapped[str] = mapped_column(String(60), default="")
    trouble: Mapped[str] = mapped_column(String(TROUBLE), default="")

    method = CARD

    @classmethod
    def of(cls, company_id: int) -> Select:
        """The company's subscription that is not over, if there is one."""
        return select(cls).where(cls.company_id == company_id, NOT_OVER)

    @classmethod
    def locked(cls, subscription_id: int) -> Select:
        """The subscription with the id of a row read before, locked until the commit, as all that changes it needs."""
        again = {"populate_existing": True, **EVERY_COMPANY}
        return select(cls).where(cls.id == subscription_id).with_for_update().execution_options(**again)

    @classmethod
    def due_for_check(cls, now: datetime) -> Select:
        """Those to read again at Stripe: soon what is about to change, daily all that are not over."""
        soon = or_(cls.status.in_(WAITING), cls.setup.is_not(None), cls.period_ends_at < now)
        late = or_(and_(soon, cls.checked_at < now - OFTEN), cls.checked_at < now - DAILY)
        return select(cls).where(NOT_OVER, late)

    @classmethod
    def start(cls, company: Company, plan: str, *, by: Actor, at: datetime) -> "Subscription":
        """The subscription whose first payment this company is to make: the one it began for that plan, or a new one.

        Needs the company locked. `Refused` if it has a plan already, or began another that has to be withdrawn first.
        """
        found = db.session.scalar(cls.of(company.id))
        if found and found.status in WAITING and found.plan == plan:
            return found
        if found:
            raise Refused(_("You already have a subscription. Here is where it stands."))
        refuse_unsold(company)
        offer = BY_CODE[plan]
        found = cls(company=company, plan=plan, amount=offer.price, currency=offer.currency, key=tokens.token())
        found.created_at = found.checked_at = at
        found.customer = db.session.scalar(cls.customers(company.id).limit(1))
        db.session.add(found)
        record(found, "started", by=by, at=at, after=found.facts())
        return found

    @classmethod
    def customers(cls, company_id: int) -> Select:
        """The ids at Stripe of the customer that the company has been, the latest first."""
        mine = cls.company_id == company_id, cls.customer.is_not(None)
        return select(cls.customer).where(*mine).order_by(cls.id.desc())

    @classmethod
    def forget_customer(cls, company_id: int):
        """Stripe no longer has the customer: the next subscription creates another."""
        mine = update(cls).where(cls.company_id == company_id).values(customer=None)
        db.session.execute(mine.execution_options(synchronize_session=False))

    @property
    def offer(self) -> Plan:
        return BY_CODE[self.plan]

    @property
    def is_waiting(self) -> bool:
        """Whether the first payment has not been made."""
        return self.status in WAITING

    @property
    def price(self) -> str:
        return money.format_amount(self.amount, self.currency)

    @property
    def card(self) -> str:
        """ "Visa ending in 4242"; "" before there is one."""
        return method_label(self) if self.last4 else ""

    @property
    def grace_ends_at(self) -> datetime | None:
        return self.unpaid_since + GRACE if self.unpaid_since else None

    def facts(self) -> dict:
        return {"plan": self.plan, "amount": self.amount, "currency": self.currency}

    def request(self) -> SubscriptionRequest:
        """The request to Stripe, made only of values that never change, as its idempotency key requires."""
        metadata = {"subscription": self.key, "company": self.company.subdomain}
        about = (str(self.offer.name), self.amount, self.currency)
        return SubscriptionRequest(self.key, self.customer or "", self.plan, *about, metadata)

    def note_request(self, wanted: dict, *, by: Actor, at: datetime):
        """Write down who asked Stripe for a change, before it is asked: what Stripe then reports is by Stripe."""
        record(self, "requested", by=by, at=at, after=wanted)

    def is_abandoned(self, now: datetime) -> bool:
        """Whether Stripe was never heard to have it, and would no longer recognize its key."""
        return self.stripe_id is None and now - self.created_at > ABANDONED_AFTER

    def has_used_its_grace(self, now: datetime) -> bool:
        return self.grace_ends_at is not None and now >= self.grace_ends_at

    def is_spent(self, now: datetime) -> bool:
        """Whether it has not been paid for too long, so that it ends."""
        return self.has_used_its_grace(now) or self.status in SPENT

    def follow(self, found: Subscribed, *, read_at: datetime, at: datetime):
        """Take over how it stands at Stripe, as of when that was asked for; an older response changes nothing. One that
        is over only learns its id.

        Needs the row locked.
        """
        self.stripe_id = self.stripe_id or found.id
        if self.ended_at or (self.read_at and read_at < self.read_at):
            return
        self.read_at = self.checked_at = read_at
        self.missing_since = None
        self.customer, self.trouble, self.decline = found.customer, "", found.decline
        self.amount, self.currency = found.amount, found.currency
        self.period_ends_at = found.period_ends_at
        self.set_ending(found.ends_with_period, at)
        if found.card:
            self.brand, self.last4 = found.card.brand, found.card.last4
        for invoice in found.invoices:
            SubscriptionInvoice.keep(self, invoice)
        self.change_to(found.plan or self.plan, found.status, at)

    def change_to(self, plan: str, status: str, at: datetime):
        """Give the company the plan it has paid for; free, once the subscription is over or no longer paid."""
        before, self.status = self.status, status
        self.plan = plan if plan in SOLD else self.plan
        if status in OVER:
            return self.end(status, at=at)
        if status in HAS_PLAN:
            if self.began_at is None:
                self.began_at = at
                emails.started(self)
            self.company.change_plan(self.plan, by=BY_STRIPE, at=at)
        elif self.began_at:
            self.company.change_plan(FREE, by=BY_STRIPE, at=at)
        self.set_unpaid(status in (PAST_DUE, UNPAID), before, at)

    def set_ending(self, ends: bool, at: datetime):  # noqa: FBT001 - Stripe's value
        if ends != self.ends_with_period:
            before, self.ends_with_period = self.ends_with_period, ends
            record(self, "changed", by=BY_STRIPE, at=at, before={"ends": before}, after={"ends": ends})

    def set_unpaid(self, unpaid: bool, before: str, at: datetime):  # noqa: FBT001 - what the status says
        if not unpaid:
            self.unpaid_since = self.company.plan_unpaid_since = None
        elif self.unpaid_since is None:
            self.unpaid_since = self.company.plan_unpaid_since = at
            record(self, "changed", by=BY_STRIPE, at=at, before={"status": before}, after={"status": self.status})
            emails.payment_failed(self)

    def end(self, status: str, *, by: Actor = BY_STRIPE, at: datetime):
        """It is over: a company that had the plan is on the free one from now on, and keeps all it has entered."""
        if self.ended_at:
            return
        self.status, self.ended_at, self.setup = status, at, None
        self.unpaid_since = self.company.plan_unpaid_since = None
        record(self, "closed", by=by, at=at, after={**self.facts(), "status": status})
        if self.began_at:
            self.company.change_plan(FREE, by=by, at=at)
            emails.ended(self)

    def miss(self, *, at: datetime):
        """Stripe does not have it. If the company has paid, that may be a mistake, such as the key of another account:
        it keeps its plan as long as after a failed renewal.
        """
        since = self.missing_since or at
        self.checked_at, self.missing_since = at, since
        if self.began_at is None or at - since >= GRACE:
            self.end(GONE, at=at)

    def begin_setup(self, setup: CardSetup, *, instead_of: str | None):
        """Wait for that card, unless another press has begun to wait for one meanwhile."""
        if self.setup == instead_of:
            self.setup = setup.id

    def finish_setup(self, setup: str):
        if self.setup == setup:
            self.setup = None


def is_managed(company: Company, subscription: Subscription | None) -> bool:
    """Whether the operator put the company on a plan, so that it does not pay for it here."""
    return company.plan != FREE and (subscription is None or subscription.began_at is None)


def refuse_unsold(company: Company):
    """Refuse to sell a plan to a company that has every feature, or one from the operator."""
    if not company.buys_plans:
        raise Refused(_("This installation includes every feature. There is no plan to buy."))
    if is_managed(company, None):
        raise Refused(_("Your plan is managed by the operator of this installation. Contact them to change it."))


class SubscriptionInvoice(CompanyOwned, Model):
    """An invoice for a plan, as Stripe has it. Its document and its page stay at Stripe."""

    __table_args__ = (
        UniqueConstraint("company_id", "stripe_id"),
        Index(None, "company_id", "subscription_id"),
        *within_company(subscription_id="subscription"),
        code("currency", 3),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    subscription_id: Mapped[int] = mapped_column()
    stripe_id: Mapped[str] = mapped_column(String(120))
    number: Mapped[str] = mapped_column(String(60), default="")
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    status: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]

    subscription: Mapped[Subscription] = relationship(foreign_keys=subscription_id)

    @classmethod
    def of_company(cls, company_id: int) -> Select:
        """The invoices of a company, the newest first, without those nobody ever had to pay."""
        return (
            select(cls).where(cls.company_id == company_id, cls.status != "void").order_by(cls.at.desc(), cls.id.desc())
        )

    @classmethod
    def keep(cls, subscription: Subscription, found: Billed):
        """Add or update the row of an invoice."""
        known = select(cls).where(cls.company_id == subscription.company_id, cls.stripe_id == found.id)
        row = db.session.scalar(known, execution_options=EVERY_COMPANY)
        if row is None:
            row = cls(company=subscription.company, subscription=subscription, stripe_id=found.id, at=found.at)
            db.session.add(row)
        row.number, row.amount, row.currency, row.status = found.number, found.amount, found.currency, found.status

    @property
    def total(self) -> str:
        return money.format_amount(self.amount, self.currency)

    @property
    def badge(self) -> tuple[str, str]:
        """Kind and label of its status."""
        kind, label = INVOICES.get(self.status, ("", self.status))
        return kind, str(label)
