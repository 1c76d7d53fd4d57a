"""Money on its way and money that came: attempts to pay an invoice, and payments."""

from datetime import datetime, timedelta

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import BigInteger, Index, Select, String, UniqueConstraint, and_, or_, select, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sergio import jobs
from sergio.customers.models import Contact
from sergio.database.checks import at_least, code, one_of
from sergio.database.company_scope import CompanyOwned, within_company
from sergio.extensions import Model, db
from sergio.invoices.ledger import PAYMENT
from sergio.invoices.models import Invoice
from sergio.lib import money, tokens
from sergio.lib.refused import Refused
from sergio.payments.methods import CARD, METHODS, method_label
from sergio.payments.payable import refuse_what_cannot_be_paid
from sergio.payments.stripe.types import PaymentRequest

CREATING, OPEN, PROCESSING = "creating", "open", "processing"
SUCCEEDED, FAILED, CANCELED, GONE = "succeeded", "failed", "canceled", "gone"
STATES = (CREATING, OPEN, PROCESSING, SUCCEEDED, FAILED, CANCELED, GONE)
STILL_OPEN = text("closed_at IS NULL")
BY_CARD = text("attempt_id IS NOT NULL")

FRESH = timedelta(hours=1)
RARELY = timedelta(hours=6)
ABANDONED_AFTER = timedelta(days=1)
TROUBLE = 300
STUCK = timedelta(days=2)
TOLD_FOR = timedelta(days=14)


REFUND_STATES = ("requires_action", "pending", "succeeded", "canceled", "failed")
CAME_BACK = ("canceled", "failed")

ASKED = ("warning_needs_response", "warning_under_review", "warning_closed", "prevented")
WON = "won"
DISPUTE_STATES = (*ASKED, "needs_response", "under_review", "lost", "appeal_needs_response", "appeal_under_review", WON)
"""In the order they can follow one another (docs.stripe.com/disputes/how-disputes-work), so that old news is told
from new. While a bank only asks, no money has moved.
"""
CLOSED = ("warning_closed", "prevented", "lost", WON)
DISPUTE_LABELS = {
    "warning_needs_response": _l("the bank asks, and wants an answer"),
    "warning_under_review": _l("the bank is looking at your answer"),
    "warning_closed": _l("the bank has let it rest"),
    "prevented": _l("it was prevented"),
    "needs_response": _l("the money is gone, and the bank wants an answer"),
    "under_review": _l("the bank is looking at your answer"),
    "lost": _l("the bank has decided for the customer"),
    "appeal_needs_response": _l("you can still appeal"),
    "appeal_under_review": _l("the bank is looking at your appeal"),
    WON: _l("the bank has decided for you, and the money is back"),
}


