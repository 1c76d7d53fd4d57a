"""The lists of quotes: a page of rows in one statement, formatted for the page."""

from datetime import date
from functools import cache
from typing import NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Date,
    Integer,
    Row,
    Select,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
    union_all,
)

from sergio.companies.models import Company
from sergio.customers.models import Customer
from sergio.database.company_scope import COMPANY
from sergio.lib import money
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.quotes.labels import LABELS
from sergio.quotes.models import Quote, QuoteAcceptance, QuoteVersion
from sergio.quotes.paths import OFFICE, PORTAL
from sergio.quotes.statuses import ACCEPTED, DECLINED, DRAFT, EXPIRED, OPEN, status_on
from sergio.web.paging import ROWS_AND_ONE, Order, Paging

TABS = {
    "all": _l("All"),
    "open": _l("Open"),
    ACCEPTED: _l("Accepted"),
    DECLINED: _l("Declined"),
    EXPIRED: _l("Expired"),
}


class ListedQuote(NamedTuple):
    """A row as the page shows it; `status` gives the badge its color."""

    path: str
    title: str
    customer: str
    note: str
    amount: str
    status: str
    label: str


def of_customer(customer: Customer, args, on: date) -> tuple[Paging, list[ListedQuote]]:
    """A page of a customer's quotes, the open ones first. `args` is the query string."""
    paging = Paging(PORTAL, args, TABS)
    whose = {"company_id": customer.company_id, "customer_id": customer.id}
    rows = paging.rows_of(customer_page(paging.show), *ORDERS, **whose, today=on)
    return paging, [as_row(row, PORTAL, customer.company, on) for row in rows]


def of_company(company: Company, args, on: date) -> tuple[Paging, list[ListedQuote]]:
    """A page of all quotes of a company, drafts too, the open ones first."""
    paging = Paging(OFFICE, args, TABS)
    rows = paging.rows_of(company_page(paging.show), *ORDERS, company_id=company.id, today=on)
    return paging, [as_row(row, OFFICE, company, on) for row in rows]


def of_company_customer(company: Company, customer_id: int, args, on: date) -> tuple[Paging, list[ListedQuote]]:
    """The same for one customer's quotes, as staff see them."""
    paging = Paging(OFFICE, args, TABS)
    whose = {"company_id": company.id, "customer_id": customer_id}
    rows = paging.rows_of(company_customer_page(paging.show), *ORDERS, **whose, today=on)
    return paging, [as_row(row, OFFICE, company, on) for row in rows]


ORDERS = tuple(Order(name, Quote.number, descending=True) for name in ("open", "rest"))
"""The open quotes, then the rest, each from the newest."""


OF_COMPANY = Quote.company_id == COMPANY
OF_CUSTOMER = Quote.customer_id == bindparam("customer_id")


@cache
def customer_page(tab: str) -> Select:
    return page_of(tab, OF_COMPANY, OF_CUSTOMER, Quote.outcome != DRAFT)


@cache
def company_page(tab: str) -> Select:
    return page_of(tab, OF_COMPANY)


@cache
def company_customer_page(tab: str) -> Select:
    return page_of(tab, OF_COMPANY, OF_CUSTOMER)


def page_of(tab: str, *mine: ColumnElement) -> Select:
    """A page of the quotes that meet the conditions `mine` and those of a tab, with what was sent last, or the draft
    where nothing was.
    """
    today: BindParameter[date] = bindparam("today", type_=Date)
    closed = or_(Quote.open_until.is_(None), Quote.has_expired(today))
    wanted: dict[str, tuple] = {
        "all": (Quote.is_open(today), closed),
        "open": (Quote.is_open(today),),
        ACCEPTED: (None, Quote.outcome == ACCEPTED),
        DECLINED: (None, Quote.outcome == DECLINED),
        EXPIRED: (None, Quote.has_expired(today)),
    }
    parts = [part(index, *mine, each) for index, each in enumerate(wanted[tab]) if each is not None]
    found = union_all(*(select(each.subquery()) for each in parts)).subquery()
    listed = select(*facts(found)).select_from(found).join(Customer, Customer.id == found.c.customer_id)
    listed = listed.outerjoin(QuoteVersion, newest_of(found)).outerjoin(QuoteAcceptance, acceptance_of(found))
    open_first = found.c.part, found.c.number.desc()
    return listed.where(Customer.company_id == COMPANY).order_by(*open_first).limit(ROWS_AND_ONE)


def part(index: int, *wanted: ColumnElement) -> Select:
    """The next rows of one part of the list."""
    columns = (Quote.id, Quote.number, Quote.version, Quote.customer_id, Quote.outcome, Quote.open_until)
    draft = (Quote.title, Quote.currency, Quote.total)
    rows = select(*columns, *draft, literal(index, Integer).label("part"))
    return rows.where(*wanted, ORDERS[index].after).order_by(*ORDERS[index].by).limit(ROWS_AND_ONE)


def newest_of(found) -> ColumnElement[bool]:
    same = QuoteVersion.quote_id == found.c.id, QuoteVersion.version == found.c.version
    return and_(QuoteVersion.company_id == COMPANY, *same)


def acceptance_of(found) -> ColumnElement[bool]:
    return and_(QuoteAcceptance.company_id == COMPANY, QuoteAcceptance.quote_id == found.c.id)


def facts(found) -> tuple[ColumnElement, ...]:
    """The columns of a row."""
    title, currency = (func.coalesce(getattr(QuoteVersion, name), found.c[name]) for name in ("title", "currency"))
    total = func.coalesce(QuoteAcceptance.total, QuoteVersion.total, found.c.total)
    return (
        *(found.c.part, found.c.number, found.c.outcome, found.c.open_until),
        *(title.label("title"), currency.label("currency"), total.label("total")),
        *(QuoteAcceptance.at.label("accepted_at"), Customer.name.label("customer")),
    )


def as_row(row: Row, path: str, company: Company, on: date) -> ListedQuote:
    status = status_on(row, on)
    if status in OPEN:
        note = _("Quote %(number)s · valid until %(day)s", number=row.number, day=company.short_day(row.open_until))
    elif status == ACCEPTED:
        note = _("Quote %(number)s · accepted %(day)s", number=row.number, day=company.short_day(row.accepted_at))
    else:
        note = _("Quote %(number)s", number=row.number)
    amount = money.format_amount(row.total, row.currency)
    badge = status, str(LABELS[status])
    return ListedQuote(f"{path}/{row.number}", row.title, row.customer, note, amount, *badge)
