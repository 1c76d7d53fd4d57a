"""The table of companies' connections to their own accounts at Stripe, part of the models of payments."""

from datetime import datetime

from sqlalchemy import JSON, Select, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from sergio.audit.actor import BY_STRIPE, Actor
from sergio.audit.models import changes, record
from sergio.companies.models import Company
from sergio.database.checks import one_of
from sergio.database.company_scope import CompanyOwned
from sergio.extensions import Model, db
from sergio.lib import tokens
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.payments.models import PaymentAttempt
from sergio.payments.stripe.types import Account, AccountRequest

FULL, EXPRESS, NONE = DASHBOARDS = ("full", "express", "none")
STARTED, DUE, REVIEW, STOPPED, READY = "started", "due", "review", "stopped", "ready"
FINAL = ("rejected.", "listed", "platform_paused", "other")
"""How the reasons begin for which Stripe disables an account, whatever its owner enters."""


class StripeConnection(CompanyOwned, Model):
    """How a company and its account at Stripe are connected: one row a company. It stays when they are disconnected, so
    that connecting again leads to the same account. `Company.stripe_account` is the account while they are connected.

    `key` is the idempotency key under which the account is created; the row is there before Stripe is asked, so that
    however often that is repeated, there is one account. `due`, `overdue` and `pending` are Stripe's names of what it
    asks for, of what is overdue, and of what it is checking (docs.stripe.com/api/accounts/object).
    """

    __table_args__ = (
        UniqueConstraint("company_id"),
        UniqueConstraint("account"),
        one_of("dashboard", DASHBOARDS),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True, default=tokens.token)
    account: Mapped[str | None] = mapped_column(String(60))
    dashboard: Mapped[str] = mapped_column(String(10), default=FULL)
    details_submitted: Mapped[bool] = mapped_column(default=False)
    payouts_enabled: Mapped[bool] = mapped_column(default=False)
    disabled_reason: Mapped[str] = mapped_column(String(80), default="")
    due: Mapped[list] = mapped_column(JSON, default=list)
    overdue: Mapped[list] = mapped_column(JSON, default=list)
    pending: Mapped[list] = mapped_column(JSON, default=list)
    due_by: Mapped[datetime | None]
    created_at: Mapped[datetime]
    checked_at: Mapped[datetime | None]

    @classmethod
    def of(cls, company: Company) -> Select:
        return select(cls).where(cls.company_id == company.id)

    @classmethod
    def start(cls, company: Company, *, by: Actor, at: datetime) -> "StripeConnection":
        """The company's connection, made unless there is one; one that was ended goes on with its account. Needs the
        company locked.
        """
        row = db.session.scalar(cls.of(company))
        if row is None:
            row = cls.add(company, at=at)
            record(company, "started_connecting_stripe", by=by, at=at)
        elif row.account and company.stripe_account is None:
            row.connect(row.account, by=by, at=at)
        return row

    @classmethod
    def add(cls, company: Company, *, at: datetime) -> "StripeConnection":
        row = cls(company=company, account=company.stripe_account, created_at=at)
        db.session.add(row)
        db.session.flush()
        return row

    def connect(self, account: str, *, by: Actor, at: datetime):
        """Take this account for online payments. Needs the company locked; the first account that comes stays."""
        self.account = self.account or account
        if self.company.stripe_account is None:
            self.company.stripe_account = self.account
            record(self.company, "connected_stripe", by=by, at=at, after={"stripe_account": self.account})

    def start_anew(self):
        """Have another account created, since Stripe no longer has this one, or refused to create it under its key."""
        self.key, self.account, self.company.stripe_account = tokens.token(), None, None

    def disconnect(self, *, by: Actor, at: datetime):
        """Take no more online payments; `Refused` while one is open. Needs the company locked."""
        company, account = self.company, self.company.stripe_account
        if account is None:
            return
        mine = PaymentAttempt.company_id == company.id, PaymentAttempt.account == account
        if db.session.scalar(select(PaymentAttempt.id).where(*mine, PaymentAttempt.closed_at.is_(None)).limit(1)):
            raise Refused(
                _(
                    "A customer is paying right now, or a bank payment is on its way. Disconnect Stripe when all "
                    "payments are finished."
                )
            )
        company.stripe_account = None
        record(company, "disconnected_stripe", by=by, at=at, before={"stripe_account": account})

    @property
    def is_connected(self) -> bool:
        return self.account is not None and self.company.stripe_account == self.account

    @property
    def status(self) -> str:
        """What Stripe waits for. A company can be able to charge while something is due, or checked."""
        if self.disabled_reason.startswith(FINAL):
            return STOPPED
        if not self.details_submitted:
            return STARTED
        if self.due or self.overdue:
            return DUE
        return REVIEW if self.pending or self.disabled_reason else READY

    def request(self) -> AccountRequest:
        """The request that creates the account. A repeat with other values is refused for the same key, so that nothing
        is in it that the company may change meanwhile.
        """
        return AccountRequest(self.key, {"company": str(self.company_id)})

    def follow(self, found: Account, *, at: datetime):
        """Take over what Stripe says of the account."""
        self.dashboard = found.dashboard if found.dashboard in DASHBOARDS else NONE
        self.details_submitted, self.payouts_enabled = found.details_submitted, found.payouts_enabled
        self.disabled_reason = found.disabled_reason[:80]
        self.due, self.overdue, self.pending = list(found.due), list(found.overdue), list(found.pending)
        self.due_by, self.checked_at = found.due_by, at


def note_abilities(company: Company, found: Account | None, *, at: datetime) -> bool:
    """Keep what the company's account can take; None for one that is out of reach. Whether it can charge again."""
    could_charge = company.charges_enabled
    values = {"charges_enabled": found is not None and found.charges_enabled}
    if found:
        values |= {"cards_enabled": found.cards, "bank_debits_enabled": found.bank_debits}
    before, after = changes(company, **values)
    for name, value in after.items():
        setattr(company, name, value)
    if after:
        record(company, "changed", by=BY_STRIPE, at=at, before=before, after=after)
    return company.charges_enabled and not could_charge
