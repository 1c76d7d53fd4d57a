"""The lists of invoices: a page of rows in one statement, formatted for the page."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Date, Integer, Row, Select, and_, bindparam, case, literal, or_, select, union_all

from sergio import pricing
from sergio.companies.models import Company
from sergio.customers.models import Customer
from sergio.database.company_scope import COMPANY
from sergio.extensions import db
from sergio.invoices.labels import customers_label, label, timing
from sergio.invoices.ledger import DRAFT, OVERDUE, PAID, status_on
from sergio.invoices.lines import InvoiceLine
from sergio.invoices.models import DRAFTS_PATH, OFFICE_PATH, PORTAL_PATH, Invoice
from sergio.invoices.periods import Period
from sergio.invoices.sorting import DATED, NEWEST, SORTS, order_of, sorted_page
from sergio.lib import money
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.web.paging import ROWS_AND_ONE, Order, Paging

TABS = {"all": _l("All"), "open": _l("Unpaid"), "overdue": _l("Overdue"), "paid": _l("Paid")}
DRAFTS, ENDED = "drafts", "ended"
OFFICE_TABS = {
    "all": _l("All"),
    DRAFTS: _l("Drafts"),
    **{tab: TABS[tab] for tab in ("open", "overdue", "paid")},
    "overpaid": _l("Overpaid"),
    ENDED: _l("Void or written off"),
}


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
    number: int | None = None


class Filter(NamedTuple):
    """What a list is narrowed to: the number of a customer, a period of days of issue; and how it is sorted."""

    customer: int | None
    period: Period
    sort: str

    @classmethod
    def from_query(cls, args) -> "Filter":
        text = args.get("customer", "")
        known = text.isascii() and text.isdecimal() and len(text) <= 8
        return cls(int(text) if known else None, Period.from_query(args), args.get("sort", ""))

    @property
    def query(self) -> dict[str, str]:
        """The query string of the same filter."""
        customer = {} if self.customer is None else {"customer": str(self.customer)}
        return {**customer, **self.period.query, **({"sort": self.sort} if self.sort else {})}

    @property
    def has_period(self) -> bool:
        return bool(self.period.first or self.period.last)

    @property
    def parameters(self) -> dict:
        first, last = self.period.first or date.min, self.period.last or date.max
        return {"customer": self.customer, "first": first, "last": last}

    def sorts(self, tab: str) -> Mapping[str, Any]:
        """How a tab can be sorted; the few invoices of one customer are not."""
        return SORTS.get(tab, {}) if self.customer is None else {}

    def sort_of(self, tab: str) -> str:
        """How a tab is sorted: a period of the tabs where most invoices are, by the day of issue."""
        usual = NEWEST if self.has_period and NEWEST in self.sorts(tab) else ""
        return self.sort if self.sort and self.sort in self.sorts(tab) else usual


def of_customer(customer: Customer, args, on: date, path: str = PORTAL_PATH) -> tuple[Paging, list[ListedInvoice]]:
    """A page of a customer's invoices, overdue first. `args` is the query string."""
    paging = Paging(path, args, TABS)
    whose = {"company_id": customer.company_id, "customer_id": customer.id}
    rows = paging.rows_of(customer_page(paging.show), *ORDERS, **whose, today=on)
    return paging, [as_row(row, path, customer.company, on) for row in rows]


def of_company(company: Company, args, chosen: Filter, on: date) -> tuple[Paging, list[ListedInvoice]]:
    """A page of the invoices of a company that match a filter, with the customers' names; in two statements for drafts,
    else in one.
    """
    paging = Paging(OFFICE_PATH, args, OFFICE_TABS, **chosen.query)
    asked = {"company_id": company.id, "today": on, **chosen.parameters}
    narrowed = {"one": chosen.customer is not None, "dated": chosen.has_period}
    if paging.show == DRAFTS:
        rows = paging.rows_of(drafts_page(one=narrowed["one"]), DRAFTED, **asked)
        totals = totals_of(company, rows)
        return paging, [as_draft(row, totals[row.id]) for row in rows]
    if sort := chosen.sort_of(paging.show):
        statement = sorted_page(paging.show, sort, dated=narrowed["dated"])
        rows = paging.rows_of(statement, order_of(paging.show, sort), **asked)
    else:
        rows = paging.rows_of(company_page(paging.show, **narrowed), *ORDERS, **asked)
    return paging, [as_row(row, OFFICE_PATH, company, on, row.customer) for row in rows]


