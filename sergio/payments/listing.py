"""The list of payments: one statement, read as rows and worded for the page."""

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from sergio.companies.models import Company
from sergio.customers.models import Customer
from sergio.extensions import db
from sergio.invoices.models import Invoice
from sergio.lib import money
from sergio.lib.paging import ROWS, Paging
from sergio.payments.models import (
    CANCELLED,
    CREATING,
    FAILED,
    OPEN,
    PROCESSING,
    SUCCEEDED,
    Payment,
    worded_method,
)

STATES = {
    CREATING: _l("Begun"),
    OPEN: _l("Open"),
    PROCESSING: _l("On its way"),
    SUCCEEDED: _l("Paid"),
    FAILED: _l("Refused by Stripe"),
    CANCELLED: _l("Cancelled"),
}


def of_company(company: Company, paging: Paging) -> list[dict]:
    """A page of the company's payments, newest first."""
    about = (Payment.number, Payment.amount, Payment.currency, Payment.at, Payment.method, Payment.brand, Payment.last4)
    names = (Invoice.number.label("invoice"), Invoice.title, Customer.name.label("customer"))
    query = select(*about, *names, func.count().over().label("count")).join(Payment.invoice).join(Invoice.customer)
    listed = query.order_by(Payment.at.desc(), Payment.id.desc()).limit(ROWS).offset(paging.first)
    rows = db.session.execute(listed).all()
    paging.count = rows[0].count if rows else 0
    return [worded(row, company) for row in rows]


def worded(row, company: Company) -> dict:
    """A row as the page shows it."""
    return {
        "path": f"/office/invoices/{row.invoice}",
        "title": row.title,
        "customer": row.customer,
        "amount": money.written(row.amount, row.currency, company.language),
        "when": company.short_day(row.at),
        "with": worded_method(row),
        "number": row.number,
    }
