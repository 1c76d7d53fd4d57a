"""The lists of invoices: a page of rows in one statement, formatted for the page."""

from datetime import date
from functools import cache
from typing import NamedTuple

from sqlalchemy import Date, Integer, Row, Select, and_, bindparam, case, literal, or_, select, union_all

from sergio.companies.models import Company
from sergio.customers.models import Customer
from sergio.database.company_scope import COMPANY
from sergio.invoices.labels import label, timing
from sergio.invoices.ledger import OVERDUE, PAID, status_on
from sergio.invoices.models import OFFICE_PATH, PORTAL_PATH, Invoice
from sergio.lib import money
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.web.paging import ROWS_AND_ONE, Order, Paging

TABS = {"all": _l("All"), "open": _l("Unpaid"), "overdue": _l("Overdue"), "paid": _l("Paid")}
OFFICE_TABS = {**TABS, "overpaid": _l("Overpaid")}


class ListedInvoice(NamedTuple):
    """A row as the page shows it; `status` gives the badge its color. `customer` is their name, for staff."""

    path: str
    title: str
    note: str
    amount: str
    status: str
    label: str
    late: bool
    customer: str = ""


def of_customer(customer: Customer, args, on: date, path: str = PORTAL_PATH) -> tuple[Paging, list[ListedInvoice]]:
    """A page of a customer's invoices, overdue first. `args` is the query string."""
    paging = Paging(path, args, TABS)
    whose = {"company_id": customer.company_id, "customer_id": customer.id}
    rows = paging.rows_of(customer_page(paging.show), *ORDERS, **whose, today=on)
    return paging, [as_row(row, path, customer.company, on) for row in rows]


def of_company(company: Company, args, on: date) -> tuple[Paging, list[ListedInvoice]]:
    """A page of all invoices of a company, overdue first, with the customers' names."""
    paging = Paging(OFFICE_PATH, args, OFFICE_TABS)
    rows = paging.rows_of(company_page(paging.show), *ORDERS, company_id=company.id, today=on)
    return paging, [as_row(row, OFFICE_PATH, company, on, row.customer) for row in rows]


OWED = Order("owed", Invoice.due_on, Invoice.number)
UNSETTLED = Order("unsettled", Invoice.number, descending=True)
SETTLED = Order("settled", Invoice.number, descending=True)
ORDERS = OWED, UNSETTLED, SETTLED
"""What is due first, then what else needs attention, then the rest."""


@cache
def customer_page(tab: str) -> Select:
    """A page of the customer's invoices, of which there are few: they are read and sorted at once."""
    mine = Invoice.company_id == COMPANY, Invoice.customer_id == bindparam("customer_id")
    parts = [and_(*wanted, ORDERS[index].after) for index, wanted in parts_of(tab)]
    part = case((and_(*Invoice.unpaid()), 0), (Invoice.needs_attention(), 1), else_=2)
    place = case((part == 0, Invoice.number), else_=-Invoice.number)
    rows = Invoice.rows().add_columns(part.label("part")).where(*mine, or_(*parts))
    return rows.order_by(part, case((part == 0, Invoice.due_on)), place).limit(ROWS_AND_ONE)


@cache
def company_page(tab: str) -> Select:
    """A page of all invoices of the company, with the customers' names. Each part is read by an index of its own, to
    the end of the page; `place` orders the rows of a part.
    """
    found = union_all(*(select(part(index, wanted).subquery()) for index, wanted in parts_of(tab))).subquery()
    rows = select(found, Customer.name.label("customer")).join(Customer, Customer.id == found.c.customer_id)
    order = found.c.part, case((found.c.part == 0, found.c.due_on)), found.c.place
    return rows.where(Customer.company_id == COMPANY).order_by(*order).limit(ROWS_AND_ONE)


def part(index: int, wanted: tuple) -> Select:
    order = ORDERS[index]
    place = Invoice.number if order is OWED else -Invoice.number
    facts = (Invoice.customer_id, literal(index, Integer).label("part"), place.label("place"))
    rows = Invoice.rows().add_columns(*facts).where(Invoice.company_id == COMPANY, *wanted, order.after)
    return rows.order_by(*order.by).limit(ROWS_AND_ONE)


def parts_of(tab: str) -> list[tuple[int, tuple]]:
    """The parts of a tab: the index of each in `ORDERS`, and its conditions."""
    owed, paid = Invoice.unpaid(), Invoice.paid_in_full()
    unsettled, settled = Invoice.in_question(), (~Invoice.needs_attention(),)
    return {
        "all": [(0, owed), (1, unsettled), (2, settled)],
        "open": [(0, owed)],
        "overdue": [(0, Invoice.overdue(bindparam("today", type_=Date)))],
        "paid": [(1, (*unsettled, *paid)), (2, (*settled, *paid))],
        "overpaid": [(1, (*unsettled, *Invoice.overpaid()))],
    }[tab]


def as_row(row: Row, path: str, company: Company, on: date, customer: str = "") -> ListedInvoice:
    status = status_on(row, on)
    when = timing(company, row, status, on)
    if status == PAID and row.paid_at:
        when = _("paid %(day)s", day=company.short_day(row.paid_at))
    note = _("Invoice %(number)s · %(when)s", number=f"{row.prefix}{row.number}", when=when)
    amount = money.format_amount(row.due if row.due > 0 else row.total, row.currency)
    badge = status, label(row, status)
    return ListedInvoice(f"{path}/{row.number}", row.title, note, amount, *badge, status == OVERDUE, customer)