OWED = Order("owed", Invoice.due_on, Invoice.number)
UNSETTLED = Order("unsettled", Invoice.number, descending=True)
SETTLED = Order("settled", Invoice.number, descending=True)
ORDERS = OWED, UNSETTLED, SETTLED
"""What is due first, then what else needs attention, then the rest."""
DRAFTED = Order("drafted", Invoice.id, descending=True)
CUSTOMER = Customer.number == bindparam("customer", type_=Integer)


@cache
def customer_page(tab: str) -> Select:
    """A page of the customer's invoices, of which there are few: they are read and sorted at once."""
    return few(tab, Invoice.customer_id == bindparam("customer_id"))


def few(tab: str, *wanted) -> Select:
    """A page of those invoices that are wanted, read and sorted at once."""
    parts = [and_(*conditions, ORDERS[index].after) for index, conditions in parts_of(tab)]
    part = case((and_(*Invoice.unpaid()), 0), (Invoice.needs_attention(), 1), else_=2)
    place = case((part == 0, Invoice.number), else_=-Invoice.number)
    rows = Invoice.rows().add_columns(part.label("part")).where(Invoice.company_id == COMPANY, *wanted, or_(*parts))
    return rows.order_by(part, case((part == 0, Invoice.due_on)), place).limit(ROWS_AND_ONE)


@cache
def company_page(tab: str, *, one: bool, dated: bool) -> Select:
    """A page of the company's invoices, with the customers' names; with `one`, those of a customer, and with `dated`,
    those of a period. Each part is read by an index of its own, to the end of the page.
    """
    if one:
        rows = few(tab, CUSTOMER, *(DATED if dated else ())).join(Invoice.customer)
        return rows.add_columns(Customer.name.label("customer"))
    found = union_all(*(select(part(*each, dated=dated).subquery()) for each in parts_of(tab))).subquery()
    rows = select(found, Customer.name.label("customer")).join(Customer, Customer.id == found.c.customer_id)
    order = found.c.part, case((found.c.part == 0, found.c.due_on)), found.c.place
    return rows.where(Customer.company_id == COMPANY).order_by(*order).limit(ROWS_AND_ONE)


def part(index: int, wanted: tuple, *, dated: bool) -> Select:
    order = ORDERS[index]
    place = Invoice.number if order is OWED else -Invoice.number
    facts = (Invoice.customer_id, literal(index, Integer).label("part"), place.label("place"))
    rows = Invoice.rows().add_columns(*facts).where(Invoice.company_id == COMPANY, *wanted, order.after)
    return rows.where(*(DATED if dated else ())).order_by(*order.by).limit(ROWS_AND_ONE)


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
        ENDED: [(2, (Invoice.has_ended(),))],
    }[tab]


@cache
def drafts_page(*, one: bool) -> Select:
    facts = (Invoice.id, Invoice.title, Invoice.currency, Customer.name.label("customer"))
    rows = select(*facts).join(Invoice.customer).where(Invoice.company_id == COMPANY, Invoice.is_draft())
    return rows.where(DRAFTED.after, *([CUSTOMER] if one else [])).order_by(*DRAFTED.by).limit(ROWS_AND_ONE)


def totals_of(company: Company, drafts) -> dict[int, int]:
    """The total of each draft, by its id."""
    lines = defaultdict(list)
    mine = InvoiceLine.company_id == company.id, InvoiceLine.invoice_id.in_([draft.id for draft in drafts])
    for line in db.session.scalars(select(InvoiceLine).where(*mine)):
        lines[line.invoice_id].append(line)
    return {draft.id: pricing.price(lines[draft.id]).total for draft in drafts}


def as_draft(row: Row, total: int) -> ListedInvoice:
    amount, path = money.format_amount(total, row.currency), f"{DRAFTS_PATH}/{row.id}"
    return ListedInvoice(path, row.title, _("Not issued yet"), amount, DRAFT, _("Draft"), False, row.customer)


def as_row(row: Row, path: str, company: Company, on: date, customer: str = "") -> ListedInvoice:
    status = status_on(row, on)
    when = timing(company, row, status, on)
    if status == PAID and row.paid_at:
        when = _("paid %(day)s", day=company.short_day(row.paid_at))
    note = _("Invoice %(number)s · %(when)s", number=f"{row.prefix}{row.number}", when=when)
    amount = money.format_amount(row.due if row.due > 0 else row.total, row.currency)
    badge = status, (customers_label if path == PORTAL_PATH else label)(row, status)
    return ListedInvoice(
        f"{path}/{row.number}", row.title, note, amount, *badge, status == OVERDUE, customer, row.number
    )
