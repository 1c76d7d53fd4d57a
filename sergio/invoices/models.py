"""Invoices: what is asked for, the facts their balance is the sum of, and how they stand."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import BigInteger, Index, Select, String, UniqueConstraint, and_, case, func, select
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship, selectinload

from sergio import jobs, pricing
from sergio.customers.models import Customer, Property
from sergio.database.checks import at_least, code
from sergio.database.company_scope import CompanyOwned, within_company
from sergio.extensions import Model, db
from sergio.invoices.ledger import CHARGE, DISPUTE, PAYMENT, REFUND, VOID, LedgerEntry, given_back, sum_of, surplus
from sergio.lib.refused import Refused

OPEN, OVERDUE, PROCESSING, PAID = "open", "overdue", "processing", "paid"
VOIDED, REFUNDED, DISPUTED, OVERPAID = "void", "refunded", "disputed", "overpaid"

COPIED = ("description", "detail", "quantity", "unit", "unit_price", "tax_rate")

ASKED_FOR = (CHARGE, PAYMENT, VOID)
TOTAL = sum_of(CHARGE)
DUE = sum_of(*ASKED_FOR)
BACK = sum_of(REFUND)
CONTESTED = sum_of(DISPUTE)
BALANCE = DUE + BACK + CONTESTED
PAID_AT = func.max(case((LedgerEntry.kind == PAYMENT, LedgerEntry.at)))


class Invoice(CompanyOwned, Model):
    """A demand for money, by a day. What it comes to is never changed: it is voided and issued anew.

    Money given back (a refund, a dispute) is not asked for again: it counts in `balance`, not in `due`.
    """

    __table_args__ = (
        UniqueConstraint("company_id", "number"),
        UniqueConstraint("company_id", "id"),
        Index(None, "company_id", "customer_id"),
        *within_company(customer_id="customer", property_id="property"),
        at_least("number", 1),
        code("currency", 3),
        at_least("version", 1),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]
    customer_id: Mapped[int] = mapped_column()
    property_id: Mapped[int | None] = mapped_column()
    title: Mapped[str] = mapped_column(String(200))
    notes: Mapped[str] = mapped_column(String(4000), default="")
    terms: Mapped[str] = mapped_column(String(4000), default="")
    currency: Mapped[str] = mapped_column(String(3))
    issued_on: Mapped[date]
    due_on: Mapped[date] = mapped_column()
    voided_at: Mapped[datetime | None]
    clearing_since: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    customer: Mapped[Customer] = relationship(foreign_keys=customer_id)
    place: Mapped[Property | None] = relationship(foreign_keys=property_id)
    lines: Mapped[list["InvoiceLine"]] = relationship(
        foreign_keys="InvoiceLine.invoice_id", order_by="InvoiceLine.position"
    )
    entries: Mapped[list[LedgerEntry]] = relationship(
        foreign_keys=LedgerEntry.invoice_id, order_by=(LedgerEntry.at, LedgerEntry.id)
    )

    @classmethod
    def of(cls, customer: Customer) -> Select:
        """A customer's invoices."""
        return select(cls).where(cls.customer_id == customer.id)

    @staticmethod
    def whole() -> tuple:
        """Options that load everything a page or a document shows of an invoice, in two statements."""
        customer = joinedload(Invoice.customer, innerjoin=True)
        return customer, joinedload(Invoice.place), joinedload(Invoice.lines), selectinload(Invoice.entries)

    @classmethod
    def locked(cls, invoice_id: int) -> Select:
        """The invoice, for one transaction at a time: whoever moves its money takes this first."""
        return select(cls).where(cls.id == invoice_id).with_for_update().execution_options(populate_existing=True)

    @classmethod
    def rows(cls) -> Select:
        """Invoices as rows with their sums, in one statement however many: `standing` takes such a row too."""
        columns = (cls.number, cls.title, cls.issued_on, cls.due_on, cls.currency, cls.voided_at, cls.clearing_since)
        sums = {"total": TOTAL, "due": DUE, "refunded": BACK, "disputed": CONTESTED, "paid_at": PAID_AT}
        labelled = [value.label(name) for name, value in sums.items()]
        return select(*columns, *labelled).join(cls.entries).group_by(cls.id)

    @classmethod
    def unpaid(cls) -> tuple:
        """For `having` on `rows`: something is still asked for."""
        return (DUE > 0, cls.voided_at.is_(None))

    @classmethod
    def overdue(cls, on: date) -> tuple:
        """For `having` on `rows`: asked for, the day has passed, and no payment is on its way."""
        return (*cls.unpaid(), cls.due_on < on, cls.clearing_since.is_(None))

    @classmethod
    def settled(cls) -> tuple:
        """For `having` on `rows`: paid in full, whatever was given back since."""
        return (DUE <= 0, cls.voided_at.is_(None))

    @classmethod
    def overpaid(cls) -> tuple:
        """For `having` on `rows`: more has come in, and stayed, than was asked for."""
        return (BALANCE < 0,)

    @classmethod
    def most_urgent_first(cls, on: date) -> tuple:
        """For `order_by` on `rows`: overdue by age, to be paid by day, overpaid, then the rest from the newest."""
        overdue, unpaid, overpaid = (and_(*having) for having in (cls.overdue(on), cls.unpaid(), cls.overpaid()))
        urgency = case((overdue, 0), (unpaid, 1), (overpaid, 2), else_=3)
        return urgency, case((urgency < 2, cls.due_on)), cls.issued_on.desc(), cls.number.desc()

    @classmethod
    def issue(
        cls, customer: Customer, title: str, lines: Iterable, *, at: datetime, due_on: date | None = None, **more
    ) -> "Invoice":
        """Ask a customer for money. `lines` are those of a quote, or `InvoiceLine`s; they are copied. Without `due_on`
        the company's days to pay count from the day of `at`. `more` may be `place`, `notes` and `terms`.
        """
        company = customer.company
        invoice = cls(company=company, customer=customer, number=company.next_number("invoice"), title=title)
        invoice.currency, invoice.issued_on = company.currency, company.day(at)
        invoice.due_on = due_on or invoice.issued_on + timedelta(days=company.payment_days)
        for name, value in {"terms": company.terms, **more}.items():
            setattr(invoice, name, value)
        for position, line in enumerate(lines, 1):
            copied = {name: getattr(line, name) for name in COPIED}
            invoice.lines.append(InvoiceLine(company=company, position=position, **copied))
        invoice.enter(CHARGE, invoice.price.total, at=at, source=f"invoice {invoice.number}")
        db.session.add(invoice)
        db.session.flush()
        return invoice

    @property
    def price(self) -> pricing.Price:
        """What the lines come to: subtotal, taxes, total."""
        return pricing.price(self.lines)

    @property
    def total(self) -> int:
        return self._sum(CHARGE)

    @property
    def paid(self) -> int:
        return -self._sum(PAYMENT)

    @property
    def due(self) -> int:
        """What the customer is still asked for; below zero if they paid too much."""
        return self._sum(*ASKED_FOR)

    @property
    def refunded(self) -> int:
        return self._sum(REFUND)

    @property
    def disputed(self) -> int:
        return self._sum(DISPUTE)

    @property
    def balance(self) -> int:
        """The sum of all facts: what the company has not got, whether it asks for it or not."""
        return sum(entry.amount for entry in self.entries)

    @property
    def surplus(self) -> int:
        return surplus(self)

    def _sum(self, *kinds: str) -> int:
        return sum(entry.amount for entry in self.entries if entry.kind in kinds)

    def status(self, on: date) -> str:
        """How the invoice stands on a day (where the company is)."""
        return standing(self, on)

    def enter(
        self, kind: str, amount: int, *, at: datetime, source: str, memo: str = "", payment_number: int | None = None
    ) -> LedgerEntry | None:
        """Add a fact to the ledger; None, and nothing done, if it is already there. Needs the invoice `locked`."""
        if any(entry.source == source for entry in self.entries):
            return None
        entry = LedgerEntry(company=self.company, kind=kind, amount=amount, at=at, source=source, memo=memo)
        entry.payment_number = payment_number
        self.entries.append(entry)
        return entry

    def void(self, *, at: datetime):
        """Take the demand back, needing the invoice `locked`; `Refused` when it is paid or being paid."""
        if self.voided_at:
            return
        if self.clearing_since or self.due != self.total:
            raise Refused(_("Invoice %(number)s has been paid, so it can only be refunded.", number=self.number))
        self.enter(VOID, -self.due, at=at, source=f"invoice {self.number} void")
        self.voided_at = at
        self.version += 1
        jobs.enqueue("payments.withdraw", company=self.company, invoice_id=self.id)


