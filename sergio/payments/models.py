"""Attempts to pay an invoice, and payments; refunds and disputes are in `deductions`."""

from datetime import datetime, timedelta

from sqlalchemy import BigInteger, CheckConstraint, Index, Select, String, UniqueConstraint, and_, or_, select, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sergio import jobs
from sergio.audit.actor import BY_STRIPE, KINDS, Actor
from sergio.audit.models import record
from sergio.companies.models import is_test
from sergio.customers.models import Contact
from sergio.database.checks import at_least, code, one_of
from sergio.database.company_scope import CompanyOwned, within_company
from sergio.extensions import Model, db
from sergio.invoices.ledger import PAYMENT
from sergio.invoices.models import Invoice
from sergio.lib import money, tokens
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.payments.deductions import Dispute, Refund
from sergio.payments.methods import BANK_ACCOUNT, CARD, METHODS, ONLINE, method_label
from sergio.payments.payable import refuse_second_payment, refuse_unpayable
from sergio.payments.saved import SavedMethod
from sergio.payments.statuses import CREATING, GONE, PROCESSING, STATUSES
from sergio.payments.stripe.customers import StripeCustomer  # noqa: F401 - one of the tables
from sergio.payments.stripe.types import PaymentRequest

STILL_OPEN = text("closed_at IS NULL")
IS_GONE = text(f"status = '{GONE}'")
THROUGH_STRIPE = text("attempt_id IS NOT NULL")

FRESH = timedelta(hours=1)
RARELY = timedelta(hours=6)
ABANDONED_AFTER = timedelta(days=1)
TROUBLE = 300


