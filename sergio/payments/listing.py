"""The list of payments: a page of rows in one statement, formatted for the page, and what it can be narrowed to."""

from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Integer, Select, and_, bindparam, func, literal_column, select, union_all
from sqlalchemy.orm import aliased

from sergio.companies.models import Company
from sergio.customers.models import Customer
from sergio.database.company_scope import COMPANY
from sergio.database.constants import constants
from sergio.database.engines import Utc
from sergio.invoices.models import Invoice
from sergio.invoices.periods import Period, bounds
from sergio.lib import money
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.payments.methods import METHODS, method_label
from sergio.payments.models import Dispute, Payment, PaymentAttempt, PaymentAttemptPart, Refund
from sergio.payments.statuses import (
    CANCELED,
    CREATING,
    FAILED,
    GONE,
    INQUIRIES,
    OPEN,
    PROCESSING,
    REFUND_BOUNCED,
    SUCCEEDED,
    WON,
)
from sergio.web.paging import ROWS_AND_ONE, Order, Paging, search_text

STATUSES = {
    CREATING: _l("Started"),
    OPEN: _l("Open"),
    PROCESSING: _l("Processing"),
    SUCCEEDED: _l("Paid"),
    FAILED: _l("Rejected by Stripe"),
    CANCELED: _l("Canceled"),
    GONE: _l("Not found in Stripe"),
}
WAITING, REFUNDED, REFUND_FAILED, DISPUTED, UNDONE = "waiting", "refunded", "refund_failed", "disputed", "undone"
TABS = {
    "all": _l("All"),
    WAITING: _l("Waiting for a bank"),
    REFUNDED: _l("Refunded"),
    REFUND_FAILED: _l("Refund failed"),
    DISPUTED: _l("Disputed"),
    UNDONE: _l("Undone"),
}
OF_PAYMENTS = tuple(tab for tab in TABS if tab != WAITING)
AMOUNT = "amount"
SORTS = {"": _l("Newest first"), AMOUNT: _l("Largest first")}
NEWEST = Order("newest", Payment.at, Payment.id, descending=True)
METHOD = func.coalesce(Payment.method, Payment.method)
"""Without an index: a search finds few payments, but SQLite would go through all of that method."""
STARTED = Order("started", PaymentAttempt.id)
LARGEST = Order("largest", Payment.amount, Payment.id, descending=True)


class Filter(NamedTuple):
    """What the list is narrowed to: a method, the number of a customer, a period of days, a reference; and its sort."""

    method: str
    customer: int | None
    period: Period
    search: str
    sort: str

    @classmethod
    def from_query(cls, args) -> "Filter":
        text, method, sort = args.get("customer", ""), args.get("method", ""), args.get("sort", "")
        known = text.isascii() and text.isdecimal() and len(text) <= 8
        customer = int(text) if known else None
        period, search = Period.from_query(args), search_text(args)
        return cls(method if method in METHODS else "", customer, period, search, sort if sort in SORTS else "")

    @property
    def query(self) -> dict[str, str]:
        """The query string of the same filter."""
        texts = {"method": self.method, "q": self.search, "sort": self.sort}
        customer = {} if self.customer is None else {"customer": str(self.customer)}
        return {**customer, **self.period.query, **{name: text for name, text in texts.items() if text}}

    @property
    def is_narrow(self) -> bool:
        return bool(self.query.keys() - {"sort"})

    @property
    def kinds(self) -> tuple[bool, ...]:
        """Which conditions it has: a statement is built once for each combination."""
        dated = bool(self.period.first or self.period.last)
        return bool(self.method), self.customer is not None, dated, bool(self.search)

    def parameters(self, company: Company) -> dict[str, Any]:
        digits = self.search if self.search.isascii() and self.search.isdecimal() and len(self.search) <= 9 else "0"
        asked = {"method": self.method, "customer": self.customer, "account": company.payment_account}
        asked |= {"company_id": company.id, "q": self.search, "number": int(digits)}
        first, last = self.period.first or date(2000, 1, 1), self.period.last or date(2999, 12, 30)
        begin, end = bounds(company, first, last)
        return asked | {"begin": begin, "end": end}


def of_company(company: Company, paging: Paging, chosen: Filter) -> list[dict]:
    """A page of the company's payments."""
    if paging.show == WAITING:
        found = paging.rows_of(processing(), STARTED, company_id=company.id)
        return [as_attempt(row, company) for row in found]
    order = LARGEST if chosen.sort == AMOUNT else NEWEST
    statement = payments_page(paging.show, chosen.sort, chosen.kinds)
    return [as_row(row, company) for row in paging.rows_of(statement, order, **chosen.parameters(company))]


