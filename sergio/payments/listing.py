"""The list of payments: a page of rows in one statement, formatted for the page."""

from functools import cache

from sqlalchemy import Select, select

from sergio.companies.models import Company
from sergio.customers.models import Customer
from sergio.database.company_scope import COMPANY
from sergio.invoices.models import Invoice
from sergio.lib import money
from sergio.lib.language import lazy_gettext as _l
from sergio.payments.methods import method_label
from sergio.payments.models import Payment
from sergio.payments.statuses import CANCELED, CREATING, FAILED, GONE, OPEN, PROCESSING, SUCCEEDED
from sergio.web.paging import ROWS_AND_ONE, Order, Paging

STATUSES = {
    CREATING: _l("Started"),
    OPEN: _l("Open"),
    PROCESSING: _l("Processing"),
    SUCCEEDED: _l("Paid"),
    FAILED: _l("Rejected by Stripe"),
    CANCELED: _l("Canceled"),
    GONE: _l("Not found in Stripe"),
}


def of_company(company: Company, paging: Paging) -> list[dict]:
    """A page of the company's payments, newest first."""
    return [as_row(row, company) for row in paging.rows_of(payments_page(), NEWEST, company_id=company.id)]


NEWEST = Order("newest", Payment.at, Payment.id, descending=True)


@cache
def payments_page() -> Select:
    about = (Payment.id, Payment.number, Payment.amount, Payment.currency, Payment.at)
    how = (Payment.method, Payment.reference, Payment.brand, Payment.last4, Payment.undone_at)
    names = (Invoice.number.label("invoice"), Invoice.title, Customer.name.label("customer"))
    rows = select(*about, *how, *names).select_from(Payment).join(Payment.invoice).join(Invoice.customer)
    return rows.where(Payment.company_id == COMPANY, NEWEST.after).order_by(*NEWEST.by).limit(ROWS_AND_ONE)


def as_row(row, company: Company) -> dict:
    """A row as the page shows it."""
    return {
        "path": f"/office/payments/{row.number}",
        "title": row.title,
        "customer": row.customer,
        "amount": money.format_amount(row.amount, row.currency),
        "when": company.short_day(row.at),
        "with": method_label(row),
        "number": row.number,
        "undone": row.undone_at is not None,
    }
