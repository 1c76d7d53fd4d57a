"""The table of refunds that staff ask for, part of the models of payments."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import BigInteger, CheckConstraint, Index, Select, String, UniqueConstraint, bindparam, select, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sergio import jobs
from sergio.audit.actor import BY_STRIPE, KINDS, Actor
from sergio.audit.models import record
from sergio.database.checks import at_least, code, one_of
from sergio.database.company_scope import COMPANY, EVERY_COMPANY, CompanyOwned, within_company
from sergio.extensions import Model, db
from sergio.invoices.ledger import REFUND, REFUND_DUE
from sergio.lib import tokens
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.lib.refused import Refused
from sergio.payments import emails
from sergio.payments.methods import BY_HAND as BY_HAND_METHODS
from sergio.payments.models import Payment, PaymentAttempt, Refund
from sergio.payments.parts import InCurrency
from sergio.payments.refundable import left_of, left_of_charge, lock, refunded_of, refuse_unrefundable
from sergio.payments.statuses import BY_HAND, REFUSED, REQUEST_STATUSES, REQUESTED, SENT
from sergio.payments.stripe.refunds import RefundOrder
from sergio.payments.stripe.types import Refunded

STRIPES_REASONS = ("requested_by_customer", "duplicate", "fraudulent")
REASONS = {
    "requested_by_customer": _l("The customer asked for it"),
    "duplicate": _l("It was paid twice"),
    "fraudulent": _l("It was fraudulent"),
    "other": _l("Another reason"),
}
IS_REQUESTED = text(f"status = '{REQUESTED}'")
TROUBLE = 300
SENT_BY_THE_PAGE = timedelta(minutes=1)
"""How long the page that made one has to send it, before a job does."""


class RefundRequest(InCurrency, CompanyOwned, Model):
    """A refund that staff asked for. It is committed before Stripe is called; of a payment that did not come through
    Stripe, it says that the money was given back.

    `key` is secret: Stripe's idempotency key, and in the metadata of the refund, so that the refund is found again
    whatever happens in between. With `whole`, it takes from all payments of the charge, else from `payment` only.
    `due_again`: the customer owes the amount again. `method` is how it was given back without Stripe, "" for through
    Stripe. `asked_at` is when Stripe was first asked; `trouble` is why Stripe refused it, or failed so that the key
    cannot be sent again. Who asked is kept by kind and name. At most one of a charge is not known at Stripe yet.
    """

    __table_args__ = (
        UniqueConstraint("company_id", "id"),
        Index(None, "company_id", "payment_id"),
        Index(None, "company_id", "customer_id"),
        Index(
            "uq_refund_request_open",
            "attempt_id",
            unique=True,
            sqlite_where=IS_REQUESTED,
        ),
        *within_company(customer_id="customer", payment_id="payment", attempt_id="payment_attempt"),
        at_least("amount", 1),
        code("currency", 3),
        one_of("status", REQUEST_STATUSES),
        one_of("reason", REASONS),
        one_of("by_kind", KINDS),
        one_of("method", ("", *BY_HAND_METHODS)),
        CheckConstraint(f"(status = '{BY_HAND}') = (attempt_id IS NULL)", name="by_hand_or_through_stripe"),
        CheckConstraint(f"(status = '{BY_HAND}') = (method <> '')", name="given_back_by_a_method"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True, default=tokens.token)
    customer_id: Mapped[int] = mapped_column()
    payment_id: Mapped[int] = mapped_column()
    attempt_id: Mapped[int | None] = mapped_column()
    whole: Mapped[bool] = mapped_column(default=False)
    amount: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(String(40))
    note: Mapped[str] = mapped_column(String(200), default="")
    due_again: Mapped[bool] = mapped_column(default=False)
    method: Mapped[str] = mapped_column(String(20), default="")
    status: Mapped[str] = mapped_column(String(20), default=REQUESTED)
    stripe_id: Mapped[str] = mapped_column(String(120), default="")
    trouble: Mapped[str] = mapped_column(String(TROUBLE), default="")
    by_kind: Mapped[str] = mapped_column(String(20))
    by_name: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime]
    asked_at: Mapped[datetime | None]

    payment: Mapped[Payment] = relationship(foreign_keys=payment_id)
    attempt: Mapped[PaymentAttempt | None] = relationship(foreign_keys=attempt_id)

    @classmethod
    def of_charge(cls, payment: Payment) -> Sequence["RefundRequest"]:
        """Those of a payment and of all that were made with it, the oldest first."""
        whose = {"company_id": payment.company_id, "payments": [each.id for each in payment.charge]}
        return db.session.scalars(requests_of_payments(), whose).all()

    @classmethod
    def unsent(cls) -> Select:
        """Those of all companies that Stripe may not know yet."""
        return select(cls).where(IS_REQUESTED).execution_options(**EVERY_COMPANY)

    @classmethod
    def of_refund(cls, company_id: int, found: Refunded) -> "RefundRequest | None":
        """The one that a refund at Stripe was made for."""
        mine = RefundRequest.company_id == company_id, RefundRequest.key == found.request
        return db.session.scalars(select(RefundRequest).where(*mine)).first() if found.request else None

    @classmethod
    def make(
        cls, payment: Payment, amount: int, *, whole: bool, refunded: int, by: Actor, at: datetime, **more
    ) -> "RefundRequest":
        """Ask for a refund of `amount`; `refunded` is what the page showed as refunded of the charge. `more` are
        `reason`, `note`, `due_again` and, if it was given back without Stripe, the `method`.

        The invoices of the charge are locked here. `Refused` for what cannot be refunded. The caller commits, and then
        sends it: see `refunding`.
        """
        lock(payment)
        refuse_unrefundable(payment, at)
        if any(each.status == REQUESTED for each in cls.of_charge(payment)):
            raise Refused(_("Another refund of this payment is being sent to Stripe. Try again in a minute."))
        if refunded != refunded_of(payment):
            raise Refused(_("This payment was refunded a moment ago. Check the amounts, then try again."))
        left = left_of_charge(payment) if whole else left_of(payment)
        if not 0 < amount <= left:
            raise Refused(_("At most %(amount)s can be refunded.", amount=payment.money(left)))
        request = cls(company=payment.company, payment=payment, amount=amount, currency=payment.currency, **more)
        request.customer_id, request.whole = payment.customer_id, whole
        request.by_kind, request.by_name, request.at = by.kind, by.name, at
        request.attempt = None if request.method else payment.attempt
        request.status = BY_HAND if request.method else REQUESTED
        db.session.add(request)
        db.session.flush()
        record(request, "requested_refund", by=by, at=at, after=request.facts())
        if request.status == BY_HAND:
            request.give_back(by=by)
        else:
            later = at + SENT_BY_THE_PAGE
            jobs.enqueue("payments.send_refund", company=payment.company, at=later, request_id=request.id)
        return request

    def facts(self) -> dict:
        """The values for the audit trail."""
        about = {"payment": self.payment.number, "amount": self.amount, "currency": self.currency}
        return {**about, "reason": self.reason, **({"note": self.note} if self.note else {})}

    @property
    def reason_label(self) -> str:
        return str(REASONS[self.reason])

    @property
    def ledger_kind(self) -> str:
        """What the refund is in the ledger."""
        return REFUND_DUE if self.due_again else REFUND

    def order(self) -> RefundOrder:
        """The request to Stripe, made only of values that never change, as its idempotency key requires."""
        part = {} if self.whole else {"payment": str(self.payment.number)}
        attempt = self.attempt
        return RefundOrder(
            key=self.key,
            account=attempt.account if attempt else "",
            intent=(attempt.intent if attempt else None) or "",
            amount=self.amount,
            currency=self.currency,
            reason=self.reason if self.reason in STRIPES_REASONS else "",
            metadata={"request": self.key, "company": self.company.subdomain, **part},
        )

    def answer(self, found: Refunded):
        """Stripe has made it. A second time changes nothing."""
        if self.status != SENT:
            self.status, self.stripe_id, self.trouble = SENT, found.id, ""

    def refuse(self, trouble: str, *, at: datetime):
        """Stripe will not make it."""
        if self.status == REQUESTED:
            self.status, self.trouble = REFUSED, trouble[:TROUBLE]
            emails.refund_refused_to_office(self)
            record(self, "refused_refund", by=BY_STRIPE, at=at, after={**self.facts(), "trouble": self.trouble})

    def give_back(self, *, by: Actor):
        """Enter a refund that was given back without Stripe."""
        payment, source = self.payment, f"by hand {self.id}"
        refund = Refund(company=payment.company, stripe_id=source, amount=self.amount, at=self.at, status="succeeded")
        payment.refunds.append(refund)
        number = payment.number
        payment.invoice.enter(self.ledger_kind, self.amount, source=source, at=self.at, payment_number=number)
        record(refund, "refunded", by=by, at=self.at, after={**self.facts(), "method": self.method})
        payment.keep_receipt()
        emails.refunded([refund], self)
        emails.refunded_to_office([refund], self)

    def undo(self, *, by: Actor, at: datetime):
        """Take back a refund that was recorded by mistake; a second time changes nothing."""
        lock(self.payment)
        source = f"by hand {self.id}"
        for refund in self.payment.refunds:
            if refund.stripe_id == source and refund.went_through:
                refund.status = "canceled"
                number, undone = self.payment.number, f"{source}:returned"
                self.payment.invoice.enter(self.ledger_kind, -self.amount, at=at, source=undone, payment_number=number)
                record(refund, "undone", by=by, at=at, after=self.facts())
                self.payment.keep_receipt()


@cache
def requests_of_payments() -> Select:
    mine = RefundRequest.payment_id.in_(bindparam("payments", expanding=True))
    return select(RefundRequest).where(RefundRequest.company_id == COMPANY, mine).order_by(RefundRequest.id)
