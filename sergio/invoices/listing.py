"""The lists of invoices: one statement, read as rows and worded for the page."""

from datetime import date

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select

from sergio.companies.models import Company
from sergio.customers.models import Customer
from sergio.invoices.labels import label, timing
from sergio.invoices.models import OVERDUE, PAID, Invoice, standing
from sergio.lib import money
from sergio.web.paging import Paging

TABS = {"all": _l("All"), "open": _l("To pay"), "overdue": _l("Overdue"), "paid": _l("Paid")}
OFFICE_TABS = {**TABS, "overpaid": _l("Overpaid")}


def of_customer(customer: Customer, asked, on: date) -> tuple[Paging, list[dict]]:
    """A page of a customer's invoices, overdue first. `asked` is the query string."""
    query = Invoice.rows().where(Invoice.customer_id == customer.id)
    return page_of(query, "/portal/invoices", asked, customer.company, on)


def of_company(company: Company, asked, on: date) -> tuple[Paging, list[dict]]:
    """A page of all invoices of a company, overdue first, with the customers' names."""
    query = Invoice.rows().join(Invoice.customer).add_columns(Customer.name.label("customer")).group_by(Customer.id)
    return page_of(query, "/office/invoices", asked, company, on, tabs=OFFICE_TABS)


def page_of(
    query: Select, path: str, asked, company: Company, on: date, *, tabs: dict = TABS
) -> tuple[Paging, list[dict]]:
    paging = Paging(path, asked, tabs)
    conditions = {"open": Invoice.unpaid(), "overdue": Invoice.overdue(on), "paid": Invoice.settled()}
    conditions["overpaid"] = Invoice.overpaid()
    listed = query.having(*conditions.get(paging.show, ())).order_by(*Invoice.most_urgent_first(on))
    return paging, [as_row(row, path, company, on) for row in paging.rows_of(listed)]


def as_row(row, path: str, company: Company, on: date) -> dict:
    """A row as the page shows it; `status` gives the badge its color."""
    status = standing(row, on)
    when = timing(company, row, status, on)
    if status == PAID and row.paid_at:
        when = _("paid %(day)s", day=company.short_day(row.paid_at))
    return {
        "path": f"{path}/{row.number}",
        "title": row.title,
        "customer": row._mapping.get("customer", ""),
        "note": _("Invoice %(number)s · %(when)s", number=row.number, when=when),
        "amount": money.format_amount(row.due if row.due > 0 else row.total, row.currency, company.language),
        "status": status,
        "label": label(row, status),
        "late": status == OVERDUE,
    }
