"""The lists of quotes: one statement, read as rows and formatted for the page."""

from datetime import date

from sqlalchemy import Select, case, func, label, select

from sergio.companies.models import Company
from sergio.customers.models import Customer
from sergio.lib import money
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.quotes.labels import LABELS
from sergio.quotes.models import Quote, QuoteAcceptance, QuoteVersion
from sergio.quotes.paths import OFFICE, PORTAL
from sergio.quotes.statuses import ACCEPTED, DECLINED, EXPIRED, OPEN
from sergio.web.paging import Paging

TABS = {
    "all": _l("All"),
    "open": _l("Open"),
    ACCEPTED: _l("Accepted"),
    DECLINED: _l("Declined"),
    EXPIRED: _l("Expired"),
}
STATUSES = {"all": list(LABELS), "open": list(OPEN)}


def of_customer(customer: Customer, args, on: date) -> tuple[Paging, list[dict]]:
    """A page of a customer's quotes, the open ones first. `args` is the query string."""
    query = quotes(on).where(customer.owns(Quote), Quote.version > 0)
    return page_of(query, PORTAL, args, customer.company)


def of_company(company: Company, args, on: date) -> tuple[Paging, list[dict]]:
    """A page of all quotes of a company, drafts too, the open ones first."""
    return page_of(quotes(on).where(Quote.company_id == company.id), OFFICE, args, company)


def quotes(on: date) -> Select:
    """Quotes as rows: their customer, status on a day, and what was sent last, or the draft where nothing was."""
    sent = ("title", "currency", "valid_until")
    columns = (label(name, func.coalesce(getattr(QuoteVersion, name), getattr(Quote, name))) for name in sent)
    total = func.coalesce(QuoteAcceptance.total, QuoteVersion.total, Quote.total)
    more = (
        label("customer", Customer.name),
        label("accepted_at", QuoteAcceptance.at),
        label("status", Quote.status(on)),
    )
    rows = select(Quote.number, *columns, label("total", total), *more).select_from(Quote).join(Quote.customer)
    return rows.outerjoin(Quote.newest).outerjoin(Quote.acceptance)


def page_of(query: Select, path: str, args, company: Company) -> tuple[Paging, list[dict]]:
    paging = Paging(path, args, TABS)
    quote = query.subquery()
    open_first = case((quote.c.status.in_(OPEN), 0), else_=1), quote.c.number.desc()
    listed = select(quote).where(quote.c.status.in_(STATUSES.get(paging.show, [paging.show]))).order_by(*open_first)
    return paging, [as_row(row, path, company) for row in paging.rows_of(listed)]


def as_row(row, path: str, company: Company) -> dict:
    """A row as the page shows it; `status` gives the badge its color."""
    status = row.status
    if status in OPEN:
        note = _("Quote %(number)s · valid until %(day)s", number=row.number, day=company.short_day(row.valid_until))
    elif status == ACCEPTED:
        note = _("Quote %(number)s · accepted %(day)s", number=row.number, day=company.short_day(row.accepted_at))
    else:
        note = _("Quote %(number)s", number=row.number)
    return {
        "path": f"{path}/{row.number}",
        "title": row.title,
        "customer": row.customer,
        "note": note,
        "amount": money.format_amount(row.total, row.currency),
        "status": status,
        "label": LABELS[status],
    }
