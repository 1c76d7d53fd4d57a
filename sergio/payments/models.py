"""Attempts to pay an invoice, and payments; refunds and disputes are in `deductions`."""

from datetime import datetime, timedelta

from sqlalchemy import BigInteger, CheckConstraint, Index, Select, String, UniqueConstraint, and_, or_, select, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sergio import jobs
from sergio.audit.actor import BY_STRIPE, KINDS, Actor
from sergio.audit.models import record
from sergio.companies.models import is_test
from sergio.customers.models import Contact, Customer
from sergio.database.checks import at_least, code, one_of
from sergio.database.company_scope import CompanyOwned, within_company
from sergio.extensions import Model, db
from sergio.invoices.ledger import PAYMENT
from sergio.invoices.models import Invoice
from sergio.lib import tokens
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.payments import daily_limit
from sergio.payments.debits import BankDebit
from sergio.payments.deductions import Dispute, Refund
from sergio.payments.fees import ApplicationFee
from sergio.payments.mandates import DebitMandate  # noqa: F401 - one of the tables
from sergio.payments.methods import BANK_ACCOUNT, CARD, METHODS, ONLINE, ledger_memo, method_label
from sergio.payments.parts import STILL_OPEN, Amounts, InCurrency, PaymentAttemptPart, described, spread
from sergio.payments.payable import refuse_second_payment, refuse_unpayable
from sergio.payments.saved import SavedMethod
from sergio.payments.statuses import CREATING, GONE, PROCESSING, STATUSES
from sergio.payments.stripe.customers import StripeCustomer  # noqa: F401 - one of the tables
from sergio.payments.stripe.types import PaymentRequest

IS_GONE = text(f"status = '{GONE}'")
THROUGH_STRIPE, UNDONE = text("attempt_id IS NOT NULL"), text("undone_at IS NOT NULL")

FRESH = timedelta(hours=1)
RARELY = timedelta(hours=6)
TROUBLE = 300


