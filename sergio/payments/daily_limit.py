"""What a contact with a daily limit has paid today, or has begun to pay and could still finish."""

from datetime import datetime

from sqlalchemy import and_, func, or_, select

from sergio.customers import daily_limit
from sergio.customers.models import Contact
from sergio.extensions import Model, db
from sergio.payments.parts import Amounts
from sergio.payments.statuses import PROCESSING, SUCCEEDED


def refuse_over(contact: Contact, amounts: Amounts, *, at: datetime):
    """Raise `Refused` where these amounts and what else they pay today are more than their limit.

    An open payment counts whenever it was begun, because it can be finished at any moment; one that a bank works on
    counts on the day it was sent.
    """
    attempt, part = (Model.metadata.tables[name] for name in ("payment_attempt", "payment_attempt_part"))
    currency = next(iter(amounts)).currency
    these = select(part.c.attempt_id).where(
        part.c.company_id == contact.company_id,
        part.c.invoice_id.in_([invoice.id for invoice in amounts]),
        part.c.closed_at.is_(None),
    )

    def used(since: datetime) -> int:
        mine = attempt.c.company_id == contact.company_id, attempt.c.contact_id == contact.id
        can_finish = and_(attempt.c.closed_at.is_(None), attempt.c.status != PROCESSING)
        sent = and_(attempt.c.status == PROCESSING, attempt.c.processing_since >= since)
        taken = and_(attempt.c.status == SUCCEEDED, attempt.c.closed_at >= since)
        others = attempt.c.currency == currency, attempt.c.id.not_in(these), or_(can_finish, sent, taken)
        return int(db.session.scalar(select(func.sum(attempt.c.amount)).where(*mine, *others)) or 0)

    daily_limit.refuse_over(contact, sum(amounts.values()), currency, used, at=at)
