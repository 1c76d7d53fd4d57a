"""Invoices and their lines; their ledger and the document frozen when they are issued are in `entries`."""

import json
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from functools import cache

from sqlalchemy import (
    BigInteger,
    BindParameter,
    CheckConstraint,
    Index,
    Select,
    String,
    UniqueConstraint,
    bindparam,
    cast,
    literal_column,
    select,
    text,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from sergio import jobs, pricing
from sergio.audit.actor import Actor
from sergio.audit.models import record
from sergio.customers.models import Customer, Property
from sergio.database.checks import at_least, code, one_of
from sergio.database.company_scope import COMPANY, EVERY_COMPANY, CompanyOwned, within_company
from sergio.database.constants import constants
from sergio.extensions import Model, db
from sergio.invoices import terms
from sergio.invoices.corrections import DEPOSIT, REST, Corrections
from sergio.invoices.document import Document, content_of
from sergio.invoices.drafting import Drafting
from sergio.invoices.entries import InvoiceDocument, LedgerEntry
from sergio.invoices.ledger import (
    CHARGE,
    CREDIT,
    CREDITED,
    DISPUTED,
    DRAFT,
    OPEN,
    OVERPAID,
    PAYMENT,
    PROCESSING,
    STATUS_SQL,
    VOIDED,
    WRITE_OFF,
    WRITTEN_OFF,
    projection,
    status_of,
    status_on,
    sum_of,
    surplus,
)
from sergio.invoices.lines import InvoiceLine
from sergio.lib import money
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused

PORTAL_PATH, OFFICE_PATH = "/portal/invoices", "/office/invoices"
DRAFTS_PATH = f"{OFFICE_PATH}/drafts"
COPIED = ("description", "detail", "quantity", "unit", "unit_price", "discount_rate", "discount", "tax_ppm")
QUOTE_PARTS = (DEPOSIT, REST)
NEEDING_ATTENTION = (OPEN, PROCESSING, DISPUTED, OVERPAID)
"""There are few of these at any time; they have an index of their own."""
NEEDS_ATTENTION = text(f"status IN ({', '.join(map(repr, NEEDING_ATTENTION))})")
OF_A_QUOTE = text("quote_id IS NOT NULL")
STANDING_PART = text("quote_part IS NOT NULL AND voided_at IS NULL")
IN_QUESTION = text(f"{NEEDS_ATTENTION} AND due <= 0")
ENDED = (VOIDED, WRITTEN_OFF, CREDITED)
"""Nothing is due any more, and it was not paid."""
HAS_ENDED = text(f"status IN ({', '.join(map(repr, ENDED))})")
IS_DRAFT = text(f"status = '{DRAFT}'")


class Invoice(Corrections, Drafting, CompanyOwned, Model):
    """A request for payment by a day. Its total is never changed: it is voided and issued anew.

    A draft has no `number`, `issued_on` or document yet, and customers do not see it. Money returned (a refund, a
    dispute) is not due again: it counts in `balance`, not in `due`.

    `total`, `due`, `refunded`, `disputed`, `paid_at`, `written_off_at` and `status` are projected from the ledger; only
    `update_sums` writes them. `status` does not depend on the day: `status_on` says what is overdue.

    `prefix` stands before the number; it is the company's at the time of issue. A draft is due on `due_on`, else by its
    own `payment_days` (see `terms`), else by those of the customer or the company. `revision` counts its changes. What
    `secures_appointment` is a deposit, paid in full or not at all.
    """

    __table_args__ = (
        UniqueConstraint("company_id", "number"),
        UniqueConstraint("company_id", "id"),
        Index(None, "company_id", "customer_id"),
        Index(None, "company_id", "issued_on", "number"),
        Index("ix_invoice_unsettled", "company_id", "due_on", sqlite_where=NEEDS_ATTENTION),
        Index("ix_invoice_unsettled_by_due", "company_id", "due", "number", sqlite_where=NEEDS_ATTENTION),
        Index(None, "company_id", "total", "number"),
        Index("ix_invoice_in_question", "company_id", "number", sqlite_where=IN_QUESTION),
        Index("ix_invoice_unsettled_of_customer", "company_id", "customer_id", sqlite_where=NEEDS_ATTENTION),
        Index("ix_invoice_ended", "company_id", "number", sqlite_where=HAS_ENDED),
        Index("ix_invoice_draft", "company_id", "id", sqlite_where=IS_DRAFT),
        Index("ix_invoice_of_quote", "company_id", "quote_id", sqlite_where=OF_A_QUOTE),
        Index(
            "uq_invoice_quote_part",
            *("company_id", "quote_id", "quote_part"),
            unique=True,
            sqlite_where=STANDING_PART,
        ),
        *within_company(customer_id="customer", property_id="property"),
        *within_company(quote_id="quote", appointment_id="appointment"),
        at_least("number", 1),
        code("currency", 3),
        at_least("version", 1),
        at_least("payment_days", 0),
        CheckConstraint("quote_part IS NULL OR quote_id IS NOT NULL", name="part_of_a_quote"),
        one_of("quote_part", QUOTE_PARTS),
        CheckConstraint("(number IS NULL) = (issued_on IS NULL)", name="issued_with_a_number"),
        CheckConstraint(f"status = {STATUS_SQL}", name="status"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(nullable=True)
    prefix: Mapped[str] = mapped_column(String(12), default="")
    customer_id: Mapped[int] = mapped_column()
    property_id: Mapped[int | None] = mapped_column()
    quote_id: Mapped[int | None] = mapped_column()
    quote_part: Mapped[str | None] = mapped_column(String(20))
    secures_appointment: Mapped[bool] = mapped_column(default=False)
    appointment_id: Mapped[int | None] = mapped_column()
    title: Mapped[str] = mapped_column(String(200))
    notes: Mapped[str] = mapped_column(String(4000), default="")
    terms: Mapped[str] = mapped_column(String(4000), default="")
    currency: Mapped[str] = mapped_column(String(3))
    issued_on: Mapped[date] = mapped_column(nullable=True)
    due_on: Mapped[date] = mapped_column(nullable=True)
    payment_days: Mapped[int | None]
    voided_at: Mapped[datetime | None]
    clearing_since: Mapped[datetime | None]
    reminders_paused_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    revision: Mapped[int] = mapped_column(default=1)

    total: Mapped[int] = mapped_column(BigInteger, default=0)
    due: Mapped[int] = mapped_column(BigInteger, default=0)
    refunded: Mapped[int] = mapped_column(BigInteger, default=0)
    disputed: Mapped[int] = mapped_column(BigInteger, default=0)
    paid_at: Mapped[datetime | None]
    written_off_at: Mapped[datetime | None]
    status: Mapped[str] = mapped_column(String(20), default=DRAFT)

    customer: Mapped[Customer] = relationship(foreign_keys=customer_id)
    place: Mapped[Property | None] = relationship(foreign_keys=property_id)
    lines: Mapped[list[InvoiceLine]] = relationship(foreign_keys=InvoiceLine.invoice_id, order_by=InvoiceLine.position)
    entries: Mapped[list["LedgerEntry"]] = relationship(
        foreign_keys="LedgerEntry.invoice_id", order_by="LedgerEntry.at, LedgerEntry.id"
    )
    issued_copy: Mapped["InvoiceDocument | None"] = relationship(foreign_keys="InvoiceDocument.invoice_id")

    @classmethod
    @cache
    def own(cls) -> Select:
        """The customer's invoice with a `number`, its document and its ledger."""
        mine = cls.company_id == COMPANY, cls.customer_id == bindparam("customer_id")
        parts = joinedload(cls.issued_copy), joinedload(cls.entries)
        return select(cls).where(*mine, cls.number == bindparam("number")).options(*parts)

    @staticmethod
    def whole() -> tuple:
        """Options that load everything a page or a document shows of an issued invoice. Rows repeat (`unique()`)."""
        customer = joinedload(Invoice.customer, innerjoin=True)
        return customer, joinedload(Invoice.issued_copy), joinedload(Invoice.entries)

    @classmethod
    def locked(cls, *invoice_ids: int) -> Select:
        """The invoices with the ids of rows read before, locked until the commit, as all that moves their money needs.
        They are locked in the order of their ids, so that two transactions do not wait for each other.
        """
        rows = select(cls).where(cls.id.in_(invoice_ids)).order_by(cls.id).with_for_update()
        return rows.execution_options(populate_existing=True, **EVERY_COMPANY)

    @classmethod
    def rows(cls) -> Select:
        """Issued invoices as rows, without their lines and ledger: `status_on` takes such a row too."""
        columns = (cls.number, cls.prefix, cls.title, cls.issued_on, cls.due_on, cls.currency)
        projected = (cls.total, cls.due, cls.refunded, cls.disputed, cls.paid_at, cls.status)
        return select(*columns, *projected).where(cls.status != DRAFT)

    @classmethod
    def needs_attention(cls):
        """The condition of the partial index `ix_invoice_unsettled`."""
        return cls.status.in_(constants(NEEDING_ATTENTION))

    @classmethod
    def unpaid(cls) -> tuple:
        """Conditions: something is still due."""
        return cls.needs_attention(), cls.due > 0

    @classmethod
    def in_question(cls) -> tuple:
        """Conditions of `ix_invoice_in_question`: nothing is due, but a dispute or a surplus needs attention."""
        return cls.needs_attention(), cls.due <= literal_column("0")

    @classmethod
    def overdue(cls, on: date | BindParameter[date]) -> tuple:
        """Conditions: unpaid, `due_on` has passed, and no payment is processing."""
        return (*cls.unpaid(), cls.due_on < on, cls.clearing_since.is_(None))

    @classmethod
    def paid_in_full(cls) -> tuple:
        """Conditions: paid in full, even if some was refunded since."""
        return cls.due <= 0, cls.voided_at.is_(None), ~cls.has_ended()

    @classmethod
    def has_ended(cls):
        """The condition of the partial index `ix_invoice_ended`."""
        return cls.status.in_(constants(ENDED))

    @classmethod
    def is_draft(cls):
        """The condition of the partial index `ix_invoice_draft`."""
        return cls.status == literal_column(repr(DRAFT))

    @classmethod
    def overpaid(cls) -> tuple:
        """Conditions: more was paid, and not refunded, than the total."""
        return cls.needs_attention(), cls.status == literal_column(repr(OVERPAID))

    @classmethod
    def draft(cls, customer: Customer, title: str, lines: Iterable, *, at: datetime, by: Actor, **more) -> "Invoice":
        """An invoice that is not issued yet. `lines` are those of a quote, or `InvoiceLine`s; they are copied.

        `more` may be `place`, `notes`, `terms`, `due_on`, `payment_days`, `quote_id`, `quote_part`, `appointment_id`
        and the quote's `currency`.
        """
        invoice = cls._written(customer, title, lines, **more)
        record(invoice, "drafted", by=by, at=at, after=invoice.facts)
        customer.bring_back(by=by, at=at)
        return invoice

    @classmethod
    def _written(cls, customer: Customer, title: str, lines: Iterable, **more) -> "Invoice":
        company = customer.company
        invoice = cls(company=company, customer=customer, title=title, currency=company.currency_now())
        for name, value in {"terms": company.terms, "notes": company.invoice_notes, **more}.items():
            setattr(invoice, name, value)
        invoice.copy_lines(lines)
        invoice.update_sums()
        db.session.add(invoice)
        db.session.flush()
        return invoice

    def copy_lines(self, lines: Iterable):
        """Add copies of lines after those it has."""
        for position, line in enumerate(lines, 1):
            copied = {name: getattr(line, name) for name in COPIED}
            copied |= {name: copied[name] or "" for name in ("detail", "unit")}
            self.lines.append(InvoiceLine(company=self.company, position=position, **copied))

    @classmethod
    def issue(cls, customer: Customer, title: str, lines: Iterable, *, at: datetime, by: Actor, **more) -> "Invoice":
        """A `draft` that is finalized at once."""
        invoice = cls._written(customer, title, lines, **more)
        invoice.finalize(at=at, by=by)
        return invoice

    def finalize(self, *, at: datetime, by: Actor):
        """Issue a draft: set its number and day, enter the charge, and freeze its content.

        Without `due_on`, its payment terms count from the day of `at`.
        """
        db.session.scalars(Invoice.locked(self.id)).one()
        self.refuse_issued()
        if not self.lines:
            raise Refused(_("Add at least one line before you issue the invoice."))
        with db.session.no_autoflush:
            self.number = self.customer.next_number("invoice")  # only now, so that the numbers have no gaps
            self.prefix = self.company.invoice_prefix
            self.issued_on = self.company.day(at)
            self.due_on = self.due_on or terms.due_day(self.issued_on, self.days_to_pay)
            self.issued_copy = InvoiceDocument.of(self, at=at)
            self.enter(CHARGE, self.price.total, at=at, source=f"invoice {self.number}")
        record(self, "issued", by=by, at=at, after=self.facts)
        self._keep_pdf(at=datetime.combine(self.due_on + timedelta(days=1), time(), self.company.zone))  # then overdue
        db.session.flush()
        self.customer.bring_back(by=by, at=at)

    @property
    def facts(self) -> dict:
        """What the audit trail says of it."""
        return {"title": self.title, "total": self.price.total, "currency": self.currency}

    @hybrid_property
    def reference(self) -> str:
        """The number with its prefix, as people see it; a draft has none."""
        return f"{self.prefix}{self.number}"

    @reference.inplace.expression
    @classmethod
    def _reference_sql(cls):
        return cls.prefix.concat(cast(cls.number, String))

    @property
    def days_to_pay(self) -> int:
        """The payment terms that count for a draft without a `due_on`: see `terms`."""
        return self.usual_days if self.payment_days is None else self.payment_days

    @property
    def usual_days(self) -> int:
        """The payment terms of the customer, or else of the company."""
        own = self.customer.payment_days
        return self.company.payment_days if own is None else own

    @property
    def price(self) -> pricing.Price:
        """Subtotal, taxes and total of the lines."""
        return pricing.price(self.lines)

    @property
    def document(self) -> Document:
        """The content as it was issued; of a draft, as it is now."""
        return Document(json.loads(self.issued_copy.content) if self.issued_copy else content_of(self))

    def document_on(self, day: date) -> Document:
        """A draft's content as it would be issued on a day."""
        due_on = self.due_on or terms.due_day(day, self.days_to_pay)
        return Document(content_of(self) | {"issued_on": day.isoformat(), "due_on": due_on.isoformat()})

    @property
    def portal_path(self) -> str:
        return f"{PORTAL_PATH}/{self.number}"

    @property
    def office_path(self) -> str:
        return f"{OFFICE_PATH}/{self.number}" if self.number else f"{DRAFTS_PATH}/{self.id}"

    @property
    def paid(self) -> int:
        return -sum_of(self.entries, (PAYMENT,))

    @property
    def credited(self) -> int:
        return -sum_of(self.entries, (CREDIT,))

    @property
    def written_off(self) -> int:
        return -sum_of(self.entries, (WRITE_OFF,))

    @property
    def balance(self) -> int:
        """The sum of all entries, with refunds and disputes, which are not due."""
        return sum(entry.amount for entry in self.entries)

    @property
    def surplus(self) -> int:
        return surplus(self)

    def money(self, amount: int) -> str:
        """An amount in the invoice's currency, formatted for the company's language."""
        return money.format_amount(amount, self.currency)

    def status_on(self, day: date) -> str:
        """The status on a day of the company's calendar."""
        return status_on(self, day)

    def update_sums(self):
        """Write the sums of the ledger and the status to the row. Every change of either ends with this."""
        for name, value in projection(self.entries).items():
            setattr(self, name, value)
        self.status = status_of(self)

    def enter(
        self, kind: str, amount: int, *, at: datetime, source: str, memo: str = "", payment_number: int | None = None
    ) -> "LedgerEntry | None":
        """Add an entry to the ledger; None if one with that source exists. Needs the invoice `locked`."""
        if any(entry.source == source for entry in self.entries):
            return None
        when = {"at": at, "entered_on": self.company.day(at)}
        entry = LedgerEntry(company=self.company, kind=kind, amount=amount, source=source, memo=memo, **when)
        entry.payment_number = payment_number
        self.entries.append(entry)
        self.update_sums()
        self._keep_pdf()
        return entry

    def mark_clearing(self, since: datetime | None):
        """Note since when a payment is processing; None for none. Needs the invoice `locked`."""
        with db.session.no_autoflush:  # the CHECK constraint of the status needs both at once
            self.clearing_since = since
            self.update_sums()
        self._keep_pdf()

    def _keep_pdf(self, *, at: datetime | None = None):
        """Have the PDF rendered that shows the invoice as it is at an instant, by default right after the commit."""
        jobs.enqueue("invoices.keep_pdf", company=self.company, at=at, invoice_id=self.id)
