"""Invoices as a CSV file: those of a tab of the list and its filter, the newest first."""

from collections.abc import Iterator
from datetime import date
from functools import cache
from itertools import chain

from sqlalchemy import Select, and_, or_

from sergio.companies.models import Company
from sergio.customers.models import Customer, is_real
from sergio.database.company_scope import COMPANY
from sergio.invoices.labels import label
from sergio.invoices.ledger import status_on
from sergio.invoices.listing import CUSTOMER, DRAFTS, Filter, parts_of
from sergio.invoices.models import Invoice
from sergio.invoices.sorting import DATED, ISSUED
from sergio.lib import money
from sergio.lib.language import gettext as _
from sergio.web import spreadsheets

BATCH = 500
"""Rows that are read at once."""


def table(company: Company, tab: str, chosen: Filter, on: date) -> Iterator[list[list]]:
    """The issued invoices of real customers in a tab and a filter, as batches of rows; the first has the headings."""
    headings = [
        *(_("Number"), _("Title"), _("Customer"), _("Issued"), _("Due"), _("Currency")),
        *(_("Total"), _("Amount due"), _("Refunded"), _("Status")),
    ]
    asked = {"company_id": company.id, "today": on, **chosen.parameters}
    shape = {"one": chosen.customer is not None, "dated": chosen.has_period}
    statement = batch("all" if tab == DRAFTS else tab, **shape)

    def read(session, place: dict) -> tuple[list[list], dict | None]:
        rows = session.execute(statement, asked | place).all()
        return [in_file(row, on) for row in rows], ISSUED.following(rows, BATCH)

    return chain([[headings]], spreadsheets.in_batches(read, ISSUED.begin))


@cache
def batch(tab: str, *, one: bool, dated: bool) -> Select:
    wanted = or_(*(and_(*conditions) for _index, conditions in parts_of(tab)))
    rows = Invoice.rows().join(Invoice.customer).add_columns(Customer.name.label("customer"))
    rows = rows.where(Invoice.company_id == COMPANY, is_real(Invoice.number), wanted, ISSUED.after)
    rows = rows.where(*(DATED if dated else ()), *([CUSTOMER] if one else []))
    return rows.order_by(*ISSUED.by).limit(BATCH)


def in_file(row, on: date) -> list:
    amounts = [money.plain(amount, row.currency) for amount in (row.total, max(0, row.due), row.refunded)]
    days = row.issued_on.isoformat(), row.due_on.isoformat()
    status = label(row, status_on(row, on))
    return [f"{row.prefix}{row.number}", row.title, row.customer, *days, row.currency, *amounts, status]
