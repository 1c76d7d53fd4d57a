"""What becomes of each invoice under automatic payments, part of their models."""

from datetime import date, datetime, timedelta

from sqlalchemy import BigInteger, CheckConstraint, Index, Select, String, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sergio.audit.actor import BY_STRIPE, BY_SYSTEM, Actor
from sergio.audit.models import record
from sergio.companies.models import Company
from sergio.database.checks import at_least, one_of
from sergio.database.company_scope import EVERY_COMPANY, CompanyOwned, within_company
from sergio.extensions import Model
from sergio.invoices.models import Invoice
from sergio.lib import money
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.payments import autopay_emails as emails
from sergio.payments.autopay_statuses import (
    AUTHENTICATE,
    CHARGING,
    DECLINED,
    DUE,
    FAILED,
    HARD,
    LABELS,
    MOST_TRIES,
    NEEDS_CUSTOMER,
    OVER_CAP,
    PAID,
    PLANNED,
    PROCESSING,
    RETRY_AFTER,
    RETURNED,
    SETTLED,
    SKIPPED,
    STATUSES,
    STOPPED,
    UNSENT,
    WITH_STRIPE,
)  # fmt: skip
from sergio.payments.models import PaymentAttempt
from sergio.payments.statuses import FAILED as ATTEMPT_FAILED
from sergio.payments.statuses import GONE, SUCCEEDED
from sergio.payments.statuses import PROCESSING as ATTEMPT_PROCESSING

MAY_BE_DUE = text(f"status IN ({', '.join(map(repr, (*DUE, CHARGING)))})")
WAITS_FOR = 300


