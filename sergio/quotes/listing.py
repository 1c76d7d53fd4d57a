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
    case,
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
TODAY: BindParameter[date] = bindparam("today", type_=Date)


@cache
def customer_page(tab: str) -> Select:
    return quotes_of_customer(tab).where(Quote.outcome != DRAFT)


@cache
def company_customer_page(tab: str) -> Select:
    return quotes_of_customer(tab)


def quotes_of_customer(tab: str) -> Select:
    """A page of one customer's quotes, of which there are few: they are read and sorted at once."""
    open_first = case((Quote.is_open(TODAY), 0), else_=1)
    parts = [and_(wanted, ORDERS[index].after) for index, wanted in parts_of(tab)]
    rows = with_what_was_sent(Quote.__table__.c, open_first.label("part")).where(OF_COMPANY, OF_CUSTOMER, or_(*parts))
    return rows.order_by(open_first, Quote.number.desc()).limit(ROWS_AND_ONE)


@cache
def company_page(tab: str) -> Select:
    """A page of all quotes of the company. Each part is read by an index of its own, to the end of the page."""
    found = union_all(*(select(part(*each).subquery()) for each in parts_of(tab))).subquery()
    rows = with_what_was_sent(found.c, found.c.part)
    return rows.order_by(found.c.part, found.c.number.desc()).limit(ROWS_AND_ONE)


def part(index: int, wanted: ColumnElement[bool]) -> Select:
    """The next rows of one part of the list."""
    keys = (Quote.id, Quote.number, Quote.version, Quote.times_undone, Quote.customer_id)
    facts = (Quote.outcome, Quote.open_until, Quote.title, Quote.currency, Quote.total)
    rows = select(*keys, *facts, literal(index, Integer).label("part"))
    return rows.where(OF_COMPANY, wanted, ORDERS[index].after).order_by(*ORDERS[index].by).limit(ROWS_AND_ONE)


def parts_of(tab: str) -> list[tuple[int, ColumnElement[bool]]]:
    """The parts of a tab: the index of each in `ORDERS`, and its condition."""
    closed = or_(Quote.open_until.is_(None), Quote.has_expired(TODAY))
    return {
        "all": [(0, Quote.is_open(TODAY)), (1, closed)],
        "open": [(0, Quote.is_open(TODAY))],
        ACCEPTED: [(1, Quote.outcome == ACCEPTED)],
        DECLINED: [(1, Quote.outcome == DECLINED)],
        EXPIRED: [(1, Quote.has_expired(TODAY))],
    }[tab]


def with_what_was_sent(quote, part) -> Select:
    """The columns of a list from those of `quote`, with what was sent last, or the draft where nothing was."""
    newest = QuoteVersion.quote_id == quote.id, QuoteVersion.version == quote.version
    in_force = QuoteAcceptance.quote_id == quote.id, QuoteAcceptance.times_undone == quote.times_undone
    accepted = QuoteAcceptance.company_id == COMPANY, *in_force
    title, currency = (func.coalesce(getattr(QuoteVersion, name), quote[name]) for name in ("title", "currency"))
    total = func.coalesce(QuoteAcceptance.total, QuoteVersion.total, quote.total)
    facts = (part, quote.number, quote.outcome, quote.open_until, QuoteAcceptance.at.label("accepted_at"))
    sent = (title.label("title"), currency.label("currency"), total.label("total"))
    rows = select(*facts, *sent, Customer.name.label("customer")).select_from(quote.id.table)
    rows = rows.join(Customer, Customer.id == quote.customer_id).where(Customer.company_id == COMPANY)
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
    amount = money.format_amount(row.total, row.currency)
    badge = status, str(LABELS[status])
    return ListedQuote(f"{path}/{row.number}", row.title, row.customer, note, amount, *badge)
