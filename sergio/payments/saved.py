"""The payment methods that customers have saved."""

import calendar
from datetime import date, datetime, timedelta
from functools import cache

from sqlalchemy import BindParameter, Index, Select, String, UniqueConstraint, bindparam, select, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sergio import jobs
from sergio.audit.actor import BY_STRIPE, Actor
from sergio.audit.models import record
from sergio.companies.models import Company
from sergio.customers.models import Contact, Customer
from sergio.database.append_only import fixed
from sergio.database.checks import one_of
from sergio.database.company_scope import COMPANY, EVERY_COMPANY, CompanyOwned, within_company
from sergio.extensions import Model, db
from sergio.lib import tokens
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.payments.consents import CONSENT_COLUMNS, Consent, ConsentGiven
from sergio.payments.methods import CARD, ONLINE, can_pay_by, method_label
from sergio.payments.stripe.types import KeptMethod, SetupRequest

IN_USE = text("stripe_id IS NOT NULL AND removed_at IS NULL")
SOON = timedelta(days=30)
"""How long before a card expires its customer is told."""


class SavedMethod(ConsentGiven, CompanyOwned, Model):
    """A card or US bank account that a customer lets us charge again. The row is there, with the consent, before Stripe
    is asked; `stripe_id` is empty until Stripe says that it was saved.

    `key` is secret: Stripe's SetupIntent carries it. `setup` is that SetupIntent, None for a method saved while paying.
    `stripe_customer` is the customer at Stripe it belongs to. `brand` is a card's brand or the bank's name. The default
    is the one chosen last (`default_at`), else the one saved first. From `removed_at` on nobody can use it;
    `detached_at` is when Stripe has removed it, too.
    """

    __table_args__ = (
        UniqueConstraint("company_id", "id"),
        UniqueConstraint("account", "stripe_id"),
        Index(None, "company_id", "customer_id"),
        Index("ix_saved_method_in_use", "company_id", "customer_id", sqlite_where=IN_USE),
        *within_company(customer_id="customer", contact_id="contact"),
        one_of("method", ONLINE),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True, default=tokens.token)
    customer_id: Mapped[int] = mapped_column()
    contact_id: Mapped[int] = mapped_column()
    method: Mapped[str] = mapped_column(String(20), default=CARD)
    account: Mapped[str] = mapped_column(String(60), default="")
    stripe_customer: Mapped[str] = mapped_column(String(60), default="")
    setup: Mapped[str | None] = mapped_column(String(120), unique=True)
    stripe_id: Mapped[str | None] = mapped_column(String(120))
    brand: Mapped[str] = mapped_column(String(60), default="")
    last4: Mapped[str] = mapped_column(String(4), default="")
    expires_on: Mapped[date | None]
    default_at: Mapped[datetime | None]
    saved_at: Mapped[datetime | None]
    expiry_told_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]
    removed_by: Mapped[str] = mapped_column(String(120), default="")
    detached_at: Mapped[datetime | None]

    customer: Mapped[Customer] = relationship(foreign_keys=customer_id)
    contact: Mapped[Contact] = relationship(foreign_keys=contact_id)
    reference = ""

    @classmethod
    def begin(cls, contact: Contact, method: str, consent: Consent, *, by: Actor) -> "SavedMethod":
        """The row of a method that is about to be saved, with the consent to it."""
        company = contact.company
        refuse_saving(company, method)
        row = cls(company=company, customer=contact.customer, contact=contact, method=method)
        row.account = company.payment_account
        row.keep_consent(consent)
        db.session.add(row)
        record(row, "agreed", by=by, at=consent.at, after={"consent": consent.version, "method": method})
        return row

    @classmethod
    @cache
    def of_viewer(cls) -> Select:
        """The methods that a customer can use on an account, the default first (parameters `company_id`, `customer_id`
        and `account`).
        """
        return cls.usable(bindparam("customer_id"), bindparam("account")).where(cls.company_id == COMPANY)

    @classmethod
    def of(cls, customer: Customer, account: str | None) -> Select:
        """The same for a customer."""
        return cls.usable(customer.id, account).where(cls.company_id == customer.company_id)

    @classmethod
    def usable(cls, customer_id: int | BindParameter, account: str | BindParameter | None) -> Select:
        mine = cls.customer_id == customer_id, cls.account == account
        return select(cls).where(*mine, cls.is_in_use()).order_by(*cls.default_first())

    @classmethod
    def default_first(cls) -> tuple:
        return cls.default_at.is_(None), cls.default_at.desc(), cls.saved_at, cls.id

    @classmethod
    def is_in_use(cls):
        return cls.stripe_id.is_not(None) & cls.removed_at.is_(None)

    @classmethod
    def locked(cls, row_id: int) -> Select:
        """The row with an id read before, locked until the commit, as all that changes or charges it needs."""
        again = {"populate_existing": True, **EVERY_COMPANY}
        return select(cls).where(cls.id == row_id).with_for_update().execution_options(**again)

    @classmethod
    def waiting(cls, since: datetime) -> Select:
        """Methods whose SetupIntent was begun since then and not heard of again."""
        open_setup = cls.setup.is_not(None), cls.stripe_id.is_(None), cls.removed_at.is_(None)
        return select(cls).where(*open_setup, cls.consented_at > since)

    @classmethod
    def expiring(cls, on: date) -> Select:
        """Cards that expire soon, of whom nobody was told yet."""
        soon = cls.expires_on.between(on, on + SOON)
        return select(cls).where(cls.is_in_use(), soon, cls.expiry_told_at.is_(None))

    @property
    def is_kept(self) -> bool:
        """Whether Stripe keeps it, and we may charge it."""
        return self.stripe_id is not None and self.removed_at is None

    @property
    def label(self) -> str:
        """ "Visa ending in 4242"."""
        return method_label(self)

    def saved_before(self, at: datetime) -> bool:
        return self.saved_at is not None and self.saved_at <= at

    def expires_soon(self, on: date) -> bool:
        return self.expires_on is not None and on <= self.expires_on <= on + SOON

    def has_expired(self, on: date) -> bool:
        return self.expires_on is not None and self.expires_on < on

    def facts(self) -> dict:
        """The values for the audit trail."""
        return {"paid_with": self.label} if self.last4 else {"method": self.method}

    def setup_request(self) -> SetupRequest:
        metadata = {"saved_method": self.key, "company": self.company.subdomain}
        return SetupRequest(self.key, self.account, self.stripe_customer, self.method, metadata)

    def keep(self, found: KeptMethod, *, at: datetime):
        """Stripe has saved it. Needs the row locked; a second time changes nothing."""
        if self.stripe_id or found.customer != self.stripe_customer:
            return
        self.stripe_id, self.saved_at = found.id, at
        self.follow(found)
        record(self, "saved", by=BY_STRIPE, at=at, after=self.facts())
        if self.removed_at:
            self._detach()

    def follow(self, found: KeptMethod):
        """Take over what Stripe says of it: banks give cards new numbers and dates."""
        expires_on = last_day(found.exp_year, found.exp_month) if found.exp_year else None
        if expires_on != self.expires_on:
            self.expiry_told_at = None
        self.brand, self.last4, self.expires_on = found.brand[:60], found.last4, expires_on

    def make_default(self, *, by: Actor, at: datetime):
        self.refuse_removed()
        self.default_at = at
        record(self, "chose_default", by=by, at=at, after=self.facts())

    def remove(self, *, by: Actor, at: datetime):
        """Nobody can use it from now on; a job has Stripe remove it, however long Stripe is away. Needs it locked."""
        if self.removed_at is None:
            self._end(by=by, at=at)
            self._detach()

    def note_detached(self, *, at: datetime):
        """Stripe has removed it, because we asked for that or because somebody did in Stripe's own pages."""
        if self.removed_at is None:
            self._end(by=BY_STRIPE, at=at)
        self.detached_at = self.detached_at or at

    def _end(self, *, by: Actor, at: datetime):
        self.removed_at, self.removed_by = at, by.name[:120]
        record(self, "removed", by=by, at=at, before=self.facts())

    def _detach(self):
        if self.stripe_id:
            jobs.enqueue("payments.detach", company=self.company, saved_id=self.id)

    def refuse_removed(self):
        """Raise `Refused` if it is not kept any more, or kept on an account that the company has left for another."""
        if not self.is_kept or self.company.payment_account not in (None, self.account):
            raise Refused(_("This payment method was removed. Choose another one."))


for column in CONSENT_COLUMNS:
    fixed(column)(SavedMethod)


def refuse_saving(company: Company, method: str):
    """Raise `Refused` where customers cannot save such a payment method now."""
    if not company.saves_methods or not can_pay_by(company, method):
        raise Refused(f"{_('Payment methods cannot be saved right now.')} {company.how_to_reach}")


def last_day(year: int, month: int) -> date:
    """The last day on which a card can be used."""
    return date(year, month, calendar.monthrange(year, month)[1])
