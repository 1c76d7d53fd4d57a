"""The arithmetic of an invoice: the kinds of entries in its ledger, their sums, and the status they result in."""

from collections.abc import Iterable
from datetime import date

CHARGE, PAYMENT, REFUND, DISPUTE, VOID = "charge", "payment", "refund", "dispute", "void"
KINDS = (CHARGE, PAYMENT, REFUND, DISPUTE, VOID)
COUNTED_AS_DUE = (CHARGE, PAYMENT, VOID)
"""The kinds that `due` is the sum of. Money refunded is not due again, so it counts only in the balance."""
MONEY_MOVED = (PAYMENT, REFUND, DISPUTE)
"""The kinds for money that the company got or gave back."""

DRAFT, OPEN, OVERDUE, PROCESSING, PAID = "draft", "open", "overdue", "processing", "paid"
VOIDED, REFUNDED, DISPUTED, OVERPAID = "void", "refunded", "disputed", "overpaid"
SUMS = {"total": (CHARGE,), "due": COUNTED_AS_DUE, "refunded": (REFUND,), "disputed": (DISPUTE,)}
"""The sums on an invoice's row, and the kinds of entries that each adds up."""

STATUS_SQL = (
    f"CASE WHEN number IS NULL THEN '{DRAFT}' "
    f"WHEN due + refunded + disputed < 0 THEN '{OVERPAID}' "
    f"WHEN voided_at IS NOT NULL THEN '{VOIDED}' "
    f"WHEN disputed > 0 THEN '{DISPUTED}' "
    f"WHEN due > 0 AND clearing_since IS NOT NULL THEN '{PROCESSING}' "
    f"WHEN due > 0 THEN '{OPEN}' "
    f"WHEN refunded + due > 0 THEN '{REFUNDED}' "
    f"ELSE '{PAID}' END"
)
"""`status_of` in SQL, for the CHECK constraint of the status."""


def projection(entries: Iterable) -> dict:
    """The columns that follow from these ledger entries: the `SUMS`, and `paid_at`, the time of the last payment."""
    entries = list(entries)
    sums = {name: sum(e.amount for e in entries if e.kind in kinds) for name, kinds in SUMS.items()}
    return {**sums, "paid_at": max((e.at for e in entries if e.kind == PAYMENT), default=None)}


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
    return REFUNDED if refunded_of_total(invoice) > 0 else PAID


def status_on(invoice, day: date) -> str:
    """The status of an invoice or one of its `rows` on a day: an open one is overdue after `due_on`."""
    return OVERDUE if invoice.status == OPEN and invoice.due_on < day else invoice.status


def surplus(invoice) -> int:
    """What was paid for an invoice or one of its `rows` beyond its total and not refunded, in minor units."""
    return max(0, -(invoice.due + invoice.refunded + invoice.disputed))


def refunded_of_total(invoice) -> int:
    """What was refunded of the total of an invoice or one of its `rows`, without refunds of a surplus."""
    return invoice.refunded + min(0, invoice.due)