class PaymentAttempt(CompanyOwned, Model):
    """One try to pay what an invoice asks for by card: one intent at Stripe. An invoice has at most one that is open.

    It is committed before Stripe is called, and its `key` makes the call safe to repeat. What it is for (`amount`,
    `invoice_version`, `account`) never changes: when the invoice does, the attempt is withdrawn and another one made.
    `contact` is who pressed Pay last, and so, once it is paid, who gets the receipt.
    `trouble` is what Stripe said when we last asked and could not follow; `closed_by` a member of staff, where one did.
    """

    __table_args__ = (
        Index(
            "uq_payment_attempt_open", "invoice_id", unique=True, sqlite_where=STILL_OPEN, postgresql_where=STILL_OPEN
        ),
        UniqueConstraint("account", "intent"),
        UniqueConstraint("company_id", "id"),
        Index(None, "company_id", "invoice_id"),
        *within_company(invoice_id="invoice", contact_id="contact"),
        at_least("invoice_version", 1),
        at_least("amount", 1),
        code("currency", 3),
        one_of("state", STATES),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True, default=tokens.token)
    invoice_id: Mapped[int] = mapped_column()
    invoice_version: Mapped[int]
    contact_id: Mapped[int] = mapped_column()
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    account: Mapped[str] = mapped_column(String(60), default="")
    intent: Mapped[str | None] = mapped_column(String(120))
    state: Mapped[str] = mapped_column(String(20), default=CREATING)
    decline: Mapped[str] = mapped_column(String(60), default="")
    mismatch: Mapped[str] = mapped_column(String(20), default="")
    trouble: Mapped[str] = mapped_column(String(TROUBLE), default="")
    created_at: Mapped[datetime]
    checked_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str] = mapped_column(String(120), default="")
    closing_reason: Mapped[str] = mapped_column(String(500), default="")

    invoice: Mapped[Invoice] = relationship(foreign_keys=invoice_id)
    contact: Mapped[Contact] = relationship(foreign_keys=contact_id)
    payment: Mapped["Payment | None"] = relationship(foreign_keys="Payment.attempt_id", viewonly=True)

    @classmethod
    def of(cls, invoice_id: int) -> Select:
        """The attempts to pay an invoice, the newest first."""
        return select(cls).where(cls.invoice_id == invoice_id).order_by(cls.id.desc())

    @classmethod
    def open_for(cls, invoice_id: int) -> Select:
        """The one attempt to pay an invoice that is not over, if there is one."""
        return cls.of(invoice_id).where(cls.closed_at.is_(None))

    @classmethod
    def to_look_at(cls, at: datetime) -> Select:
        """Open attempts whose truth should be asked of Stripe again: fresh ones each time, others now and then."""
        fresh = cls.created_at > at - FRESH
        return select(cls).where(cls.closed_at.is_(None), or_(fresh, cls.checked_at < at - RARELY))

    @classmethod
    def stuck(cls, at: datetime) -> Select:
        """Attempts that staff should see: open without matching or for long, or lately found gone at Stripe."""
        waits = and_(cls.closed_at.is_(None), or_(cls.mismatch != "", cls.created_at < at - STUCK))
        gone = and_(cls.state == GONE, cls.closed_by == "", cls.closed_at > at - TOLD_FOR)
        return select(cls).where(or_(waits, gone)).order_by(cls.id.desc())

    @classmethod
    def accounts(cls) -> Select:
        """The company and the account of every attempt that reached Stripe, each pair once."""
        return select(cls.company_id, cls.account).where(cls.intent.is_not(None)).distinct()

    @classmethod
    def start(cls, invoice: Invoice, contact: Contact, *, at: datetime) -> "PaymentAttempt":
        """The open attempt, made unless it is there, and from now on that contact's to pay.

        Needs the invoice `locked`; what cannot be paid is `Refused`.
        """
        refuse_what_cannot_be_paid(invoice)
        attempt = db.session.scalar(cls.open_for(invoice.id))
        if attempt and attempt.mismatch:
            raise Refused(_("We are looking into a payment of this invoice. Please call us before you pay."))
        if attempt is None:
            attempt = cls(company=invoice.company, invoice=invoice, contact=contact, created_at=at, checked_at=at)
            attempt.amount, attempt.currency, attempt.invoice_version = invoice.due, invoice.currency, invoice.version
            attempt.account = invoice.company.card_account
            db.session.add(attempt)
            db.session.flush()
        attempt.contact = contact
        return attempt

    def fits(self, invoice: Invoice) -> bool:
        """Whether paying it is what the invoice asks for now."""
        ours = (self.amount, self.invoice_version, self.account)
        return ours == (invoice.due, invoice.version, invoice.company.card_account)

    def hold(self) -> Invoice:
        """Lock the invoice, for whoever moves its money, and read the attempt again."""
        invoice = db.session.scalars(Invoice.locked(self.invoice_id)).one()
        db.session.refresh(self)
        return invoice

    def order(self) -> PaymentRequest:
        """What Stripe is asked for: a function of what never changes here, as its key demands."""
        number = self.invoice.number
        metadata = {"attempt": self.key, "company": self.company.subdomain, "invoice": str(number)}
        return PaymentRequest(self.key, self.account, self.amount, self.currency, f"Invoice {number}", metadata)

    def money(self, amount: int) -> str:
        """An amount in the currency of the attempt, as the company writes it."""
        return money.format_amount(amount, self.currency, self.company.language)

    def is_abandoned(self, at: datetime) -> bool:
        """Whether nobody is going to finish it."""
        return self.state != PROCESSING and at - self.created_at > ABANDONED_AFTER

    def close(self, state: str, at: datetime):
        """It is over, one way or the other."""
        self.state, self.closed_at = state, self.closed_at or at