@cache
def payments_page(tab: str, sort: str, kinds: tuple[bool, ...]) -> Select:
    about = (Payment.id, Payment.number, Payment.amount, Payment.currency, Payment.at)
    how = (Payment.method, Payment.reference, Payment.brand, Payment.last4, Payment.undone_at)
    names = (Invoice.number.label("invoice"), Invoice.title, Customer.name.label("customer"))
    rows = select(*about, *how, *names).select_from(Payment).join(Payment.invoice).join(Invoice.customer)
    order = LARGEST if sort == AMOUNT else NEWEST
    return rows.where(*wanted(tab, kinds), order.after).order_by(*order.by).limit(ROWS_AND_ONE)


def wanted(tab: str, kinds: tuple[bool, ...]) -> Iterator[ColumnElement[bool]]:
    """The conditions of a tab and of a filter, on payments joined with their invoices and customers."""
    yield Payment.company_id == COMPANY
    if tab == UNDONE:
        yield Payment.undone_at.is_not(None)
    elif tab != "all":
        yield Payment.id.in_({REFUNDED: refunded, REFUND_FAILED: failed_refunds, DISPUTED: disputed}[tab]())
    by_method, of_customer, dated, searched = kinds
    if by_method:
        yield (METHOD if searched else Payment.method) == bindparam("method")
    if of_customer:
        yield Customer.company_id == COMPANY
        yield Customer.number == bindparam("customer", type_=Integer)
    if dated:
        yield Payment.at >= bindparam("begin", type_=Utc)
        yield Payment.at < bindparam("end", type_=Utc)
    if searched:
        yield Payment.id.in_(found())


def refunded() -> Select:
    through = Refund.status.not_in(constants(REFUND_BOUNCED))
    return select(Refund.payment_id).where(Refund.company_id == COMPANY, through)


def failed_refunds() -> Select:
    """The payments of refunds that came back, unless the customer got money back of them since."""
    later = aliased(Refund)
    same = later.company_id == COMPANY, later.payment_id == Refund.payment_id, later.id > Refund.id
    rows = select(Refund.payment_id).outerjoin(later, and_(*same, later.status.not_in(constants(REFUND_BOUNCED))))
    failed = Refund.status == literal_column("'failed'")
    return rows.where(Refund.company_id == COMPANY, failed, later.id.is_(None))


def disputed() -> Select:
    harmful = Dispute.status.not_in(constants((WON, *INQUIRIES)))
    return select(Dispute.payment_id).where(Dispute.company_id == COMPANY, harmful)


def found():
    """The ids of payments by the number of their receipt or invoice, by what is written on a check or transfer, by the
    last digits of a card or account, or by Stripe's id.
    """
    q, number = bindparam("q"), bindparam("number", type_=Integer)
    mine = select(Payment.id).where(Payment.company_id == COMPANY)
    of_invoice = mine.join(Payment.invoice).where(Invoice.company_id == COMPANY, Invoice.number == number)
    at_stripe = PaymentAttempt.account == bindparam("account"), PaymentAttempt.intent == q
    by_stripe = mine.join(Payment.attempt).where(PaymentAttempt.company_id == COMPANY, *at_stripe)
    written = mine.where(Payment.reference == q, Payment.reference != literal_column("''"))
    return union_all(
        mine.where(Payment.number == number), of_invoice, written, mine.where(Payment.last4 == q), by_stripe
    )


def as_row(row, company: Company) -> dict:
    """A row as the page shows it."""
    return {
        "path": f"/office/payments/{row.number}",
        "title": row.title,
        "customer": row.customer,
        "amount": money.format_amount(row.amount, row.currency),
        "when": company.short_day(row.at),
        "with": method_label(row),
        "number": row.number,
        "undone": row.undone_at is not None,
    }


@cache
def processing() -> Select:
    """A page of what banks are working on: attempts whose money has not arrived yet, the oldest first."""
    row, part = PaymentAttempt, PaymentAttemptPart
    about = (row.id, row.amount, row.currency, row.method, row.processing_since.label("at"))
    names = (
        Customer.name.label("customer"),
        func.min(Invoice.number).label("invoice"),
        func.min(Invoice.title).label("title"),
    )
    rows = select(*about, *names).select_from(row).join(row.customer).join(row.parts).join(part.invoice)
    still = row.closed_at.is_(None), row.status == literal_column(repr(PROCESSING))
    rows = rows.where(row.company_id == COMPANY, *still, STARTED.after).group_by(row.id, Customer.name)
    return rows.order_by(*STARTED.by).limit(ROWS_AND_ONE)


def as_attempt(row, company: Company) -> dict:
    """A row of those as the page shows it."""
    return {
        "path": f"/office/invoices/{row.invoice}",
        "title": row.title,
        "customer": row.customer,
        "amount": money.format_amount(row.amount, row.currency),
        "when": _("since %(day)s", day=company.short_day(row.at)),
        "with": str(METHODS[row.method]),
        "number": None,
        "undone": False,
    }
