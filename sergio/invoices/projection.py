"""Checks that what stands on invoices is what their ledgers and documents say, for `sergio doctor`."""

from collections.abc import Iterator, Sequence

from sqlalchemy import BigInteger, Row, Select, case, cast, func, select

from sergio.companies.models import Company
from sergio.extensions import db
from sergio.invoices.ledger import PAYMENT, SUMS, status_of
from sergio.invoices.models import Invoice, InvoiceDocument, LedgerEntry
from sergio.lib.canonical import fingerprint

AT_ONCE = 1000


def differences() -> Iterator[str]:
    """A line for each value on an invoice, of any company, that its ledger does not come to."""
    for row in every_invoice():
        found = {**{name: getattr(row, f"{name}_of_ledger") for name in SUMS}, "paid_at": row.paid_at_of_ledger}
        facts = Facts(row, found)
        for name, value in {**found, "status": status_of(facts)}.items():
            if getattr(row, name) != value:
                yield f"{whose(row)}: {name} is {getattr(row, name)}, its ledger says {value}"
    yield from changed_documents()


class Facts:
    """An invoice with the sums of its ledger in place of those that stand on it."""

    def __init__(self, row: Row, sums: dict):
        self.number, self.voided_at, self.clearing_since = row.number, row.voided_at, row.clearing_since
        self.__dict__.update(sums)


def every_invoice() -> Iterator[Row]:
    """Invoices as they stand, and beside each value the sum of the ledger."""
    columns = (Invoice.id, Invoice.number, Invoice.voided_at, Invoice.clearing_since, Invoice.paid_at, Invoice.status)
    stand = (Company.subdomain, *columns, *(getattr(Invoice, name) for name in SUMS))
    sums = [sum_of(kinds).label(f"{name}_of_ledger") for name, kinds in SUMS.items()]
    paid_at = func.max(case((LedgerEntry.kind == PAYMENT, LedgerEntry.at))).label("paid_at_of_ledger")
    rows = select(*stand, *sums, paid_at).join(Company, Invoice.company_id == Company.id).outerjoin(Invoice.entries)
    yield from in_parts(rows.group_by(Invoice.id, Company.subdomain))


def changed_documents() -> Iterator[str]:
    """A line for each document that is not what was issued, and each issued invoice without one."""
    columns = (Company.subdomain, Invoice.id, Invoice.number, InvoiceDocument.content, InvoiceDocument.digest)
    rows = select(*columns).join(Company, Invoice.company_id == Company.id).outerjoin(Invoice.issued_copy)
    for row in in_parts(rows.where(Invoice.number.is_not(None))):
        if row.content is None:
            yield f"{whose(row)}: its document is missing"
        elif fingerprint(row.content) != row.digest:
            yield f"{whose(row)}: its document is not the one that was issued"


def in_parts(rows: Select) -> Iterator[Row]:
    """The rows of all companies by the invoice's id, so many at a time that memory never holds them all."""
    last = 0
    while part := rows_after(rows, last):
        yield from part
        last = part[-1].id


def rows_after(rows: Select, invoice_id: int) -> Sequence[Row]:
    part = rows.where(Invoice.id > invoice_id).order_by(Invoice.id).limit(AT_ONCE)
    return db.session.execute(part, execution_options={"every_company": True}).all()


def sum_of(kinds: tuple[str, ...]):
    """SQL: the sum of the entries of these kinds in a group."""
    amount = case((LedgerEntry.kind.in_(kinds), LedgerEntry.amount), else_=0)
    return cast(func.coalesce(func.sum(amount), 0), BigInteger)  # PostgreSQL sums integers to decimals


def whose(row: Row) -> str:
    return f"{row.subdomain}, invoice {row.number}" if row.number else f"{row.subdomain}, draft invoice (id {row.id})"