class AutoPayCharge(CompanyOwned, Model):
    """What becomes of one invoice under automatic payments.

    `amount` is what the customer was told, and the most that is taken. It is charged on `next_on`, of the company's
    calendar, for the first time on `planned_on`. `sent_at` is when the charge of `attempt` was about to be sent to
    Stripe, so that it can no longer be stopped; None before. `waits_for` says why it was not charged on its day.
    """

    __table_args__ = (
        UniqueConstraint("company_id", "invoice_id"),
        UniqueConstraint("company_id", "id"),
        Index(None, "company_id", "auto_pay_id"),
        Index("ix_auto_pay_charge_due", "company_id", "next_on", sqlite_where=MAY_BE_DUE),
        *within_company(auto_pay_id="auto_pay", invoice_id="invoice", attempt_id="payment_attempt"),
        one_of("status", STATUSES),
        at_least("amount", 1),
        CheckConstraint(f"tries BETWEEN 0 AND {MOST_TRIES}", name="tries"),
        CheckConstraint("sent_at IS NULL OR attempt_id IS NOT NULL", name="sent_with_an_attempt"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    auto_pay_id: Mapped[int] = mapped_column()
    invoice_id: Mapped[int] = mapped_column()
    attempt_id: Mapped[int | None] = mapped_column()
    amount: Mapped[int] = mapped_column(BigInteger)
    planned_on: Mapped[date]
    next_on: Mapped[date]
    status: Mapped[str] = mapped_column(String(20), default=PLANNED)
    tries: Mapped[int] = mapped_column(default=0)
    decline: Mapped[str] = mapped_column(String(60), default="")
    waits_for: Mapped[str] = mapped_column(String(WAITS_FOR), default="")
    told_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]

    auto_pay: Mapped["AutoPay"] = relationship(foreign_keys=auto_pay_id)  # noqa: F821  # ty: ignore[unresolved-reference]
    invoice: Mapped[Invoice] = relationship(foreign_keys=invoice_id)
    attempt: Mapped[PaymentAttempt | None] = relationship(foreign_keys=attempt_id)

    @classmethod
    def under(cls, auto_pay, statuses: tuple[str, ...]) -> Select:
        """The charges under one consent, locked: whoever changes them holds the lock of the consent as well."""
        mine = cls.company_id == auto_pay.company_id, cls.auto_pay_id == auto_pay.id
        return select(cls).where(*mine, cls.status.in_(statuses)).order_by(cls.id).with_for_update()

    @classmethod
    def of_invoice(cls, invoice: Invoice) -> Select:
        return select(cls).where(cls.company_id == invoice.company_id, cls.invoice_id == invoice.id)

    @classmethod
    def locked(cls, row_id: int) -> Select:
        again = {"populate_existing": True, **EVERY_COMPANY}
        return select(cls).where(cls.id == row_id).with_for_update().execution_options(**again)

    @classmethod
    def due(cls, company: Company, today: date) -> Select:
        """The ids of those to charge today, and of those whose charge was cut short."""
        return select(cls.id).where(cls.company_id == company.id, MAY_BE_DUE, cls.next_on <= today).order_by(cls.id)

    @property
    def customer_id(self) -> int:
        """Whose it is, for the audit trail."""
        return self.invoice.customer_id

    @property
    def label(self) -> str:
        return str(LABELS[self.status])

    @property
    def is_ahead(self) -> bool:
        """Whether it will be charged, if nothing changes."""
        return self.status in DUE

    @property
    def can_be_skipped(self) -> bool:
        return self.status in UNSENT and self.sent_at is None

    @property
    def pay_path(self) -> str:
        return f"{self.invoice.portal_path}/pay"

    def money(self) -> str:
        return money.format_amount(self.amount, self.invoice.currency)

    def facts(self) -> dict:
        """The values for the audit trail."""
        return {"invoice": self.invoice.number, "amount": self.amount, "currency": self.invoice.currency}

    def announce(self, *, at: datetime):
        """Tell the customer the amount and the day: the day the invoice is due, and never sooner than was agreed."""
        auto_pay, today = self.auto_pay, self.company.day(at)
        self.amount, self.told_at = self.invoice.due, at
        first = max(self.invoice.due_on, today + timedelta(days=auto_pay.notice_days))
        self.planned_on = self.next_on = first
        self.status = OVER_CAP if self.amount > auto_pay.cap else PLANNED
        record(self, "planned", by=BY_SYSTEM, at=at, after={**self.facts(), "on": first.isoformat()})
        (emails.over_cap if self.status == OVER_CAP else emails.planned)(self)

    def stand_down(self, invoice: Invoice, auto_pay, *, at: datetime) -> bool:
        """Whether it must not be charged, now or at all; then its status says why, and the customer is told of what
        changed. Needs invoice and consent locked.
        """
        if auto_pay.ended_at or not auto_pay.method.is_kept:
            self.status = STOPPED
        elif invoice.voided_at or invoice.due <= 0:
            self.status = SETTLED
        elif invoice.due > self.amount:
            self.announce(at=at)
        elif invoice.due > auto_pay.cap:
            self.status = OVER_CAP
            emails.over_cap(self)
        else:
            return False
        return True

    def begin(self, attempt: PaymentAttempt):
        """It is being charged by an attempt, of which nothing was sent yet."""
        self.attempt, self.status, self.sent_at, self.waits_for = attempt, CHARGING, None, ""

    def send(self, *, at: datetime):
        """From now on it can't be stopped: its charge is about to be sent."""
        if self.sent_at is None:
            self.tries += 1
            self.sent_at = at

    def skip(self, *, by: Actor, at: datetime):
        """Leave this invoice to be paid by hand. Needs the consent locked."""
        if not self.can_be_skipped:
            raise Refused(_("This payment was already sent to your bank, so it can't be skipped."))
        self.status = SKIPPED
        record(self, "skipped", by=by, at=at, after=self.facts())

    def follow(self, attempt: PaymentAttempt, *, at: datetime):
        """Draw the consequences of how its attempt stands, once. Needs the row locked."""
        if self.attempt_id != attempt.id or self.status not in (*WITH_STRIPE, PAID):
            return
        if attempt.status == SUCCEEDED:
            self.status = RETURNED if any(payment.undone_at for payment in attempt.payments) else PAID
        elif attempt.status == ATTEMPT_PROCESSING:
            self.status = PROCESSING
        elif attempt.closed_at:
            self._go_on_without(attempt, at=at)

    def _go_on_without(self, attempt: PaymentAttempt, *, at: datetime):
        """The attempt took no money: the next try, if there is to be one."""
        was_sent, self.sent_at = self.sent_at is not None, None
        lost = "other" if was_sent or attempt.status in (ATTEMPT_FAILED, GONE) else ""
        self.decline = attempt.decline or lost
        if not self.decline:  # it was withdrawn before anything was sent, to be paid by hand
            self.status = PLANNED
            return
        self.status = self._after_decline()
        if self.status == DECLINED:
            self.next_on = max(self.planned_on + RETRY_AFTER[max(self.tries, 1) - 1], self.company.day(at))
        record(self, "declined", by=BY_STRIPE, at=at, after={**self.facts(), "decline": self.decline})
        emails.declined(self)

    def _after_decline(self) -> str:
        if self.decline in AUTHENTICATE:
            return NEEDS_CUSTOMER
        return FAILED if self.decline in HARD or self.tries >= MOST_TRIES else DECLINED

    @property
    def tries_ahead(self) -> list[date]:
        """The days on which it is tried again, if it is declined each time."""
        if self.status != DECLINED:
            return []
        return [self.next_on, *(self.planned_on + days for days in RETRY_AFTER[self.tries :])]
