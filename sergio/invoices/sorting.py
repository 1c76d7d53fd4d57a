"""The office's list of invoices in another order than what needs attention first: each is read by an index."""

from collections.abc import Callable
from datetime import date
from functools import cache

from sqlalchemy import BindParameter, ColumnElement, Date, Select, and_, bindparam, literal_column

from sergio.customers.models import Customer
from sergio.database.company_scope import COMPANY
from sergio.invoices.models import Invoice
from sergio.invoices.owed import is_owing
from sergio.lib.language import lazy_gettext as _l
from sergio.web.paging import ROWS_AND_ONE, Order

NEWEST, AMOUNT, CUSTOMER = "newest", "amount", "customer"
ATTENTION = {"": _l("What needs attention first")}
BY_DUE_DATE = {"": _l("Due first"), AMOUNT: _l("Largest first"), CUSTOMER: _l("Customer")}
SORTS = {
    "all": {**ATTENTION, NEWEST: _l("Newest first"), CUSTOMER: _l("Customer")},
    "open": BY_DUE_DATE,
    "overdue": BY_DUE_DATE,
    "paid": {**ATTENTION, NEWEST: _l("Newest first"), AMOUNT: _l("Largest first"), CUSTOMER: _l("Customer")},
}
"""How each tab can be sorted; the amount is the one that its rows show."""

ISSUED = Order("issued", Invoice.issued_on, Invoice.number, descending=True)
DUE = Order("due", Invoice.due, Invoice.number, descending=True)
TOTAL = Order("total", Invoice.total, Invoice.number, descending=True)
BY_CUSTOMER = Order("customer", Customer.name_key, Invoice.number)
DATED = Invoice.issued_on >= bindparam("first", type_=Date), Invoice.issued_on <= bindparam("last", type_=Date)
TODAY: BindParameter[date] = bindparam("today", type_=Date)
WANTED: dict[str, Callable[[], tuple]] = {
    "all": lambda: (),
    "open": Invoice.unpaid,
    "overdue": lambda: Invoice.overdue(TODAY),
    "paid": Invoice.paid_in_full,
}


UNPAID = ("open", "overdue")
"""The tabs of which only a few customers have any: an index has those who owe something, by their names."""


def order_of(tab: str, sort: str) -> Order:
    if sort == AMOUNT:
        return TOTAL if tab == "paid" else DUE
    return {NEWEST: ISSUED, CUSTOMER: BY_CUSTOMER}[sort]


@cache
def sorted_page(tab: str, sort: str, *, dated: bool) -> Select:
    """A page of the company's invoices of a tab, with the customers' names."""
    order = order_of(tab, sort)
    rows = Invoice.rows().add_columns(Customer.name.label("customer"), Customer.name_key)
    rows = rows.join(Customer, by_name(order) if sort == CUSTOMER else Customer.id == Invoice.customer_id)
    rows = rows.where(Invoice.company_id == COMPANY, Customer.company_id == COMPANY, *WANTED[tab]())
    if sort == CUSTOMER and tab in UNPAID:
        rows = rows.where(is_owing())
    return rows.where(*(DATED if dated else ()), order.after).order_by(*order.by).limit(ROWS_AND_ONE)


def by_name(order: Order) -> ColumnElement[bool]:
    """The customers of invoices, read by the index of their names from the one where the page begins: the comparison
    with a row of both tables gives no range of it, and `+ 0` keeps SQLite from beginning with the invoices.
    """
    return and_(
        Customer.name_key >= bindparam(order.names[0]), Invoice.customer_id == Customer.id + literal_column("0")
    )