class InvoiceLine(CompanyOwned, Model):
    """One thing charged for."""

    __table_args__ = (
        at_least("tax_rate", 0),
        Index(None, "company_id", "invoice_id", "position"),
        *within_company(invoice_id="invoice"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[int] = mapped_column()
    position: Mapped[int]
    description: Mapped[str] = mapped_column(String(500))
    detail: Mapped[str] = mapped_column(String(2000), default="")
    quantity: Mapped[int] = mapped_column(BigInteger)
    unit: Mapped[str] = mapped_column(String(20), default="")
    unit_price: Mapped[int] = mapped_column(BigInteger)
    tax_rate: Mapped[int]

    def __init__(self, *, quantity=pricing.ONE, tax_rate=0, **words):
        """`quantity` in thousandths, `unit_price` in minor units, `tax_rate` in basis points: see `pricing`."""
        super().__init__(quantity=quantity, tax_rate=tax_rate, **words)

    @property
    def amount(self) -> int:
        return pricing.amount(self.quantity, self.unit_price)


def standing(invoice, on: date) -> str:
    """How an `Invoice`, or one of its `rows`, stands on a day."""
    if surplus(invoice):
        return OVERPAID
    if invoice.voided_at:
        return VOIDED
    if invoice.disputed > 0:
        return DISPUTED
    if invoice.due > 0:
        if invoice.clearing_since:
            return PROCESSING
        return OVERDUE if invoice.due_on < on else OPEN
    return REFUNDED if given_back(invoice) > 0 else PAID
