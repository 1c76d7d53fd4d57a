"""The list of quotes: one statement, read as rows and worded for the page."""

from datetime import date

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, case, func, label, select

from sergio.companies.models import Company
from sergio.customers.models import Customer
from sergio.lib import money
from sergio.quotes.answers import QuoteAcceptance
from sergio.quotes.models import ACCEPTED, CHANGES_REQUESTED, DECLINED, DRAFT, EXPIRED, OPEN, SENT, WITHDRAWN, Quote
from sergio.web.paging import Paging

LABELS = {
    DRAFT: _l("Draft"),
    SENT: _l("Open"),
    CHANGES_REQUESTED: _l("Changes requested"),
    ACCEPTED: _l("Accepted"),
    DECLINED: _l("Declined"),
    EXPIRED: _l("Expired"),
    WITHDRAWN: _l("Taken back"),
}
TABS = {
    "all": _l("All"),
    "open": _l("Open"),
    ACCEPTED: _l("Accepted"),
    DECLINED: _l("Declined"),
    EXPIRED: _l("Expired"),
}
STATES = {"all": list(LABELS), "open": list(OPEN)}


def of_customer(customer: Customer, asked, on: date) -> tuple[Paging, list[dict]]:
    """A page of a customer's quotes, the open ones first. `asked` is the query string."""
    query = quotes(on).where(Quote.customer_id == customer.id, Quote.sent_at.is_not(None))
    return page_of(query, "/portal/quotes", asked, customer.company)


def of_company(company: Company, asked, on: date) -> tuple[Paging, list[dict]]:
    """A page of all quotes of a company, drafts too, the open ones first."""
    return page_of(quotes(on), "/office/quotes", asked, company)


def quotes(on: date) -> Select:
    """Quotes as rows, with their customer, their state on a day, and what they came to."""
    total = func.coalesce(QuoteAcceptance.total, Quote.total)
    columns = (Quote.number, Quote.title, Quote.currency, Quote.valid_until, label("total", total))
    more = (label("customer", Customer.name), label("accepted_at", QuoteAcceptance.at), label("state", Quote.state(on)))
    return select(*columns, *more).join(Quote.customer).outerjoin(Quote.acceptance)


def page_of(query: Select, path: str, asked, company: Company) -> tuple[Paging, list[dict]]:
    paging = Paging(path, asked, TABS)
    quote = query.subquery()
    open_first = case((quote.c.state.in_(OPEN), 0), else_=1), quote.c.number.desc()
    listed = select(quote).where(quote.c.state.in_(STATES.get(paging.show, [paging.show]))).order_by(*open_first)
    return paging, [as_row(row, path, company) for row in paging.rows_of(listed)]


def as_row(row, path: str, company: Company) -> dict:
    """A row as the page shows it; `state` gives the badge its color."""
    state = row.state
    if state in OPEN:
        note = _("Quote %(number)s · open until %(day)s", number=row.number, day=company.short_day(row.valid_until))
    elif state == ACCEPTED:
        note = _("Quote %(number)s · accepted %(day)s", number=row.number, day=company.short_day(row.accepted_at))
    else:
        note = _("Quote %(number)s", number=row.number)
    return {
        "path": f"{path}/{row.number}",
        "title": row.title,
        "customer": row.customer,
        "note": note,
        "amount": money.format_amount(row.total, row.currency, company.language),
        "state": state,
        "label": LABELS[state],
    }
