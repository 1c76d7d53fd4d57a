"""Disputes, for staff: which need an answer, why, and what to send."""

from functools import cache

from flask import Blueprint, g, request
from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import contains_eager

from sergio.companies.models import Company
from sergio.customers.models import Customer
from sergio.database.company_scope import COMPANY
from sergio.extensions import db
from sergio.invoices.models import Invoice
from sergio.lib import money
from sergio.lib.language import lazy_gettext as _l
from sergio.payments.dispute_help import checklist, reason_of
from sergio.payments.methods import BANK_ACCOUNT
from sergio.payments.models import Dispute, Payment, PaymentAttempt
from sergio.payments.statuses import DISPUTE_BADGES, DISPUTE_NEEDS_ANSWER, INQUIRIES
from sergio.payments.stripe import gateway
from sergio.web.pages import page
from sergio.web.paging import ROWS_AND_ONE, Order, Paging
from sergio.web.revalidation import revalidated

bp = Blueprint("disputes", __name__, url_prefix="/disputes")

NEWEST = Order("newest", Dispute.at, Dispute.id, descending=True)
TABS = {"open": _l("Need an answer"), "all": _l("All")}
MOST = 100
"""How many that need an answer are shown."""


@bp.get("")
@revalidated
def index():
    """Those that need an answer, the most urgent first; or all of them, the newest first."""
    paging = Paging("/office/payments/disputes", request.args, TABS)
    if paging.show == "open":
        found = db.rows(unanswered(), {"company_id": g.company.id})
    else:
        found = paging.rows_of(every(), NEWEST, company_id=g.company.id)
    rows = [as_row(row, g.company) for row in found]
    return page("payments/office/disputes.html", "disputes", paging=paging, rows=rows)


@bp.get("/<int:dispute_id>")
def show(dispute_id):
    """One dispute: its reason, its day, and what to send."""
    dispute = db.one_or_404(whole(), {"company_id": g.company.id, "dispute_id": dispute_id})
    payment = dispute.payment
    by_bank = payment.method == BANK_ACCOUNT
    shares = [each for one in payment.charge for each in one.disputes if each.stripe_id == dispute.stripe_id]
    return page(
        "payments/office/dispute.html",
        dispute=dispute,
        payment=payment,
        amount=payment.money(sum(each.amount for each in shares)),
        invoices=[each.payment.invoice for each in shares],
        reason=reason_of(dispute.reason),
        by_bank=by_bank,
        to_do=checklist(dispute.reason, by_bank=by_bank),
        badge=badge(dispute.status),
        tone=tone(dispute.status),
        needs_answer=dispute.status in DISPUTE_NEEDS_ANSWER,
        is_inquiry=dispute.status in INQUIRIES,
        at_stripe=dashboard_url(dispute.stripe_id),
    )


def badge(status: str) -> str:
    return str(DISPUTE_BADGES.get(status, status.replace("_", " ")))


def tone(status: str) -> str:
    """The color of its badge."""
    if status in DISPUTE_NEEDS_ANSWER:
        return "overdue"
    return "paid" if status in ("won", "warning_closed", "prevented") else "disputed"


def dashboard_url(stripe_id: str) -> str:
    """Where staff send it, signed in to the account that was charged."""
    mode = "" if gateway.is_live() else "test/"
    return f"https://dashboard.stripe.com/{mode}disputes/{stripe_id}"


@cache
def unanswered() -> Select:
    soonest = func.coalesce(Dispute.answer_by, Dispute.at)
    return listed().where(Dispute.needs_answer()).order_by(soonest, Dispute.id).limit(MOST)


@cache
def every() -> Select:
    return listed().where(NEWEST.after).order_by(*NEWEST.by).limit(ROWS_AND_ONE)


def listed() -> Select:
    about = (Dispute.id, Dispute.amount, Dispute.status, Dispute.reason, Dispute.answer_by, Dispute.at)
    names = (Payment.currency, Invoice.prefix, Invoice.number.label("invoice"), Customer.name.label("customer"))
    rows = select(*about, *names).select_from(Dispute).join(Dispute.payment).join(Payment.invoice)
    return rows.join(Invoice.customer).where(Dispute.company_id == COMPANY)


@cache
def whole() -> Select:
    """One with its payment and all that was paid together, in one statement."""
    charge = contains_eager(Dispute.payment).joinedload(Payment.attempt).joinedload(PaymentAttempt.payments)
    query = select(Dispute).join(Dispute.payment).where(Dispute.company_id == COMPANY)
    return query.where(Dispute.id == bindparam("dispute_id")).options(
        contains_eager(Dispute.payment).joinedload(Payment.invoice, innerjoin=True).joinedload(Invoice.customer),
        charge.joinedload(Payment.disputes),
        charge.joinedload(Payment.invoice),
    )


def as_row(row, company: Company) -> dict:
    """A row as the page shows it."""
    answers = row.status in DISPUTE_NEEDS_ANSWER
    return {
        "path": f"/office/payments/disputes/{row.id}",
        "customer": row.customer,
        "reference": f"{row.prefix}{row.invoice}",
        "reason": reason_of(row.reason),
        "amount": money.format_amount(row.amount, row.currency),
        "status": badge(row.status),
        "tone": tone(row.status),
        "answer_by": company.format_moment(row.answer_by) if answers and row.answer_by else "",
        "when": company.short_day(row.at),
    }
