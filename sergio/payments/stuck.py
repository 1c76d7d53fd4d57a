"""Attempts that will not end by themselves, for staff."""

from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import CompoundSelect, Select, and_, bindparam, func, literal_column, or_, select, union_all
from sqlalchemy.orm import joinedload, selectinload

from sergio.companies.models import Company
from sergio.database.company_scope import COMPANY
from sergio.database.engines import Utc
from sergio.extensions import db
from sergio.lib.language import lazy_gettext as _l
from sergio.payments.listing import STATUSES
from sergio.payments.methods import BANK_ACCOUNT
from sergio.payments.models import PaymentAttempt, PaymentAttemptPart
from sergio.payments.statuses import CREATING, GONE, OPEN, PROCESSING
from sergio.payments.stripe.events import REASONS
from sergio.web.paging import ROWS

STUCK = timedelta(days=2)
DEBIT_TAKES = timedelta(days=10)
"""How long a bank debit may be processing before staff see it as stuck: Stripe's four business days
(docs.stripe.com/payments/ach-direct-debit#timing), with weekends, holidays and a margin.
"""
SHOWN_FOR = timedelta(days=14)
WHY = {
    CREATING: _l("It was started but never reached Stripe."),
    OPEN: _l("It was started but never finished, and Stripe has not canceled it."),
    PROCESSING: _l("The bank has not responded for days."),
    GONE: _l("Stripe no longer has this payment. The invoice can be paid again."),
}


def stuck(company: Company, now: datetime) -> list[dict]:
    """The latest of a company: what is wrong, what Stripe says, and the page that closes them."""
    return [stuck_attempt(row) for row in db.session.scalars(attempts(), {"company_id": company.id, **limits(now)})]


def limits(now: datetime) -> dict[str, datetime]:
    """The parameters of `found`."""
    return {"late": now - STUCK, "debit_late": now - DEBIT_TAKES, "shown_since": now - SHOWN_FOR}


@cache
def attempts() -> Select:
    row = PaymentAttempt
    whole = joinedload(row.customer), selectinload(row.parts).joinedload(PaymentAttemptPart.invoice)
    mine = row.company_id == COMPANY, row.id.in_(found())
    return select(row).where(*mine).options(*whole).order_by(row.id.desc()).limit(ROWS)


def found() -> CompoundSelect:
    """The ids of attempts open without matching or for too long, or lately found gone at Stripe; each part is read by a
    partial index.
    """
    late, debit_late, shown_since = (bindparam(name, type_=Utc) for name in ("late", "debit_late", "shown_since"))
    row = PaymentAttempt
    debit = and_(row.method == BANK_ACCOUNT, row.status == PROCESSING)
    waits_until = func.coalesce(row.verify_by, row.created_at)
    is_late = or_(and_(debit, row.processing_since < debit_late), and_(~debit, waits_until < late))
    waits = row.closed_at.is_(None), or_(row.mismatch != "", is_late)
    gone = row.status == literal_column(repr(GONE)), row.closed_by == "", row.closed_at > shown_since
    return union_all(*(select(row.id).where(row.company_id == COMPANY, *each) for each in (waits, gone)))


def stuck_attempt(attempt: PaymentAttempt) -> dict:
    """An attempt as the page shows it."""
    company, invoices = attempt.company, attempt.invoices
    first = invoices[0]
    return {
        "path": f"/office/invoices/{first.number}",
        "reference": ", ".join(invoice.reference for invoice in invoices),
        "title": ", ".join(invoice.title for invoice in invoices),
        "customer": attempt.customer.name,
        "amount": attempt.money(attempt.amount),
        "begun": company.format_moment(attempt.created_at),
        "why": REASONS.get(attempt.mismatch) or WHY.get(attempt.status, STATUSES[attempt.status]),
        "stripe": attempt.trouble,
        "close": None if attempt.closed_at else f"/office/payments/of-invoice/{first.number}/closing",
    }
