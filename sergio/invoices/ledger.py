"""The arithmetic of an invoice: the kinds of facts in its ledger, their sums, and the status that follows from them."""

from collections.abc import Iterable
from datetime import date

CHARGE, PAYMENT, REFUND, DISPUTE, VOID = "charge", "payment", "refund", "dispute", "void"
KINDS = (CHARGE, PAYMENT, REFUND, DISPUTE, VOID)
ASKED_FOR = (CHARGE, PAYMENT, VOID)
"""The kinds that `due` is the sum of. Money given back is not asked for again, so it counts in the balance only."""

DRAFT, OPEN, OVERDUE, PROCESSING, PAID = "draft", "open", "overdue", "processing", "paid"
VOIDED, REFUNDED, DISPUTED, OVERPAID = "void", "refunded", "disputed", "overpaid"
SUMS = {"total": (CHARGE,), "due": ASKED_FOR, "refunded": (REFUND,), "disputed": (DISPUTE,)}
"""Of each sum that stands on an invoice, the kinds of entries it adds up."""

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
"""`status_of` for the database, which refuses a row whose status is not this."""


def projection(entries: Iterable) -> dict:
    """What stands on an invoice of these ledger entries: its `SUMS`, and `paid_at`, the last time money came in."""
    entries = list(entries)
    sums = {name: sum(e.amount for e in entries if e.kind in kinds) for name, kinds in SUMS.items()}
    return {**sums, "paid_at": max((e.at for e in entries if e.kind == PAYMENT), default=None)}


def status_of(invoice) -> str:
    """The status that does not depend on the day, of an invoice or a row with its number, sums and dates."""
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
    return REFUNDED if given_back(invoice) > 0 else PAID


def status_on(invoice, day: date) -> str:
    """The status of an invoice, or one of its `rows`, on a day: what is open is overdue after its last day."""
    return OVERDUE if invoice.status == OPEN and invoice.due_on < day else invoice.status


def surplus(invoice) -> int:
    """What has come in for an invoice, or one of its `rows`, beyond what it asks for, and has not gone back."""
    return max(0, -(invoice.due + invoice.refunded + invoice.disputed))


def given_back(invoice) -> int:
    """What was refunded of the price of an invoice or one of its `rows`; a surplus that went back is not of it."""
    return invoice.refunded + min(0, invoice.due)
