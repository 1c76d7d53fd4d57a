"""Payments as a CSV file, the newest first."""

from collections.abc import Iterator
from functools import cache
from itertools import chain

from sqlalchemy import ColumnElement, Select, and_, func, select

from sergio.companies.models import Company
from sergio.customers.models import Customer, is_real
from sergio.database.company_scope import COMPANY
from sergio.invoices.models import Invoice
from sergio.lib import money
from sergio.lib.language import gettext as _
from sergio.payments.charge_outcomes import ChargeOutcome
from sergio.payments.listing import NEWEST, Filter, wanted
from sergio.payments.methods import method_label
from sergio.payments.models import Payment, Refund
from sergio.payments.statuses import REFUND_BOUNCED
from sergio.web import spreadsheets

BATCH = 500
"""Rows that are read at once."""


def table(company: Company, tab: str = "all", chosen: Filter | None = None) -> Iterator[list[list]]:
    """The payments of real customers in a tab of the list, narrowed by its filter, as batches of rows; the first batch
    has the headings.
    """
    headings = [
        *(_("Receipt"), _("Paid"), _("Customer"), _("Invoice"), _("Title"), _("Method")),
        *(_("Currency"), _("Amount"), _("Refunded"), _("Undone"), _("Reference"), _("Fee"), _("Currency of the fee")),
    ]
    chosen = chosen or Filter.from_query({})
    asked, statement = chosen.parameters(company), batch(tab, chosen.kinds)

    def read(session, place: dict) -> tuple[list[list], dict | None]:
        rows = session.execute(statement, {**asked, **place}).all()
        return [in_file(row, company) for row in rows], NEWEST.following(rows, BATCH)

    return chain([[headings]], spreadsheets.in_batches(read, NEWEST.begin))


@cache
def batch(tab: str, kinds: tuple[bool, ...]) -> Select:
    about = (Payment.id, Payment.number, Payment.at, Payment.amount, Payment.currency)
    how = (Payment.method, Payment.reference, Payment.brand, Payment.last4, Payment.undone_at)
    names = (Invoice.prefix, Invoice.number.label("invoice"), Invoice.title, Customer.name.label("customer"))
    fee = (ChargeOutcome.fee, ChargeOutcome.fee_currency)
    rows = select(*about, *how, *names, *fee, refunded().label("refunded")).select_from(Payment)
    rows = rows.join(Payment.invoice).join(Invoice.customer)
    outcome = ChargeOutcome.company_id == COMPANY, ChargeOutcome.attempt_id == Payment.attempt_id
    rows = rows.outerjoin(ChargeOutcome, and_(*outcome))
    mine = (*wanted(tab, kinds), is_real(Payment.number))
    return rows.where(*mine, NEWEST.after).order_by(*NEWEST.by).limit(BATCH)


def refunded() -> ColumnElement[int]:
    """What was given back of the payment."""
    theirs = and_(Refund.company_id == COMPANY, Refund.payment_id == Payment.id)
    given_back = select(func.coalesce(func.sum(Refund.amount), 0)).where(theirs, Refund.status.not_in(REFUND_BOUNCED))
    return given_back.correlate(Payment).scalar_subquery()


def in_file(row, company: Company) -> list:
    amounts = [money.plain(amount, row.currency) for amount in (row.amount, row.refunded)]
    about = [row.customer, f"{row.prefix}{row.invoice}", row.title, method_label(row), row.currency]
    fee = ["", ""] if row.fee is None else [money.plain(row.fee, row.fee_currency), row.fee_currency]
    return [
        row.number,
        spreadsheets.moment(row.at, company.zone),
        *about,
        *amounts,
        spreadsheets.moment(row.undone_at, company.zone),
        row.reference,
        *fee,
    ]