class PaymentAttempt(CompanyOwned, Model):
    """One try to pay an invoice through Stripe. At most one is open for an invoice. `key` is secret: only Stripe and we
    know it, so an intent whose metadata carries it was made for this attempt.

    `method` is what it may be paid with, `saved_method_id` a method the customer saved before, or saves by this
    payment. Its contact never changes; an `off_session` attempt (automatic payment) may have none. Who started it is
    kept by kind and name.

    `mismatch` says why an intent does not match, so that no money was recorded: one of `stripe.events.REASONS`.
    `trouble` is what Stripe said when the attempt could last not be read or applied. `processing_since` is when a bank
    debit was first seen processing. `closed_by` names the staff member who closed it, if any.
    """

    __table_args__ = (
        Index(
            "uq_payment_attempt_open", "invoice_id", unique=True, sqlite_where=STILL_OPEN, postgresql_where=STILL_OPEN
        ),
        UniqueConstraint("account", "intent"),
        UniqueConstraint("company_id", "id"),
        Index(None, "company_id", "invoice_id"),
        Index("ix_payment_attempt_open", "company_id", "id", sqlite_where=STILL_OPEN, postgresql_where=STILL_OPEN),
        Index("ix_payment_attempt_gone", "company_id", "closed_at", sqlite_where=IS_GONE, postgresql_where=IS_GONE),
        *within_company(invoice_id="invoice", contact_id="contact", saved_method_id="saved_method"),
        at_least("invoice_version", 1),
        at_least("amount", 1),
        code("currency", 3),
        one_of("status", STATUSES),
        one_of("method", ONLINE),
        one_of("started_by_kind", KINDS),
        CheckConstraint(f"method <> '{BANK_ACCOUNT}' OR currency = 'USD'", name="bank_accounts_pay_dollars"),
        CheckConstraint("NOT off_session OR saved_method_id IS NOT NULL", name="off_session_needs_a_saved_method"),
        CheckConstraint("off_session OR contact_id IS NOT NULL", name="somebody_pays_or_off_session"),
        CheckConstraint(f"(status = '{PROCESSING}') = (processing_since IS NOT NULL)", name="processing_since"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True, default=tokens.token)
    invoice_id: Mapped[int] = mapped_column()
    invoice_version: Mapped[int]
    contact_id: Mapped[int | None] = mapped_column()
    started_by_kind: Mapped[str] = mapped_column(String(20))
    started_by_name: Mapped[str] = mapped_column(String(120))
    method: Mapped[str] = mapped_column(String(20), default=CARD)
    off_session: Mapped[bool] = mapped_column(default=False)
    saved_method_id: Mapped[int | None] = mapped_column()
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    account: Mapped[str] = mapped_column(String(60), default="")
    intent: Mapped[str | None] = mapped_column(String(120))
    status: Mapped[str] = mapped_column(String(20), default=CREATING)
    decline: Mapped[str] = mapped_column(String(60), default="")
    mismatch: Mapped[str] = mapped_column(String(20), default="")
    trouble: Mapped[str] = mapped_column(String(TROUBLE), default="")
    created_at: Mapped[datetime]
    checked_at: Mapped[datetime]
    processing_since: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str] = mapped_column(String(120), default="")
    closing_reason: Mapped[str] = mapped_column(String(500), default="")

    invoice: Mapped[Invoice] = relationship(foreign_keys=invoice_id)
    contact: Mapped[Contact | None] = relationship(foreign_keys=contact_id)
    saved_method: Mapped[SavedMethod | None] = relationship(foreign_keys=saved_method_id)
    payment: Mapped["Payment | None"] = relationship(foreign_keys="Payment.attempt_id", viewonly=True)

    @classmethod
    def of(cls, invoice: Invoice) -> Select:
        """The attempts to pay an invoice, the newest first."""
        mine = cls.company_id == invoice.company_id, cls.invoice_id == invoice.id
        return select(cls).where(*mine).order_by(cls.id.desc())

    @classmethod
    def open_for(cls, invoice: Invoice) -> Select:
        """The one attempt to pay an invoice that is not over, if there is one."""
        return cls.of(invoice).where(cls.closed_at.is_(None))

    @classmethod
    def due_for_check(cls, now: datetime) -> Select:
        """Open attempts to read at Stripe again: fresh ones each time, others every few hours."""
        fresh = and_(cls.created_at > now - FRESH, cls.status != PROCESSING)
        return select(cls).where(cls.closed_at.is_(None), or_(fresh, cls.checked_at < now - RARELY))

    @classmethod
    def accounts(cls) -> Select:
        """The distinct pairs of company and account of all attempts that reached Stripe."""
        return select(cls.company_id, cls.account).where(cls.intent.is_not(None)).distinct()

    @classmethod
    def start(
        cls, invoice: Invoice, contact: Contact | None, *, by: Actor, at: datetime, method: str = CARD, **more
    ) -> "PaymentAttempt":
        """The invoice's open attempt, made unless there is one: see `is_for`. `more` may be `off_session` and
        `saved_method_id`. Needs the invoice `locked`; what cannot be paid is `Refused`.
        """
        refuse_unpayable(invoice, method)
        attempt = db.session.scalar(cls.open_for(invoice))
        if attempt and attempt.mismatch:
            raise Refused(_("We are looking into a payment for this invoice. Call us before you pay."))
        if attempt is None:
            attempt = cls(company=invoice.company, invoice=invoice, contact=contact, created_at=at, checked_at=at)
            attempt.started_by_kind, attempt.started_by_name = by.kind, by.name
            attempt.amount, attempt.currency, attempt.invoice_version = invoice.due, invoice.currency, invoice.version
            attempt.account = invoice.company.card_account
            for name, value in {"method": method, **more}.items():
                setattr(attempt, name, value)
            db.session.add(attempt)
            db.session.flush()
            record(attempt, "started", by=by, at=at, after={**attempt.facts(), "method": method, **more})
        return attempt

    @property
    def customer_id(self) -> int:
        """Whose it is, for the audit trail."""
        return self.invoice.customer_id

    def facts(self) -> dict:
        """The values for the audit trail."""
        return {"invoice": self.invoice.number, "amount": self.amount, "currency": self.currency}

    def fits(self, invoice: Invoice) -> bool:
        """Whether amount, invoice version and account are still those of the invoice."""
        ours = (self.amount, self.invoice_version, self.account)
        return ours == (invoice.due, invoice.version, invoice.company.card_account)

    def is_for(self, contact_id: int | None, method: str, saved_method_id: int | None = None) -> bool:
        """Whether that contact may pay with it by that method. Nobody takes over another contact's: the receipt goes to
        `contact`, and an intent whose client secret two people have would not tell us whose card was charged.
        """
        ours = self.contact_id, self.method, self.saved_method_id
        return not self.off_session and ours == (contact_id, method, saved_method_id)

    @property
    def charges_saved_method(self) -> bool:
        """Whether it is paid with a method that was saved before, without a card form."""
        return self.saved_method is not None and self.saved_method.saved_before(self.created_at)

    def lock_invoice(self) -> Invoice:
        """Lock the invoice, as everything that moves its money must, and read the attempt again."""
        invoice = db.session.scalars(Invoice.locked(self.invoice_id)).one()
        db.session.refresh(self)
        return invoice

    def payment_request(self) -> PaymentRequest:
        """The request to Stripe, made only of values that never change, as its idempotency key requires."""
        number = self.invoice.number
        metadata = {"attempt": self.key, "company": self.company.subdomain, "invoice": str(number)}
        saved = self.saved_method
        return PaymentRequest(
            key=self.key,
            account=self.account,
            amount=self.amount,
            currency=self.currency,
            method=self.method,
            description=f"Invoice {self.invoice.reference}",
            metadata=metadata,
            for_test=is_test(number),
            customer=saved.stripe_customer if saved else "",
            saves=saved is not None and not self.charges_saved_method,
        )

    def money(self, amount: int) -> str:
        """An amount in the attempt's currency, formatted for the company's language."""
        return money.format_amount(amount, self.currency)

    def is_abandoned(self, now: datetime) -> bool:
        """Whether it is too old for anyone to finish it. A debit that a bank is processing never is."""
        return self.status != PROCESSING and now - self.created_at > ABANDONED_AFTER

    def proceed(self, status: str, *, decline: str = "", at: datetime):
        """Set `OPEN` or `PROCESSING`. An invoice with a processing payment cannot be paid again."""
        before, self.status, self.decline = self.status, status, decline
        self.processing_since = (self.processing_since or at) if status == PROCESSING else None
        self.invoice.mark_clearing(self.processing_since)
        if PROCESSING in (before, status) and before != status:
            changed = {**self.facts(), "status": status, "decline": decline}
            record(self, "changed", by=BY_STRIPE, at=at, before={"status": before}, after=changed)
            self._follow_automatically()

    def close(self, status: str, *, by: Actor, at: datetime, reason: str = ""):
        """End it as `SUCCEEDED`, `FAILED`, `CANCELED` or `GONE`. Staff give a reason."""
        if status == self.status:
            return
        before, self.status, self.processing_since = self.status, status, None
        self.closed_at = self.closed_at or at
        if before == PROCESSING:
            self.invoice.mark_clearing(None)
        if by.is_staff:
            self.closed_by, self.closing_reason = by.name, reason
        after = {"status": status, **({"reason": reason} if reason else {})}
        record(self, "closed", by=by, at=at, before={"status": before}, after={**self.facts(), **after})
        self._follow_automatically()

    def _follow_automatically(self):
        """Let the automatic payment that it belongs to, if any, draw the consequences."""
        if self.off_session:
            jobs.enqueue("payments.follow_automatic", company=self.company, attempt_id=self.id)


