"""The arithmetic of an invoice: the kinds of entries in its ledger, their sums, and the status they result in."""

from collections.abc import Iterable
from datetime import date

CHARGE, PAYMENT, REFUND, DISPUTE, VOID = "charge", "payment", "refund", "dispute", "void"
CREDIT, WRITE_OFF = "credit", "write_off"
REFUND_DUE, MOVED_CREDIT = "refund_due", "moved_credit"
KINDS = (CHARGE, PAYMENT, REFUND, DISPUTE, VOID, CREDIT, WRITE_OFF, REFUND_DUE, MOVED_CREDIT)
COUNTED_AS_DUE = (CHARGE, PAYMENT, VOID, CREDIT, WRITE_OFF, REFUND_DUE, MOVED_CREDIT)
"""The kinds that `due` is the sum of. A refund is not due again, so it counts only in the balance, unless staff said
that the customer owes it again: then it is a `REFUND_DUE`. Of credit that moves from one invoice to another, each of
the two has an entry; the sum of both is zero.
"""
MONEY_MOVED = (PAYMENT, REFUND, DISPUTE, REFUND_DUE)
"""The kinds for money that the company got or gave back."""

DRAFT, OPEN, OVERDUE, PROCESSING, PAID = "draft", "open", "overdue", "processing", "paid"
VOIDED, REFUNDED, DISPUTED, OVERPAID = "void", "refunded", "disputed", "overpaid"
CREDITED, WRITTEN_OFF = "credited", "written_off"
SUMS = {"total": (CHARGE,), "due": COUNTED_AS_DUE, "refunded": (REFUND,), "disputed": (DISPUTE,)}
"""The sums on an invoice's row, and the kinds of entries that each adds up."""

STATUS_SQL = (
    f"CASE WHEN number IS NULL THEN '{DRAFT}' "
    f"WHEN due + refunded + disputed < 0 THEN '{OVERPAID}' "
    f"WHEN voided_at IS NOT NULL THEN '{VOIDED}' "
    f"WHEN disputed > 0 THEN '{DISPUTED}' "
    f"WHEN due > 0 AND clearing_since IS NOT NULL THEN '{PROCESSING}' "
    f"WHEN due > 0 THEN '{OPEN}' "
    f"WHEN written_off_at IS NOT NULL THEN '{WRITTEN_OFF}' "
    f"WHEN refunded + due > 0 THEN '{REFUNDED}' "
    f"WHEN paid_at IS NULL AND total > 0 THEN '{CREDITED}' "
    f"ELSE '{PAID}' END"
)
"""`status_of` in SQL, for the CHECK constraint of the status."""


def projection(entries: Iterable) -> dict:
    """The columns that follow from these ledger entries: the `SUMS`, `paid_at`, the time of the last payment that was
    not undone, and `written_off_at`, the time of the last write-off, if something is written off.
    """
    entries = list(entries)
    sums = {name: sum_of(entries, kinds) for name, kinds in SUMS.items()}
    written_off = [e.at for e in entries if e.kind == WRITE_OFF] if sum_of(entries, (WRITE_OFF,)) < 0 else []
    paid = [e.at for e in standing_payments(entries)]
    return {**sums, "paid_at": max(paid, default=None), "written_off_at": max(written_off, default=None)}


def sum_of(entries: Iterable, kinds: tuple[str, ...]) -> int:
    return sum(entry.amount for entry in entries if entry.kind in kinds)


def standing_payments(entries: Iterable) -> list:
    """The entries of payments that were not undone; an entry above zero undoes the payment it names."""
    payments = [entry for entry in entries if entry.kind == PAYMENT]
    undone = {entry.payment_number for entry in payments if entry.amount > 0}
    return [entry for entry in payments if entry.amount < 0 and entry.payment_number not in undone]


def status_of(invoice) -> str:
    """The status regardless of the day, of an invoice or a row with its number, sums and dates."""
    if invoice.number is None:
        return DRAFT
    if surplus(invoice):
        return OVERPAID
    if invoice.voided_at:
        return VOIDED
    if invoice.disputed > 0:
        return DISPUTED
    if invoice.due > 0:
        return PROCESSING if invoice.clearing_since else OPEN
    if invoice.written_off_at:
        return WRITTEN_OFF
    if refunded_of_total(invoice) > 0:
        return REFUNDED
    return CREDITED if invoice.paid_at is None and invoice.total > 0 else PAID


def status_on(invoice, day: date) -> str:
    """The status of an invoice or one of its `rows` on a day: an open one is overdue after `due_on`."""
    return OVERDUE if invoice.status == OPEN and invoice.due_on < day else invoice.status


def surplus(invoice) -> int:
    """What was paid for an invoice or one of its `rows` beyond its total and not refunded, in minor units."""
    return max(0, -(invoice.due + invoice.refunded + invoice.disputed))


def refunded_of_total(invoice) -> int:
    """What was refunded of the total of an invoice or one of its `rows`, without refunds of a surplus."""
    return invoice.refunded + min(0, invoice.due)