class PaymentAttempt(BankDebit, ApplicationFee, InCurrency, CompanyOwned, Model):
    """One try to pay invoices of one customer through Stripe, with one charge: `parts` say which, and how much of each.
    `key` is secret: only Stripe and we know it, so an intent whose metadata carries it was made for this attempt.

    `method` is what it may be paid with, `saved_method_id` a method the customer saved before, or saves by this
    payment. Its contact never changes; an `off_session` attempt (automatic payment) may have none. Who started it is
    kept by kind and name.

    `mismatch` says why an intent does not match, so that no money was recorded: one of `stripe.events.REASONS`.
    `trouble` is what Stripe said when the attempt could last not be read or applied. `processing_since` is when a bank
    debit was first seen processing. `closed_by` names the staff member who closed it, if any.
    """

    __table_args__ = (
        UniqueConstraint("account", "intent"),
        UniqueConstraint("company_id", "id"),
        Index(None, "company_id", "customer_id"),
        Index("ix_payment_attempt_open", "company_id", "id", sqlite_where=STILL_OPEN),
        Index("ix_payment_attempt_gone", "company_id", "closed_at", sqlite_where=IS_GONE),
        *within_company(customer_id="customer", contact_id="contact", saved_method_id="saved_method"),
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
    customer_id: Mapped[int] = mapped_column()
    contact_id: Mapped[int | None] = mapped_column()
    started_by_kind: Mapped[str] = mapped_column(String(20))
    started_by_name: Mapped[str] = mapped_column(String(120))
    method: Mapped[str] = mapped_column(String(20), default=CARD)
    off_session: Mapped[bool] = mapped_column(default=False)
    saved_method_id: Mapped[int | None] = mapped_column()
    amount: Mapped[int] = mapped_column(BigInteger)
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

    customer: Mapped[Customer] = relationship(foreign_keys=customer_id)
    contact: Mapped[Contact | None] = relationship(foreign_keys=contact_id)
    saved_method: Mapped[SavedMethod | None] = relationship(foreign_keys=saved_method_id)
    parts: Mapped[list[PaymentAttemptPart]] = relationship(
        foreign_keys=PaymentAttemptPart.attempt_id,
        back_populates="attempt",
        order_by=PaymentAttemptPart.invoice_id,
    )
    payments: Mapped[list["Payment"]] = relationship(
        foreign_keys="Payment.attempt_id", back_populates="attempt", order_by="Payment.number"
    )

    @classmethod
    def of(cls, *invoices: Invoice) -> Select:
        """The attempts to pay any of these invoices of one company, the newest first."""
        company_id, part = invoices[0].company_id, PaymentAttemptPart
        theirs = part.company_id == company_id, part.invoice_id.in_([invoice.id for invoice in invoices])
        ids = select(part.attempt_id).where(*theirs)
        return select(cls).where(cls.company_id == company_id, cls.id.in_(ids)).order_by(cls.id.desc())

    @classmethod
    def open_for(cls, *invoices: Invoice) -> Select:
        """Those that are not over: at most one an invoice."""
        return cls.of(*invoices).where(cls.closed_at.is_(None))

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
        cls, amounts: Amounts, contact: Contact | None, *, by: Actor, at: datetime, method: str = CARD, **more
    ) -> "PaymentAttempt":
        """The newest open attempt for any of these invoices, made unless there is one: see `is_for` and `fits`. `more`
        may be `off_session` and `saved_method_id`. Needs the invoices `locked`; what cannot be paid is `Refused`.
        """
        refuse_unpayable(amounts, method, off_session=more.get("off_session", False))
        if contact:
            daily_limit.refuse_over(contact, amounts, at=at)
        attempt = db.session.scalar(cls.open_for(*amounts).limit(1))
        if attempt and attempt.mismatch:
            raise Refused(_("We are looking into a payment for this invoice. Call us before you pay."))
        if attempt is None:
            attempt = cls.of_parts([PaymentAttemptPart.of(*each) for each in amounts.items()], contact=contact)
            attempt.created_at = attempt.checked_at = at
            attempt.started_by_kind, attempt.started_by_name = by.kind, by.name
            for name, value in {"method": method, **more}.items():
                setattr(attempt, name, value)
            db.session.add(attempt)
            db.session.flush()
            record(attempt, "started", by=by, at=at, after={**attempt.facts(), "method": method, **more})
        return attempt

    @classmethod
    def of_parts(cls, parts: list[PaymentAttemptPart], **more) -> "PaymentAttempt":
        """A new one to pay these parts, of one customer and currency, on the company's account."""
        invoice, amount = parts[0].invoice, sum(part.amount for part in parts)
        parts = sorted(parts, key=lambda part: part.invoice.id)
        about = {"customer": invoice.customer, "currency": invoice.currency, "account": invoice.company.payment_account}
        return cls(company=invoice.company, parts=parts, amount=amount, **about, **more)

    @property
    def invoices(self) -> list[Invoice]:
        return [part.invoice for part in self.parts]

    def facts(self) -> dict:
        """The values for the audit trail."""
        numbers = [invoice.number for invoice in self.invoices]
        which = {"invoice": numbers[0]} if len(numbers) == 1 else {"invoices": numbers}
        return {**which, "amount": self.amount, "currency": self.currency}

    def fits(self, amounts: Amounts | None = None) -> bool:
        """Whether account and invoices are still the same and, if given, it pays these amounts."""
        current = self.account == self.company.payment_account and all(part.fits for part in self.parts)
        return current and amounts in (None, {part.invoice: part.amount for part in self.parts})

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

    def lock_invoices(self) -> list[Invoice]:
        """Lock its invoices, as everything that moves their money must, and read the attempt again."""
        ids = [part.invoice_id for part in self.parts]
        invoices = list(db.session.scalars(Invoice.locked(*ids)))
        db.session.refresh(self)
        return invoices

    def payment_request(self) -> PaymentRequest:
        """The request to Stripe, made only of values that never change, as its idempotency key requires."""
        numbers = ",".join(str(invoice.number) for invoice in self.invoices)
        metadata = {"attempt": self.key, "company": self.company.subdomain, "invoice": numbers}
        saved = self.saved_method
        return PaymentRequest(
            key=self.key,
            account=self.account,
            amount=self.amount,
            currency=self.currency,
            method=self.method,
            description=described(self.invoices),
            metadata=metadata,
            fee_rate=self.fee_rate,
            for_test=is_test(self.invoices[0].number),
            customer=saved.stripe_customer if saved else "",
            saves=saved is not None and not self.charges_saved_method,
        )

    def proceed(self, status: str, *, decline: str = "", at: datetime):
        """Set `OPEN` or `PROCESSING`. An invoice with a processing payment cannot be paid again."""
        before, self.status, self.decline = self.status, status, decline
        self.processing_since = (self.processing_since or at) if status == PROCESSING else None
        for invoice in self.invoices:
            invoice.mark_clearing(self.processing_since)
        if PROCESSING in (before, status) and before != status:
            changed = {**self.facts(), "status": status, "decline": decline}
            record(self, "changed", by=BY_STRIPE, at=at, before={"status": before}, after=changed)
            self.follow_automatically()

    def close(self, status: str, *, by: Actor, at: datetime, reason: str = ""):
        """End it as `SUCCEEDED`, `FAILED`, `CANCELED` or `GONE`. Staff give a reason."""
        if status == self.status:
            return
        before, self.status, self.processing_since = self.status, status, None
        self.closed_at = self.closed_at or at
        for part in self.parts:
            part.closed_at = self.closed_at
            if before == PROCESSING:
                part.invoice.mark_clearing(None)
        if by.is_staff:
            self.closed_by, self.closing_reason = by.name, reason
        after = {"status": status, **({"reason": reason} if reason else {})}
        record(self, "closed", by=by, at=at, before={"status": before}, after={**self.facts(), **after})
        self.follow_automatically()

    def follow_automatically(self):
        """Let the automatic payment that it belongs to, if any, draw the consequences."""
        if self.off_session:
            jobs.enqueue("payments.follow_automatic", company=self.company, attempt_id=self.id)


