"""The table of credit that moved from one invoice of a customer to another."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, Select, String, UniqueConstraint, func, or_, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sergio.audit.actor import Actor
from sergio.audit.models import record
from sergio.database.checks import at_least, code
from sergio.database.company_scope import EVERY_COMPANY, CompanyOwned, within_company
from sergio.extensions import Model, db
from sergio.invoices.corrections import UNDONE
from sergio.invoices.ledger import MOVED_CREDIT
from sergio.invoices.models import Invoice
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.payments.models import Payment
from sergio.payments.parts import InCurrency
from sergio.payments.payable import refuse_second_payment
from sergio.payments.refund_requests import RefundRequest
from sergio.payments.statuses import REQUESTED

MOST = 20
"""How many invoices are offered."""


class MovedCredit(InCurrency, CompanyOwned, Model):
    """What a customer paid too much for one invoice, used for another one. Each of the two has an entry in its ledger
    from the same row, so that neither can be there alone; undoing it adds one more to each.
    """

    __table_args__ = (
        UniqueConstraint("company_id", "id"),
        Index(None, "company_id", "customer_id"),
        Index(None, "company_id", "source_id"),
        Index(None, "company_id", "target_id"),
        *within_company(customer_id="customer", source_id="invoice", target_id="invoice"),
        at_least("amount", 1),
        code("currency", 3),
        CheckConstraint("source_id <> target_id", name="between_two"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column()
    source_id: Mapped[int] = mapped_column()
    target_id: Mapped[int] = mapped_column()
    amount: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]
    by_name: Mapped[str] = mapped_column(String(120))
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str] = mapped_column(String(120), default="")

    source: Mapped[Invoice] = relationship(foreign_keys=source_id)
    target: Mapped[Invoice] = relationship(foreign_keys=target_id)

    @classmethod
    def of(cls, invoice: Invoice) -> Select:
        """Those from and to an invoice, the oldest first."""
        either = or_(cls.source_id == invoice.id, cls.target_id == invoice.id)
        return select(cls).where(cls.company_id == invoice.company_id, either).order_by(cls.id)

    @classmethod
    def move(cls, source_id: int, target_id: int, *, by: Actor, at: datetime) -> "MovedCredit":
        """Use what `source` was overpaid by for `target`, as far as it goes. Both are locked here, in one order."""
        source, target = locked(source_id, target_id)
        if (source.customer_id, source.currency) != (target.customer_id, target.currency):
            raise Refused(_("Credit can only be used for an invoice of the same customer and currency."))
        refuse_second_payment(target)
        amount = min(credit_of(source), max(0, target.due))
        if target.voided_at or amount <= 0:
            raise Refused(_("There is no credit left to use here. This is where the invoices stand now."))
        moved = cls(company=source.company, customer_id=source.customer_id, source=source, target=target)
        moved.amount, moved.currency, moved.at, moved.by_name = amount, source.currency, at, by.name
        db.session.add(moved)
        db.session.flush()
        to, since = _("to invoice %(number)s", number=target.reference), f"credit {moved.id}"
        source.enter(MOVED_CREDIT, amount, at=at, source=since, memo=to)
        origin = _("from invoice %(number)s", number=source.reference)
        target.enter(MOVED_CREDIT, -amount, at=at, source=since, memo=origin)
        record(moved, "used_credit", by=by, at=at, after=moved.facts())
        moved.notice_change()
        return moved

    def undo(self, *, by: Actor, at: datetime):
        """Give the credit back to where it came from; a second time changes nothing."""
        locked(self.source_id, self.target_id)
        db.session.refresh(self)
        if self.undone_at:
            return
        refuse_second_payment(self.target)
        self.undone_at, self.undone_by = at, by.name
        undone, memo = f"credit {self.id}{UNDONE}", _("undone")
        self.source.enter(MOVED_CREDIT, -self.amount, at=at, source=undone, memo=memo)
        self.target.enter(MOVED_CREDIT, self.amount, at=at, source=undone, memo=memo)
        record(self, "undid_used_credit", by=by, at=at, after=self.facts())
        self.notice_change()

    def notice_change(self):
        """A payment that was started for another amount is canceled."""
        self.target.version += 1
        self.target.withdraw_card_payment()

    def facts(self) -> dict:
        """The values for the audit trail."""
        numbers = {"from_invoice": self.source.number, "invoice": self.target.number}
        return {**numbers, "amount": self.amount, "currency": self.currency}


def locked(*ids: int) -> list[Invoice]:
    """These two invoices, in the order asked for; they are locked in the order of their ids."""
    found = {invoice.id: invoice for invoice in db.session.scalars(Invoice.locked(*ids))}
    return [found[each] for each in ids]


def credit_of(invoice: Invoice) -> int:
    """What an invoice was overpaid by, less the refunds that are being sent to Stripe."""
    if not invoice.surplus:
        return 0
    charges = select(Payment.attempt_id).where(
        Payment.company_id == invoice.company_id, Payment.invoice_id == invoice.id, Payment.attempt_id.is_not(None)
    )
    mine = RefundRequest.company_id == invoice.company_id, RefundRequest.attempt_id.in_(charges)
    leaving = select(func.coalesce(func.sum(RefundRequest.amount), 0)).where(*mine, RefundRequest.status == REQUESTED)
    return max(0, invoice.surplus - int(db.session.scalars(leaving, execution_options=EVERY_COMPANY).one()))


def offers(invoice: Invoice) -> Sequence[Invoice]:
    """Of an overpaid invoice, those of its customer that its credit can be used for; of an unpaid one, those that have
    credit.
    """
    other = Invoice.id != invoice.id, Invoice.currency == invoice.currency
    mine = Invoice.company_id == invoice.company_id, Invoice.customer_id == invoice.customer_id
    if invoice.surplus:
        wanted = (*Invoice.unpaid(), Invoice.clearing_since.is_(None))
    elif invoice.due > 0 and invoice.clearing_since is None:
        wanted = Invoice.overpaid()
    else:
        return []
    rows = select(Invoice).where(*mine, *other, *wanted).order_by(Invoice.due_on, Invoice.number).limit(MOST)
    return db.session.scalars(rows).all()
