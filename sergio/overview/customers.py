"""The list of the office's customers: a page of rows in one statement, or of those that a search finds."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, Row, Select, String, cast, exists, func, literal_column, select

from sergio.auth.models import SignIn
from sergio.companies.models import Company, is_test
from sergio.customers.models import Contact, Customer
from sergio.customers.search import Search, conditions
from sergio.database.company_scope import COMPANY
from sergio.invoices.models import Invoice
from sergio.invoices.owed import is_owing
from sergio.lib import money
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.web.paging import ROWS_AND_ONE, Order, Paging, Sort

PATH = "/office/customers"
ACTIVE, OWING, NO_EMAIL, ARCHIVED, ALL = "active", "owing", "no-email", "archived", "all"
TABS = {
    ACTIVE: _l("Active"),
    OWING: _l("With a balance"),
    NO_EMAIL: _l("Without email"),
    ARCHIVED: _l("Archived"),
    ALL: _l("All"),
}
NAME, NEWEST, BALANCE = "name", "newest", "balance"
ORDERS = {
    NAME: Order("name", Customer.name_key, Customer.id),
    NEWEST: Order("newest", Customer.number, descending=True),
    BALANCE: Order("balance", Customer.owes, Customer.id, descending=True),
}
USUAL = {NAME: _l("Name"), NEWEST: _l("Newest")}
BY_BALANCE = {**USUAL, BALANCE: _l("Largest balance")}
SORTS = {ACTIVE: BY_BALANCE, OWING: BY_BALANCE, ALL: BY_BALANCE}
"""How each tab can be sorted, if not only as is usual."""


class ListedCustomer(NamedTuple):
    """A customer as the page shows it."""

    path: str
    number: int
    is_test: bool
    is_archived: bool
    name: str
    owes: str
    email: str
    seen: str


class Listing(NamedTuple):
    """A page of the list; `tabs` are links to it with another filter, for `ui.tabs`."""

    paging: Paging
    sort: str
    rows: list[ListedCustomer]
    tabs: list[tuple]
    sorts: dict[str, Sort]


def of_company(company: Company, text: str, args) -> Listing:
    """A page of the customers that the search `text` finds, all if it is empty. `args` is the query string: `show` is
    one of `TABS`, `sort` one of its `SORTS`.
    """
    tab = args.get("show") if args.get("show") in TABS else ACTIVE
    sorts = SORTS.get(tab, USUAL)
    sort = args.get("sort") if args.get("sort") in sorts else NAME
    paging = Paging(PATH, args, TABS, **({} if sort == NAME else {"sort": sort}), q=text)
    search = Search(text, company.id)
    rows = paging.rows_of(customers_page(paging.show, sort, **search.shape), ORDERS[sort], **search.parameters)
    tabs = [(url(show=name, sort=sort, q=text), label, name == paging.show, None) for name, label in TABS.items()]
    return Listing(paging, sort, [as_row(row, company) for row in rows], tabs, paging.sorts(sorts, sort))


def url(**query: str | None) -> str:
    return f"{PATH}?{urlencode({name: value for name, value in query.items() if value})}"


@cache
def customers_page(show: str, sort: str, words: int, *, rare: bool) -> Select:
    """A page of the customers of a search of that shape."""
    order = ORDERS[sort]
    facts = (Customer.id, Customer.name_key, Customer.number, Customer.name, Customer.archived_at, Customer.owes)
    rows = select(*facts, email().label("email"), last_seen().label("seen"), amounts_due().label("due"))
    wanted = Customer.company_id == COMPANY, *SHOWN[show](), *conditions(words, rare=rare), order.after
    return rows.where(*wanted).order_by(*order.by).limit(ROWS_AND_ONE)


def active() -> tuple:
    """The condition of the index `ix_customer_current_by_name`."""
    return (Customer.archived_at.is_(None),)


def archived() -> tuple:
    """The condition of the index `ix_customer_archived_by_name`."""
    return Customer.archived_at.is_not(None), Customer.merged_into_id.is_(None)


def everyone() -> tuple:
    return (Customer.merged_into_id.is_(None),)


def owing() -> tuple:
    """Those with an unpaid invoice, of which there are few at any time: indexes have them."""
    return (is_owing(),)


def without_email() -> tuple:
    """Current customers without an email address: a contact has none (an index has these), and no other contact has."""
    theirs = Contact.company_id == COMPANY, Contact.left_at.is_(None)
    nobody = select(Contact.customer_id).where(*theirs, Contact.email_key.is_(None))
    reached = exists().where(*theirs, Contact.customer_id == Customer.id, Contact.email_key.is_not(None))
    return Customer.archived_at.is_(None), Customer.id.in_(nobody), ~reached


SHOWN: dict[str, Callable[[], tuple]] = {
    ACTIVE: active,
    OWING: owing,
    NO_EMAIL: without_email,
    ARCHIVED: archived,
    ALL: everyone,
}
"""The conditions of each tab."""


def email() -> ColumnElement[str]:
    """The email address of the customer's first contact who has one."""
    mine = Contact.company_id == COMPANY, Contact.customer_id == Customer.id
    rows = select(Contact.email).where(*mine, Contact.left_at.is_(None), Contact.email_key.is_not(None))
    return rows.order_by(Contact.id).limit(1).correlate(Customer).scalar_subquery()


def last_seen() -> ColumnElement[datetime]:
    """When a contact of the customer last used the portal."""
    rows = select(func.max(SignIn.seen_at)).join(Contact, SignIn.contact_id == Contact.id)
    mine = SignIn.company_id == COMPANY, Contact.company_id == COMPANY, Contact.customer_id == Customer.id
    return rows.where(*mine).correlate(Customer).scalar_subquery()


COMMA: Any = literal_column("','")
"""As text, SQLAlchemy would write it into the whole statement anew at each execution."""


def amounts_due() -> ColumnElement[str]:
    """What is due on each unpaid invoice of the customer: "12000 USD,500 EUR"; NULL if there is none."""
    amount = cast(Invoice.due, String) + " " + Invoice.currency
    mine = Invoice.company_id == COMPANY, Invoice.customer_id == Customer.id
    rows = select(func.aggregate_strings(amount, COMMA)).where(*mine, *Invoice.unpaid())
    return rows.correlate(Customer).scalar_subquery()


def as_row(row: Row, company: Company) -> ListedCustomer:
    return ListedCustomer(
        path=f"{PATH}/{row.number}",
        number=row.number,
        is_test=is_test(row.number),
        is_archived=row.archived_at is not None,
        name=row.name,
        owes=total_due(row.due) if row.due else "–",
        email=row.email or "",
        seen=_("Seen %(day)s", day=company.short_day(row.seen)) if row.seen else _("Never signed in"),
    )


def total_due(due: str) -> str:
    """The sum of `amounts_due` in each currency: "$125.00 + €5.00". A surplus does not reduce what is due elsewhere."""
    sums = Counter()
    for each in due.split(","):
        amount, currency = each.split(" ")
        sums[currency] += int(amount)
    return " + ".join(money.format_amount(sums[currency], currency) for currency in sorted(sums))
