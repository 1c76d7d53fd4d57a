"""The lists of invoices: a page of rows in one statement, formatted for the page."""

from datetime import date

from sqlalchemy import ColumnElement, Date, Row, cast, func, literal, null, select, union_all

from sergio.companies.models import Company
from sergio.customers.models import Customer
from sergio.extensions import db
from sergio.invoices.labels import label, timing
from sergio.invoices.ledger import OVERDUE, PAID, status_on
from sergio.invoices.models import OFFICE_PATH, PORTAL_PATH, Invoice
from sergio.lib import money
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.web.paging import ROWS, Paging

TABS = {"all": _l("All"), "open": _l("Unpaid"), "overdue": _l("Overdue"), "paid": _l("Paid")}
OFFICE_TABS = {**TABS, "overpaid": _l("Overpaid")}
TABS_NEEDING_ATTENTION = ("open", "overdue", "overpaid")


def of_customer(customer: Customer, args, on: date, path: str = PORTAL_PATH) -> tuple[Paging, list[dict]]:
    """A page of a customer's invoices, overdue first. `args` is the query string."""
    return page_of([customer.owns(Invoice)], Paging(path, args, TABS), customer.company, on)


def of_company(company: Company, args, on: date) -> tuple[Paging, list[dict]]:
    """A page of all invoices of a company, overdue first, with the customers' names."""
    return page_of([Invoice.company_id == company.id], Paging(OFFICE_PATH, args, OFFICE_TABS), company, on)


def page_of(mine, paging: Paging, company: Company, on: date) -> tuple[Paging, list[dict]]:
    """A page of the invoices that meet the conditions `mine` and those of the current tab."""
    listed = [*mine, *conditions(paging.show, on)]
    part = parts(listed, paging, on).subquery()
    count = select(func.count()).select_from(Invoice).where(Invoice.number.is_not(None), *listed).scalar_subquery()
    query = select(part, Customer.name.label("customer"), count.label("count"))
    query = query.join(Customer, Customer.id == part.c.customer_id).where(Customer.company_id == company.id)
    shown = query.order_by(part.c.urgency, part.c.by, part.c.issued_on.desc(), part.c.number.desc())
    rows = db.session.execute(shown.limit(ROWS).offset(paging.first)).all()
    paging.count = rows[0].count if rows else 0
    return paging, [as_row(row, paging.path, company, on) for row in rows]


def parts(listed: list[ColumnElement], paging: Paging, on: date):
    """The rows up to the end of the page from each half of the order, so that each half is read by its own index: first
    the unsettled ones, of which there are few, then the rest from the newest.
    """
    rows = Invoice.rows().add_columns(Invoice.customer_id).where(*listed)
    last = paging.first + ROWS
    urgency, by, *newest = Invoice.most_urgent_first(on)
    first = rows.add_columns(urgency.label("urgency"), by.label("by")).where(Invoice.needs_attention())
    rest = rows.add_columns(literal(3), cast(null(), Date)).where(~Invoice.needs_attention())
    halves = [first.order_by(urgency, by, *newest).limit(last)]
    if paging.show not in TABS_NEEDING_ATTENTION:
        halves.append(rest.order_by(*newest).limit(last))
    return union_all(*(select(half.subquery()) for half in halves))


def conditions(tab: str, on: date) -> tuple:
    """The conditions of a tab."""
    tabs = {"open": Invoice.unpaid(), "overdue": Invoice.overdue(on), "paid": Invoice.paid_in_full()}
    return {**tabs, "overpaid": Invoice.overpaid()}.get(tab, ())


def as_row(row: Row, path: str, company: Company, on: date) -> dict:
    """A row as the page shows it; `status` gives the badge its color."""
    status = status_on(row, on)
    when = timing(company, row, status, on)
    if status == PAID and row.paid_at:
        when = _("paid %(day)s", day=company.short_day(row.paid_at))
    return {
        "path": f"{path}/{row.number}",
        "title": row.title,
        "customer": row.customer,
        "note": _("Invoice %(number)s · %(when)s", number=row.number, when=when),
        "amount": money.format_amount(row.due if row.due > 0 else row.total, row.currency),
        "status": status,
        "label": label(row, status),
        "late": status == OVERDUE,
    }
