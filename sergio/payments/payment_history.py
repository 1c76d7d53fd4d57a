"""The customer's payments: the list, and each one's own page with its timeline."""

from functools import cache

from flask import Blueprint, request
from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import contains_eager, joinedload

from sergio.auth.viewer import viewer
from sergio.companies.models import Company
from sergio.database.company_scope import COMPANY
from sergio.extensions import db
from sergio.invoices.models import Invoice
from sergio.lib import money
from sergio.lib.language import lazy_gettext as _l
from sergio.payments import steps
from sergio.payments.methods import method_label
from sergio.payments.models import Payment, PaymentAttempt
from sergio.web.pages import page
from sergio.web.paging import ROWS_AND_ONE, Order, Paging
from sergio.web.revalidation import revalidated

bp = Blueprint("payment_history", __name__, url_prefix="/payments")

NEWEST = Order("newest", Payment.at, Payment.id, descending=True)


@bp.get("")
@revalidated
def index():
    """What the customer has paid, the newest first."""
    paging = Paging("/portal/payments", request.args, {"all": _l("All")})
    rows = [as_row(row, viewer.company) for row in paging.rows_of(payments_page(), NEWEST, **viewer.whose)]
    return page("payments/portal/index.html", "payments", paging=paging, rows=rows)


@bp.get("/<int:number>")
@revalidated
def show(number):
    """One payment: what happened to it, its invoices, and its receipt."""
    payment = db.one_or_404(own_payment(), viewer.whose | {"number": number})
    happened = steps.of_attempt(payment.attempt) if payment.attempt else steps.of_payments([payment])
    return page("payments/portal/payment.html", payment=payment, steps=happened)


def as_row(row, company: Company) -> dict:
    """A row as the page shows it."""
    return {
        "path": f"/portal/payments/{row.number}",
        "title": row.title,
        "reference": f"{row.prefix}{row.invoice}",
        "amount": money.format_amount(row.amount, row.currency),
        "with": method_label(row),
        "when": company.short_day(row.at),
        "undone": row.undone_at is not None,
    }


MINE = Payment.company_id == COMPANY, Invoice.company_id == COMPANY, Invoice.customer_id == bindparam("customer_id")


@cache
def payments_page() -> Select:
    about = (Payment.id, Payment.number, Payment.amount, Payment.currency, Payment.at, Payment.undone_at)
    how = (Payment.method, Payment.reference, Payment.brand, Payment.last4)
    names = (Invoice.prefix, Invoice.number.label("invoice"), Invoice.title)
    rows = select(*about, *how, *names).select_from(Payment).join(Payment.invoice).where(*MINE, NEWEST.after)
    return rows.order_by(*NEWEST.by).limit(ROWS_AND_ONE)


@cache
def own_payment() -> Select:
    """A payment of the customer, with all that was paid together and what was sent back of it; in one statement."""
    query = select(Payment).join(Payment.invoice).where(*MINE, Payment.number == bindparam("number"))
    charge = joinedload(Payment.attempt).joinedload(PaymentAttempt.payments)
    return query.options(
        contains_eager(Payment.invoice),
        joinedload(Payment.refunds),
        joinedload(Payment.disputes),
        charge.joinedload(Payment.invoice),
        charge.joinedload(Payment.refunds),
        charge.joinedload(Payment.disputes),
    )