class Payment(CompanyOwned, Model):
    """Money that came for an invoice; it has a receipt. By card it belongs to an attempt, else staff wrote it down."""

    __table_args__ = (
        UniqueConstraint("company_id", "number"),
        UniqueConstraint("company_id", "id"),
        Index(None, "company_id", "invoice_id"),
        Index(None, "company_id", "at"),
        Index("uq_payment_attempt_id", "attempt_id", unique=True, sqlite_where=BY_CARD, postgresql_where=BY_CARD),
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
        return select(cls).join(cls.invoice).where(Invoice.customer_id == customer.id)

    @classmethod
    def record(cls, invoice: Invoice, *, method: str, at: datetime, amount: int | None = None) -> "Payment":
        """Write down what came as `CHECK`, `CASH` or `TRANSFER`: `amount`, or all that is due; more is `Refused`.

        Needs the invoice `locked` where others may be paying it.
        """
        amount = invoice.due if amount is None else amount
        if not 0 < amount <= invoice.due:
            raise Refused(_("%(amount)s is due on this invoice.", amount=invoice.money(max(0, invoice.due))))
        payment = cls._of(invoice, amount, method=method, at=at)
        payment.enter(f"payment {payment.number}")
        if db.session.scalar(PaymentAttempt.open_for(invoice.id)):
            jobs.enqueue("payments.withdraw", company=invoice.company, invoice_id=invoice.id)
        return payment

    @classmethod
    def by_card(cls, attempt: PaymentAttempt, amount: int, *, at: datetime, brand: str, last4: str) -> "Payment":
        """What Stripe took for an attempt."""
        payment = cls._of(attempt.invoice, amount, method=CARD, at=at)
        payment.attempt, payment.brand, payment.last4 = attempt, brand, last4
        payment.enter(f"{attempt.intent}:succeeded")
        return payment

    @classmethod
    def _of(cls, invoice: Invoice, amount: int, **more) -> "Payment":
        company = invoice.company
        payment = cls(company=company, number=company.next_number("payment"), invoice=invoice, amount=amount, **more)
        payment.currency = invoice.currency
        db.session.add(payment)
        return payment

    def enter(self, source: str):
        """Write the payment into the invoice's ledger."""
        memo = self.paid_with
        self.invoice.enter(PAYMENT, -self.amount, at=self.at, source=source, memo=memo, payment_number=self.number)

    def money(self, amount: int) -> str:
        """An amount in the currency of the payment, as the company writes it."""
        return money.format_amount(amount, self.currency, self.company.language)

    @property
    def paid_with(self) -> str:
        """ "Visa ending 4242", "Check"."""
        return method_label(self)


class Refund(CompanyOwned, Model):
    """Money given back of a payment."""

    __table_args__ = (
        UniqueConstraint("company_id", "stripe_id"),
        Index(None, "company_id", "payment_id"),
        *within_company(payment_id="payment"),
        at_least("amount", 0),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    stripe_id: Mapped[str] = mapped_column(String(120))
    payment_id: Mapped[int] = mapped_column()
    amount: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[str] = mapped_column(String(40), default="")
    at: Mapped[datetime]

    payment: Mapped[Payment] = relationship(foreign_keys=payment_id, back_populates="refunds")

    @property
    def went_through(self) -> bool:
        return self.status not in CAME_BACK


class Dispute(CompanyOwned, Model):
    """A payment the customer's bank has taken back, or asks about, until it has decided."""

    __table_args__ = (
        UniqueConstraint("company_id", "stripe_id"),
        Index(None, "company_id", "payment_id"),
        *within_company(payment_id="payment"),
        at_least("amount", 0),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    stripe_id: Mapped[str] = mapped_column(String(120))
    payment_id: Mapped[int] = mapped_column()
    amount: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[str] = mapped_column(String(40), default="")
    reason: Mapped[str] = mapped_column(String(60), default="")
    at: Mapped[datetime]
    answer_by: Mapped[datetime | None]

    payment: Mapped[Payment] = relationship(foreign_keys=payment_id, back_populates="disputes")

    @property
    def status_label(self) -> str:
        return str(DISPUTE_LABELS.get(self.status, self.status.replace("_", " ")))
