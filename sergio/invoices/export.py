"""Invoices as a CSV file: those of a tab of the list and its filter, the newest first."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import cache
from itertools import chain
from typing import Any

from flask import Flask, current_app
from sqlalchemy import Select, and_, or_

from sergio.companies.models import Company
from sergio.customers.models import Customer
from sergio.database.company_scope import COMPANY
from sergio.database.engines import Session
from sergio.extensions import db
from sergio.invoices.labels import label
from sergio.invoices.ledger import status_on
from sergio.invoices.listing import CUSTOMER, DATED, DRAFTS, ISSUED, Filter, parts_of
from sergio.invoices.models import Invoice
from sergio.lib import money
from sergio.lib.language import gettext as _
from sergio.lib.language import speaking

BATCH = 500
"""Rows that are read per statement."""


def table(company: Company, tab: str, chosen: Filter, on: date) -> Iterator[list[list]]:
    """The issued invoices of a tab that match the filter, as batches of rows; the first batch has the headings."""
    headings = [
        *(_("Number"), _("Title"), _("Customer"), _("Issued"), _("Due"), _("Currency")),
        *(_("Total"), _("Amount due"), _("Refunded"), _("Status")),
    ]
    app: Any = current_app  # a proxy, whose app is still needed after the request
    asked = {"company_id": company.id, "today": on, **chosen.parameters}
    shape = {"one": chosen.customer is not None, "dated": chosen.has_period}
    statement = batch("all" if tab == DRAFTS else tab, **shape)
    return chain([[headings]], in_batches(app._get_current_object(), company, statement, asked, on))


def in_batches(app: Flask, company: Company, statement: Select, asked: dict, on: date) -> Iterator[list[list]]:
    """The rows, each batch in a context of its own: the request's is gone when the server sends it."""
    place = ISSUED.begin
    more = True
    while more:
        with app.app_context(), speaking(company.language), Session(db) as reading:
            rows = reading.execute(statement, asked | place).all()
            written = [in_file(row, on) for row in rows]
        if more := len(rows) == BATCH:
            place = ISSUED.read(ISSUED.written(rows[-1]))
        yield written


@cache
def batch(tab: str, *, one: bool, dated: bool) -> Select:
    wanted = or_(*(and_(*conditions) for _index, conditions in parts_of(tab)))
    rows = Invoice.rows().join(Invoice.customer).add_columns(Customer.name.label("customer"))
    rows = rows.where(Invoice.company_id == COMPANY, wanted, ISSUED.after)
    rows = rows.where(*(DATED if dated else ()), *([CUSTOMER] if one else []))
    return rows.order_by(*ISSUED.by).limit(BATCH)


def in_file(row, on: date) -> list:
    amounts = [plain(amount, row.currency) for amount in (row.total, max(0, row.due), row.refunded)]
    days = row.issued_on.isoformat(), row.due_on.isoformat()
    status = label(row, status_on(row, on))
    return [f"{row.prefix}{row.number}", row.title, row.customer, *days, row.currency, *amounts, status]


def plain(amount: int, currency: str) -> str:
    """An amount for a spreadsheet: "1240.00"."""
    unit = money.minor_units(currency)
    return f"{Decimal(amount) / unit:.{len(str(unit)) - 1}f}"