class Payment(CompanyOwned, Model):
    """Money received for an invoice, with a receipt: through Stripe for an attempt, or recorded by staff.

    Of a recorded one, `reference` is the number of the check or transfer, and staff can undo it: the row stays.
    """

    __table_args__ = (
        UniqueConstraint("company_id", "number"),
        UniqueConstraint("company_id", "id"),
        Index(None, "company_id", "invoice_id"),
        Index(None, "company_id", "at"),
        Index(
            "uq_payment_attempt_id",
            "attempt_id",
            unique=True,
            sqlite_where=THROUGH_STRIPE,
            postgresql_where=THROUGH_STRIPE,
        ),
        *within_company(invoice_id="invoice", attempt_id="payment_attempt"),
        at_least("number", 1),
        at_least("amount", 1),
        code("currency", 3),
        one_of("method", METHODS),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]
    invoice_id: Mapped[int] = mapped_column()
    attempt_id: Mapped[int | None] = mapped_column()
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    at: Mapped[datetime]
    method: Mapped[str] = mapped_column(String(20))
    brand: Mapped[str] = mapped_column(String(30), default="")
    last4: Mapped[str] = mapped_column(String(4), default="")
    reference: Mapped[str] = mapped_column(String(60), default="")
    memo: Mapped[str] = mapped_column(String(200), default="")
    undone_at: Mapped[datetime | None]
    undone_reason: Mapped[str] = mapped_column(String(200), default="")

    invoice: Mapped[Invoice] = relationship(foreign_keys=invoice_id)
    attempt: Mapped[PaymentAttempt | None] = relationship(foreign_keys=attempt_id)
    refunds: Mapped[list["Refund"]] = relationship(
        foreign_keys="Refund.payment_id", back_populates="payment", order_by="Refund.at, Refund.id"
    )
    disputes: Mapped[list["Dispute"]] = relationship(
        foreign_keys="Dispute.payment_id", back_populates="payment", order_by="Dispute.at, Dispute.id"
    )

    @classmethod
    def of(cls, customer) -> Select:
        """A customer's payments."""
        return select(cls).join(cls.invoice).where(customer.owns(Invoice))

    @classmethod
    def record(
        cls,
        invoice: Invoice,
        *,
        method: str,
        by: Actor,
        at: datetime,
        received_at: datetime | None = None,
        amount: int | None = None,
        surplus: int = 0,
        **details: str,
    ) -> "Payment":
        """Record money received now or, if given, at `received_at`, as one of `BY_HAND`: `amount`, or all that is due.
        `Refused` if that leaves a larger surplus than the `surplus` that was agreed to, and while a payment is
        processing. `details` are `reference` and `memo`. Needs the invoice `locked`.
        """
        refuse_second_payment(invoice)
        amount = invoice.due if amount is None else amount
        due = max(0, invoice.due)
        if not 0 < amount <= due + surplus:
            raise Refused(_("Only %(amount)s is due on this invoice.", amount=invoice.money(due)))
        payment = cls._of(invoice, amount, method=method, at=received_at or at, **details)
        payment.enter(f"payment {payment.number}", by=by, at=at)
        if db.session.scalar(PaymentAttempt.open_for(invoice)):
            invoice.withdraw_card_payment()
        return payment

    @classmethod
    def from_stripe(cls, attempt: PaymentAttempt, amount: int, *, at: datetime, **details: str) -> "Payment":
        """The payment that Stripe collected for an attempt. `details` are `brand` and `last4`."""
        payment = cls._of(attempt.invoice, amount, method=attempt.method, attempt=attempt, at=at, **details)
        payment.enter(f"{attempt.intent}:succeeded", by=BY_STRIPE, at=at)
        return payment

    @classmethod
    def _of(cls, invoice: Invoice, amount: int, **more) -> "Payment":
        company = invoice.company
        payment = cls(
            company=company, number=invoice.customer.next_number("payment"), invoice=invoice, amount=amount, **more
        )
        payment.currency = invoice.currency
        db.session.add(payment)
        return payment

    def enter(self, source: str, *, by: Actor, at: datetime):
        """Enter it into the ledger as of when it was received; the audit trail says that it was recorded at `at`."""
        memo = ", ".join(part for part in (self.paid_with, self.memo) if part)[:200]
        self.invoice.enter(PAYMENT, -self.amount, at=self.at, source=source, memo=memo, payment_number=self.number)
        record(self, "recorded", by=by, at=at, after={**self.facts(), "method": self.method})
        self.keep_receipt()

    def undo(self, reason: str, *, by: Actor, at: datetime):
        """Take back a payment that staff recorded, by an entry against it; a second time changes nothing. Needs the
        invoice `locked`.
        """
        if self.attempt_id is not None:
            raise Refused(_("A payment through Stripe can only be refunded, in Stripe."))
        if self.undone_at:
            return
        self.undone_at, self.undone_reason = at, reason
        undone = {"at": at, "memo": reason, "payment_number": self.number}
        self.invoice.enter(PAYMENT, self.amount, source=f"payment {self.number} undone", **undone)
        record(self, "undone", by=by, at=at, after={**self.facts(), "reason": reason})
        self.keep_receipt()

    def keep_receipt(self):
        """Have the PDF of the receipt rendered as it is from now on."""
        jobs.enqueue("payments.keep_receipt", company=self.company, company_id=self.company.id, number=self.number)

    @property
    def customer_id(self) -> int:
        """Whose it is, for the audit trail."""
        return self.invoice.customer_id

    def facts(self) -> dict:
        """The values for the audit trail."""
        return {"invoice": self.invoice.number, "amount": self.amount, "currency": self.currency}

    def money(self, amount: int) -> str:
        """An amount in the payment's currency, formatted for the company's language."""
        return money.format_amount(amount, self.currency)

    @property
    def paid_with(self) -> str:
        """ "Visa ending in 4242", "Check"."""
        return method_label(self)
