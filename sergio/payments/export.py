"""Payments as a CSV file, the newest first."""

from collections.abc import Iterator
from functools import cache
from itertools import chain

from sqlalchemy import ColumnElement, Select, and_, func, select

from sergio.companies.models import Company
from sergio.customers.models import Customer, is_real
from sergio.database.company_scope import COMPANY
from sergio.invoices.models import Invoice
from sergio.lib import money
from sergio.lib.language import gettext as _
from sergio.payments.listing import NEWEST
from sergio.payments.methods import method_label
from sergio.payments.models import Payment, Refund
from sergio.payments.statuses import REFUND_BOUNCED
from sergio.web import spreadsheets

BATCH = 500
"""Rows that are read at once."""


def table(company: Company) -> Iterator[list[list]]:
    """All payments of real customers, as batches of rows; the first batch has the headings."""
    headings = [
        *(_("Receipt"), _("Paid"), _("Customer"), _("Invoice"), _("Title"), _("Method")),
        *(_("Currency"), _("Amount"), _("Refunded"), _("Undone")),
    ]

    def read(session, place: dict) -> tuple[list[list], dict | None]:
        rows = session.execute(batch(), {"company_id": company.id, **place}).all()
        return [in_file(row, company) for row in rows], NEWEST.following(rows, BATCH)

    return chain([[headings]], spreadsheets.in_batches(company.language, read, NEWEST.begin))


@cache
def batch() -> Select:
    about = (Payment.id, Payment.number, Payment.at, Payment.amount, Payment.currency)
    how = (Payment.method, Payment.reference, Payment.brand, Payment.last4, Payment.undone_at)
    names = (Invoice.prefix, Invoice.number.label("invoice"), Invoice.title, Customer.name.label("customer"))
    rows = select(*about, *how, *names, refunded().label("refunded")).select_from(Payment)
    rows = rows.join(Payment.invoice).join(Invoice.customer)
    mine = Payment.company_id == COMPANY, is_real(Payment.number)
    return rows.where(*mine, NEWEST.after).order_by(*NEWEST.by).limit(BATCH)


def refunded() -> ColumnElement[int]:
    """What was given back of the payment."""
    theirs = and_(Refund.company_id == COMPANY, Refund.payment_id == Payment.id)
    given_back = select(func.coalesce(func.sum(Refund.amount), 0)).where(theirs, Refund.status.not_in(REFUND_BOUNCED))
    return given_back.correlate(Payment).scalar_subquery()


def in_file(row, company: Company) -> list:
    amounts = [money.plain(amount, row.currency) for amount in (row.amount, row.refunded)]
    about = [row.customer, f"{row.prefix}{row.invoice}", row.title, method_label(row), row.currency]
    return [
        row.number,
        spreadsheets.moment(row.at, company.zone),
        *about,
        *amounts,
        spreadsheets.moment(row.undone_at, company.zone),
    ]
