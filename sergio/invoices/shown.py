"""What staff do next with an invoice: the one button that its page emphasizes."""

from collections.abc import Sequence

from sergio.invoices.ledger import OPEN, OVERDUE
from sergio.invoices.sending import SENT, InvoiceEmail

SEND, REMIND, RECORD = "send", "remind", "record"


def next_step(status: str, emails: Sequence[InvoiceEmail]) -> str | None:
    """`SEND` if it was never sent, `REMIND` once it is overdue, `RECORD` a payment while it is unpaid; else None."""
    if status not in (OPEN, OVERDUE):
        return None
    if not any(email.kind == SENT for email in emails):
        return SEND
    return REMIND if status == OVERDUE else RECORD
