"""The lists of quotes: a page of rows in one statement, formatted for the page."""

from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Date,
    Integer,
    Row,
    Select,
    and_,
    bindparam,
    case,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
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
from sergio.quotes.search import QuoteSearch, matching
from sergio.quotes.statuses import ACCEPTED, DECLINED, DRAFT, EXPIRED, OPEN, status_on
from sergio.web.paging import ROWS_AND_ONE, Order, Paging, Sort

TABS = {
    "all": _l("All"),
    "open": _l("Open"),
    ACCEPTED: _l("Accepted"),
    DECLINED: _l("Declined"),
    EXPIRED: _l("Expired"),
}
OFFICE_TABS = {"all": TABS["all"], DRAFT: _l("Drafts"), **TABS}
FURTHER = {"amount": _l("Largest first"), "customer": _l("Customer")}
SORTS = {
    "all": {"": _l("Open first"), "newest": _l("Newest first"), **FURTHER},
    "open": {"": _l("Newest first"), "expires": _l("Expiring first"), **FURTHER},
    ACCEPTED: {"": _l("Newest first"), **FURTHER},
}
"""How each tab can be sorted."""


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


class OfficeList(NamedTuple):
    """A page of the office's list, and how it can be sorted."""

    paging: Paging
    rows: list[ListedQuote]
    sorts: dict[str, Sort]


def of_company(company: Company, text: str, args, on: date) -> OfficeList:
    """A page of all quotes of a company, drafts too, or of those that the search `text` finds."""
    tab = args.get("show", "") if args.get("show") in OFFICE_TABS else "all"
    sort = args.get("sort", "") if args.get("sort") in SORTS.get(tab, {}) else ""
    kept = {name: value for name, value in (("q", text), ("sort", sort)) if value}
    paging = Paging(OFFICE, args, OFFICE_TABS, **kept)
    search = QuoteSearch(text, company.id)
    statement = company_page(tab, sort, **search.shape)
    rows = paging.rows_of(
        statement, *(AT_ONCE if search.finds_few else ORDERS), **search.parameters, company_id=company.id, today=on
    )
    listed = [as_row(row, OFFICE, company, on) for row in rows]
    return OfficeList(paging, listed, paging.sorts(SORTS.get(tab, {}), sort))


NOTHING = literal_column("0")
NUMBER_SORTED, AMOUNT_SORTED = ((column + NOTHING).label(column.key) for column in (Quote.number, Quote.shown_total))
NAME_SORTED = Customer.name_key.concat(literal_column("''")).label("name_key")
ORDERS = (
    *(Order(name, Quote.number, descending=True) for name in ("open", "rest")),
    Order("soon", Quote.open_until, Quote.number),
    Order("amount", Quote.shown_total, Quote.number, descending=True),
    Order("customer", Customer.name_key, Quote.number),
    Order("open_amount", AMOUNT_SORTED, Quote.number, descending=True),
    Order("open_customer", NAME_SORTED, Quote.number),
)
"""The open quotes, then the rest, each from the newest; or in another order. The few open ones are read at once and
sorted, so their columns are expressions, which no index has.
"""
AT_ONCE = (
    *(Order(name, NUMBER_SORTED, descending=True) for name in ("open", "rest")),
    ORDERS[2],
    Order("amount", AMOUNT_SORTED, Quote.number, descending=True),
    Order("customer", NAME_SORTED, Quote.number),
    *ORDERS[5:],
)
"""The same for a search that finds few."""
SOON, AMOUNT, BY_CUSTOMER, OPEN_AMOUNT, OPEN_BY_CUSTOMER = range(2, 7)
NAMED = BY_CUSTOMER, OPEN_BY_CUSTOMER

OF_COMPANY = Quote.company_id == COMPANY
OF_CUSTOMER = Quote.customer_id == bindparam("customer_id")
TODAY: BindParameter[date] = bindparam("today", type_=Date)


@cache
def customer_page(tab: str) -> Select:
    """A page of one customer's quotes, of which there are few: they are read and sorted at once."""
    open_first = case((Quote.is_open(TODAY), 0), else_=1)
    parts = [and_(wanted, ORDERS[index].after) for index, wanted in parts_of(tab)]
    shown = OF_COMPANY, OF_CUSTOMER, Quote.outcome != DRAFT, or_(*parts)
    rows = with_what_was_sent(Quote.__table__.c, open_first.label("part")).where(*shown)
    return rows.order_by(open_first, Quote.number.desc()).limit(ROWS_AND_ONE)