class Payment(InCurrency, CompanyOwned, Model):
    """Money received for an invoice, with a receipt: through Stripe for an attempt, or recorded by staff.

    Of a recorded one, `reference` is the number of the check or transfer, and staff can undo it: the row stays.
    """

    __table_args__ = (
        UniqueConstraint("company_id", "number"),
        UniqueConstraint("company_id", "id"),
        Index(None, "company_id", "invoice_id"),
        Index(None, "company_id", "at"),
        Index(None, "company_id", "amount", "id"),
        *(Index(None, "company_id", column, "at") for column in ("method", "last4", "reference")),
        Index("ix_payment_undone", "company_id", "at", sqlite_where=UNDONE),
        Index("uq_payment_attempt_id_invoice_id", "attempt_id", "invoice_id", unique=True, sqlite_where=THROUGH_STRIPE),
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
    at: Mapped[datetime]
    method: Mapped[str] = mapped_column(String(20))
    brand: Mapped[str] = mapped_column(String(30), default="")
    last4: Mapped[str] = mapped_column(String(4), default="")
    reference: Mapped[str] = mapped_column(String(60), default="")
    memo: Mapped[str] = mapped_column(String(200), default="")
    undone_at: Mapped[datetime | None]
    undone_reason: Mapped[str] = mapped_column(String(200), default="")

    invoice: Mapped[Invoice] = relationship(foreign_keys=invoice_id)
    attempt: Mapped[PaymentAttempt | None] = relationship(foreign_keys=attempt_id, back_populates="payments")
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
    def from_stripe(cls, attempt: PaymentAttempt, received: int, *, at: datetime, **details: str) -> list["Payment"]:
        """The payments that Stripe collected for an attempt, one an invoice. What is received fills the parts in their
        order; a surplus goes to the last. `details` are `brand` and `last4`.
        """
        shares = spread(received, [part.amount for part in attempt.parts])
        shares[-1] += received - sum(shares)
        about = {"method": attempt.method, "attempt": attempt, "at": at, **details}
        payments = [
            cls._of(invoice, share, **about) for invoice, share in zip(attempt.invoices, shares, strict=True) if share
        ]
        for payment in payments:
            payment.enter(f"{attempt.intent}:succeeded", by=BY_STRIPE, at=at)
        return payments

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
        about = {"memo": ledger_memo(self), "payment_number": self.number}
        self.invoice.enter(PAYMENT, -self.amount, at=self.at, source=source, **about)
        record(self, "recorded", by=by, at=at, after={**self.facts(), "method": self.method})
        self.keep_receipt()

    def undo(self, reason: str, *, by: Actor, at: datetime):
        """Take back a payment that staff recorded, by an entry against it; a second time changes nothing. Needs the
        invoice `locked`.
        """
        if self.attempt_id is not None:
            raise Refused(_("A payment through Stripe can only be refunded."))
        if any(refund.went_through for refund in self.refunds):
            raise Refused(_("This payment was refunded, so it can't be undone."))
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

    @property
    def charge(self) -> list["Payment"]:
        """The payments made together with this one, itself included. The first one's number is that of the receipt."""
        return self.attempt.payments if self.attempt else [self]

    @property
    def paid_with(self) -> str:
        """ "Visa ending in 4242", "Check"."""
        return method_label(self)
