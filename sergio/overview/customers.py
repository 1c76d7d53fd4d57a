"""The list of the office's customers: a page of rows in one statement, or of those that a search finds."""

from collections import Counter
from datetime import datetime
from functools import cache

from sqlalchemy import ColumnElement, Row, Select, String, cast, func, select

from sergio.auth.models import SignIn
from sergio.companies.models import Company, is_test
from sergio.customers.models import Contact, Customer
from sergio.customers.search import Search, conditions
from sergio.database.company_scope import COMPANY
from sergio.invoices.models import Invoice
from sergio.lib import money
from sergio.lib.language import gettext as _
from sergio.web.paging import ROWS_AND_ONE, Order, Paging

PATH = "/office/customers"
BY_NAME = Order("name", Customer.name_key, Customer.id)


def of_company(company: Company, text: str, args) -> tuple[Paging, list[dict]]:
    """A page of the customers that the search `text` finds, all if it is empty. `args` is the query string."""
    paging = Paging(PATH, args, {"all": ""}, q=text)
    search = Search(text, company.id)
    rows = paging.rows_of(customers_page(**search.shape), BY_NAME, **search.parameters)
    return paging, [as_row(row, company) for row in rows]


@cache
def customers_page(words: int, *, rare: bool) -> Select:
    """A page of the customers of a search of that shape, by name."""
    facts = (Customer.id, Customer.name_key, Customer.number, Customer.name)
    rows = select(*facts, email().label("email"), last_seen().label("seen"), amounts_due().label("due"))
    wanted = Customer.company_id == COMPANY, *conditions(words, rare=rare), BY_NAME.after
    return rows.where(*wanted).order_by(*BY_NAME.by).limit(ROWS_AND_ONE)


def email() -> ColumnElement[str]:
    """The email address of the customer's first contact."""
    mine = Contact.company_id == COMPANY, Contact.customer_id == Customer.id
    rows = select(Contact.email).where(*mine, Contact.left_at.is_(None))
    return rows.order_by(Contact.id).limit(1).correlate(Customer).scalar_subquery()


def last_seen() -> ColumnElement[datetime]:
    """When a contact of the customer last used the portal."""
    rows = select(func.max(SignIn.seen_at)).join(Contact, SignIn.contact_id == Contact.id)
    mine = SignIn.company_id == COMPANY, Contact.company_id == COMPANY, Contact.customer_id == Customer.id
    return rows.where(*mine).correlate(Customer).scalar_subquery()


def amounts_due() -> ColumnElement[str]:
    """What is due on each unpaid invoice of the customer: "12000 USD,500 EUR"; NULL if there is none."""
    amount = cast(Invoice.due, String) + " " + Invoice.currency
    mine = Invoice.company_id == COMPANY, Invoice.customer_id == Customer.id
    rows = select(func.aggregate_strings(amount, ",")).where(*mine, *Invoice.unpaid())
    return rows.correlate(Customer).scalar_subquery()


def as_row(row: Row, company: Company) -> dict:
    """A customer as the page shows it."""
    return {
        "path": f"{PATH}/{row.number}",
        "number": row.number,
        "is_test": is_test(row.number),
        "name": row.name,
        "owes": total_due(row.due) if row.due else "–",
        "email": row.email or "",
        "seen": _("Seen %(day)s", day=company.short_day(row.seen)) if row.seen else _("Never signed in"),
    }


def total_due(due: str) -> str:
    """The sum of `amounts_due` in each currency: "$125.00 + €5.00". A surplus does not reduce what is due elsewhere."""
    sums = Counter()
    for each in due.split(","):
        amount, currency = each.split(" ")
        sums[currency] += int(amount)
    return " + ".join(money.format_amount(sums[currency], currency) for currency in sorted(sums))