@cache
def company_page(tab: str, sort: str = "", words: int = 0, *, rare: bool = False, rare_title: bool = False) -> Select:
    """A page of all quotes of the company, or of those of a search of that shape. Each part is read by an index of its
    own, to the end of the page.
    """
    searched = matching(words, rare=rare, rare_title=rare_title) if words else true()
    orders = AT_ONCE if words and rare and rare_title else ORDERS
    parts = parts_of(tab, sort)
    rows = [part(index, and_(wanted, searched), orders) for index, wanted in parts]
    found = union_all(*(select(each.subquery()) for each in rows)).subquery()
    last = {
        SOON: (found.c.open_until, found.c.number),
        **dict.fromkeys((AMOUNT, OPEN_AMOUNT), (found.c.shown_total.desc(), found.c.number.desc())),
        **dict.fromkeys(NAMED, (found.c.name_key, found.c.number)),
    }.get(parts[0][0], (found.c.number.desc(),))
    rows = with_what_was_sent(found.c, found.c.part).add_columns(found.c.name_key)
    return rows.order_by(found.c.part, *last).limit(ROWS_AND_ONE)


def part(index: int, wanted: ColumnElement[bool], orders: Sequence[Order]) -> Select:
    """The next rows of one part of the list."""
    keys = (Quote.id, Quote.number, Quote.version, Quote.times_undone, Quote.customer_id)
    facts = (Quote.outcome, Quote.open_until, Quote.title, Quote.currency, Quote.shown_total)
    named = Customer.name_key if index in NAMED else literal("")
    rows = select(*keys, *facts, literal(index, Integer).label("part"), named.label("name_key"))
    if index in NAMED:
        by_index = index == BY_CUSTOMER and orders is ORDERS
        rows = rows.join(Customer, by_name() if by_index else Quote.customer_id == Customer.id)
        rows = rows.where(Customer.company_id == COMPANY)
    return rows.where(OF_COMPANY, wanted, orders[index].after).order_by(*orders[index].by).limit(ROWS_AND_ONE)


def by_name() -> ColumnElement[bool]:
    """The quotes of customers in the order of their names: see `invoices.sorting.by_name`."""
    begin = Customer.name_key >= bindparam(ORDERS[BY_CUSTOMER].names[0])
    return and_(begin, Quote.customer_id == Customer.id + NOTHING)


def parts_of(tab: str, sort: str = "") -> list[tuple[int, Any]]:
    """The parts of a tab: the index of each in `ORDERS`, and its condition."""
    closed = or_(Quote.open_until.is_(None), Quote.has_expired(TODAY))
    is_open, is_accepted = Quote.is_open(TODAY), Quote.outcome == ACCEPTED
    sorted_otherwise = {
        ("all", "newest"): (1, true()),
        ("all", "amount"): (AMOUNT, true()),
        ("all", "customer"): (BY_CUSTOMER, true()),
        ("open", "expires"): (SOON, is_open),
        ("open", "amount"): (OPEN_AMOUNT, is_open),
        ("open", "customer"): (OPEN_BY_CUSTOMER, is_open),
        (ACCEPTED, "amount"): (AMOUNT, is_accepted),
        (ACCEPTED, "customer"): (BY_CUSTOMER, is_accepted),
    }
    if (tab, sort) in sorted_otherwise:
        return [sorted_otherwise[tab, sort]]
    return {
        DRAFT: [(1, Quote.outcome == DRAFT)],
        "all": [(0, is_open), (1, closed)],
        "open": [(0, is_open)],
        ACCEPTED: [(1, is_accepted)],
        DECLINED: [(1, Quote.outcome == DECLINED)],
        EXPIRED: [(1, Quote.has_expired(TODAY))],
    }[tab]


def with_what_was_sent(quote, part) -> Select:
    """The columns of a list from those of `quote`, with what was sent last, or the draft where nothing was. With outer
    joins only, SQLite begins with the quotes.
    """
    newest = QuoteVersion.quote_id == quote.id, QuoteVersion.version == quote.version
    in_force = QuoteAcceptance.quote_id == quote.id, QuoteAcceptance.times_undone == quote.times_undone
    accepted = QuoteAcceptance.company_id == COMPANY, *in_force
    title, currency = (func.coalesce(getattr(QuoteVersion, name), quote[name]) for name in ("title", "currency"))
    facts = (part, quote.number, quote.outcome, quote.open_until, QuoteAcceptance.at.label("accepted_at"))
    sent = (title.label("title"), currency.label("currency"), quote.shown_total)
    rows = select(*facts, *sent, Customer.name.label("customer")).select_from(quote.id.table)
    rows = rows.outerjoin(Customer, and_(Customer.company_id == COMPANY, Customer.id == quote.customer_id))
    rows = rows.outerjoin(QuoteVersion, and_(QuoteVersion.company_id == COMPANY, *newest))
    return rows.outerjoin(QuoteAcceptance, and_(*accepted))


def as_row(row: Row, path: str, company: Company, on: date) -> ListedQuote:
    status = status_on(row, on)
    if status in OPEN:
        note = _("Quote %(number)s · valid until %(day)s", number=row.number, day=company.short_day(row.open_until))
    elif status == ACCEPTED:
        note = _("Quote %(number)s · accepted %(day)s", number=row.number, day=company.short_day(row.accepted_at))
    else:
        note = _("Quote %(number)s", number=row.number)
    amount = money.format_amount(row.shown_total, row.currency)
    badge = status, str(LABELS[status])
    return ListedQuote(f"{path}/{row.number}", row.title, row.customer, note, amount, *badge)
