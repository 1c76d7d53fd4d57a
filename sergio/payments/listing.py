"""The list of payments, in one statement, and the attempts that are stuck: formatted values for the page."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from sergio.companies.models import Company
from sergio.customers.models import Customer
from sergio.extensions import db
from sergio.invoices.models import Invoice
from sergio.lib import money
from sergio.lib.language import lazy_gettext as _l
from sergio.payments.methods import method_label
from sergio.payments.models import Payment, PaymentAttempt
from sergio.payments.statuses import CANCELED, CREATING, FAILED, GONE, OPEN, PROCESSING, SUCCEEDED
from sergio.payments.stripe.events import REASONS
from sergio.web.paging import ROWS, Paging

STATUSES = {
    CREATING: _l("Started"),
    OPEN: _l("Open"),
    PROCESSING: _l("Processing"),
    SUCCEEDED: _l("Paid"),
    FAILED: _l("Rejected by Stripe"),
    CANCELED: _l("Canceled"),
    GONE: _l("Not found in Stripe"),
}
STUCK = {
    CREATING: _l("It was started but never reached Stripe."),
    OPEN: _l("It was started but never finished, and Stripe has not canceled it."),
    PROCESSING: _l("The bank has not responded for days."),
    GONE: _l("Stripe no longer has this payment. The invoice can be paid again."),
}


def of_company(company: Company, paging: Paging) -> list[dict]:
    """A page of the company's payments, newest first."""
    about = (Payment.number, Payment.amount, Payment.currency, Payment.at, Payment.method, Payment.brand, Payment.last4)
    names = (Invoice.number.label("invoice"), Invoice.title, Customer.name.label("customer"))
    query = select(*about, *names).join(Payment.invoice).join(Invoice.customer)
    listed = query.where(Payment.company_id == company.id).order_by(Payment.at.desc(), Payment.id.desc())
    return [as_row(row, company) for row in paging.rows_of(listed)]


def stuck(company: Company, now: datetime) -> list[dict]:
    """Attempts that will not end by themselves: what is wrong, what Stripe says, and the page that closes them."""
    whole = joinedload(PaymentAttempt.invoice).joinedload(Invoice.customer)
    query = PaymentAttempt.stuck(now).where(PaymentAttempt.company_id == company.id).options(whole).limit(ROWS)
    return [stuck_attempt(attempt) for attempt in db.session.scalars(query)]


def stuck_attempt(attempt: PaymentAttempt) -> dict:
    """An attempt as the page shows it."""
    company, invoice = attempt.company, attempt.invoice
    return {
        "path": f"/office/invoices/{invoice.number}",
        "title": invoice.title,
        "customer": invoice.customer.name,
        "amount": attempt.money(attempt.amount),
        "begun": company.format_moment(attempt.created_at),
        "why": REASONS.get(attempt.mismatch) or STUCK.get(attempt.status, STATUSES[attempt.status]),
        "stripe": attempt.trouble,
        "close": None if attempt.closed_at else f"/office/payments/of-invoice/{invoice.number}/closing",
    }


def as_row(row, company: Company) -> dict:
    """A row as the page shows it."""
    return {
        "path": f"/office/invoices/{row.invoice}",
        "title": row.title,
        "customer": row.customer,
        "amount": money.format_amount(row.amount, row.currency),
        "when": company.short_day(row.at),
        "with": method_label(row),
        "number": row.number,
    }
