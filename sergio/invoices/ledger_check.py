"""Compares the sums and documents of invoices with their ledgers and digests, for `sergio doctor`."""

import json
from collections.abc import Iterator
from datetime import date
from functools import cache

from sqlalchemy import BigInteger, ColumnElement, Row, Select, and_, case, cast, func, or_, select
from sqlalchemy.orm import aliased

from sergio.companies.models import Company
from sergio.database.company_scope import EVERY_COMPANY
from sergio.extensions import db
from sergio.invoices.ledger import PAYMENT, SUMS, VOID, WRITE_OFF, status_of
from sergio.invoices.models import Invoice, InvoiceDocument, LedgerEntry
from sergio.lib.canonical import fingerprint

AT_ONCE = 1000
DATES = {"paid_at": PAYMENT, "voided_at": VOID, "written_off_at": WRITE_OFF}
"""Of each date that stands on an invoice, the kind of entries whose latest one it is."""
PRINTED = ("number", "prefix", "title", "issued_on", "due_on", "currency")
"""What stands on an invoice and on its document."""


def differences() -> Iterator[str]:
    """A line for each value on an invoice, of any company, that differs from its ledger, and for changed documents."""
    for row in every_invoice():
        found = {name: getattr(row, f"{name}_of_ledger") for name in (*SUMS, *DATES)}
        facts = Facts(row, found)
        for name, value in {**found, "status": status_of(facts)}.items():
            if getattr(row, name) != value:
                yield f"{invoice_name(row)}: {name} is {getattr(row, name)}, its ledger says {value}"
    yield from changed_documents()


class Facts:
    """An invoice's row with the sums of its ledger instead of its own, for `status_of`."""

    def __init__(self, row: Row, sums: dict):
        self.number, self.clearing_since = row.number, row.clearing_since
        self.__dict__.update(sums)


def every_invoice() -> Iterator[Row]:
    """All invoices, with each projected value and beside it the one of the ledger."""
    columns = (Invoice.id, Invoice.number, Invoice.clearing_since, Invoice.status)
    own = (Invoice.company_id, *columns, *(getattr(Invoice, name) for name in (*DATES, *SUMS)))
    sums = [sum_of(kinds).label(f"{name}_of_ledger") for name, kinds in SUMS.items()]
    dates = [last_of(kind).label(f"{name}_of_ledger") for name, kind in DATES.items()]
    rows = select(*own, *sums, *dates).outerjoin(LedgerEntry, of_invoice(LedgerEntry)).group_by(Invoice.id)
    yield from in_parts(rows)


def changed_documents() -> Iterator[str]:
    """A line for each document that was changed or does not say what the invoice says, and each that is missing."""
    printed = (getattr(Invoice, name) for name in PRINTED)
    columns = (Invoice.company_id, Invoice.id, *printed, InvoiceDocument.content, InvoiceDocument.digest)
    rows = select(*columns).outerjoin(InvoiceDocument, of_invoice(InvoiceDocument))
    for row in in_parts(rows.where(Invoice.number.is_not(None))):
        if row.content is None:
            yield f"{invoice_name(row)}: its document is missing"
        elif fingerprint(row.content) != row.digest:
            yield f"{invoice_name(row)}: its document is not the one that was issued"
        else:
            yield from misprints(row, json.loads(row.content))


def misprints(row: Row, content: dict) -> Iterator[str]:
    """A line for each value of an invoice that is another one on its document."""
    printed = {"prefix": "", **content, "currency": content["company"]["currency"]}
    for name in PRINTED:
        value = getattr(row, name)
        if (value.isoformat() if isinstance(value, date) else value) != printed[name]:
            yield f"{invoice_name(row)}: {name} is {value}, its document says {printed[name]}"


def in_parts(rows: Select) -> Iterator[Row]:
    """The rows of all companies by invoice id, `AT_ONCE` invoices at a time to limit memory."""
    last = 0
    while end := last_of_part(last):
        part = rows.where(Invoice.id > last, Invoice.id <= end).order_by(Invoice.id)
        yield from db.session.execute(part, execution_options=EVERY_COMPANY).all()
        last = end


def last_of_part(first: int) -> int | None:
    """The id of the last of the next `AT_ONCE` invoices after `first`; None if there are no more."""
    part = select(Invoice.id).where(Invoice.id > first).order_by(Invoice.id).limit(AT_ONCE).subquery()
    return db.session.scalar(select(func.max(part.c.id)), execution_options=EVERY_COMPANY)


def of_invoice(table: type[LedgerEntry] | type[InvoiceDocument]) -> ColumnElement[bool]:
    """The join condition, with the columns of the index."""
    return and_(table.company_id == Invoice.company_id, table.invoice_id == Invoice.id)


@cache
def is_undone() -> ColumnElement[bool]:
    """SQL: an entry undoes a payment, or is the entry of a payment that was undone."""
    undoing = aliased(LedgerEntry)
    mine = undoing.company_id == LedgerEntry.company_id, undoing.invoice_id == LedgerEntry.invoice_id
    either = or_(undoing.id == LedgerEntry.id, undoing.payment_number == LedgerEntry.payment_number)
    found = select(undoing.id).where(*mine, undoing.kind == PAYMENT, undoing.amount > 0, either)
    return found.correlate(LedgerEntry).exists()


def last_of(kind: str):
    """SQL: when the latest entry of a kind in a group is from, without payments that were undone; for write-offs only
    if something is written off.
    """
    last = func.max(case((and_(LedgerEntry.kind == kind, ~is_undone()), LedgerEntry.at)))
    return case((sum_of((WRITE_OFF,)) < 0, last)) if kind == WRITE_OFF else last


def sum_of(kinds: tuple[str, ...]):
    """SQL: the sum of the entries of these kinds in a group."""
    amount = case((LedgerEntry.kind.in_(kinds), LedgerEntry.amount), else_=0)
    return cast(func.coalesce(func.sum(amount), 0), BigInteger)  # PostgreSQL sums integers to decimals


def invoice_name(row: Row) -> str:
    subdomain = db.session.get_one(Company, row.company_id).subdomain
    return f"{subdomain}, invoice {row.number}" if row.number else f"{subdomain}, draft invoice (id {row.id})"
