"""The report of a run of invitations: what it did with each contact, as a paged list and as a CSV file."""

from collections.abc import Iterator
from functools import cache
from itertools import chain
from typing import Any, NamedTuple

from flask import Flask, current_app
from sqlalchemy import Integer, Row, Select, bindparam, select

from sergio.auth.invitation_runs import InvitationOutcome, InvitationRun
from sergio.auth.labels import OUTCOME_LABELS, OUTCOMES, SENT
from sergio.auth.listing import PATH
from sergio.customers.models import Contact, Customer
from sergio.database.company_scope import COMPANY
from sergio.database.engines import Session
from sergio.extensions import db
from sergio.lib.language import OFFICE, speaking
from sergio.lib.language import gettext as _
from sergio.web.paging import ROWS_AND_ONE, Order, Paging

BATCH = 500
"""Rows of a file that are read per statement."""
BY_CONTACT = Order("by", InvitationOutcome.contact_id)


class ReportedContact(NamedTuple):
    """A contact as the page shows it; `status` gives the badge its color."""

    name: str
    email: str
    customer: str
    customer_number: int
    status: str
    label: str


def page_of(run: InvitationRun, counts: dict[str, int], args) -> tuple[Paging, list[ReportedContact]]:
    """A page of the report, with a tab for each outcome that there is."""
    tabs = {"all": _("All"), **{name: OUTCOME_LABELS[name] for name in OUTCOMES if name in counts}}
    paging = Paging(f"{PATH}/runs/{run.number}", args, tabs)
    rows = paging.rows_of(outcomes_page(paging.show), BY_CONTACT, **of_run(run), outcome=paging.show)
    return paging, [as_row(row) for row in rows]


def of_run(run: InvitationRun) -> dict[str, int]:
    return {"company_id": run.company_id, "run_id": run.id}


@cache
def outcomes_page(show: str) -> Select:
    rows = reported().limit(ROWS_AND_ONE)
    return rows if show == "all" else rows.where(InvitationOutcome.outcome == bindparam("outcome"))


def reported() -> Select:
    """The outcomes of a run behind a place, in the order of the run."""
    outcome = InvitationOutcome
    facts = Contact.name, Contact.email, Customer.name.label("customer"), Customer.number.label("customer_number")
    rows = select(outcome.contact_id, outcome.outcome, *facts).join(Contact, outcome.contact_id == Contact.id)
    rows = rows.join(Customer, Contact.customer_id == Customer.id)
    mine = outcome.company_id == COMPANY, outcome.run_id == bindparam("run_id", type_=Integer), BY_CONTACT.after
    return rows.where(*mine).order_by(*BY_CONTACT.by)


def as_row(row: Row) -> ReportedContact:
    badge = "success" if row.outcome == SENT else "draft", str(OUTCOME_LABELS[row.outcome])
    return ReportedContact(row.name, row.email, row.customer, row.customer_number, *badge)


def table(run: InvitationRun) -> Iterator[list[list]]:
    """The whole report, as batches of rows of a file; the first one has the headings."""
    headings = [_("Customer number"), _("Customer"), _("Contact"), _("Email"), _("Outcome")]
    app: Any = current_app  # a proxy, whose app is still needed after the request
    return chain([[headings]], in_batches(app._get_current_object(), of_run(run)))


def in_batches(app: Flask, asked: dict) -> Iterator[list[list]]:
    """Each batch is read in a context of its own, as in `overview.activity_listing`."""
    place, more = BY_CONTACT.begin, True
    while more:
        with app.app_context(), speaking(OFFICE), Session(db) as reading:
            rows = reading.execute(BATCH_OF_ROWS, asked | place).all()
            written = [in_file(row) for row in rows]
        if more := len(rows) == BATCH:
            place = BY_CONTACT.read(BY_CONTACT.written(rows[-1]))
        yield written


BATCH_OF_ROWS = reported().limit(BATCH)


def in_file(row: Row) -> list:
    return [row.customer_number, row.customer, row.name, row.email, str(OUTCOME_LABELS[row.outcome])]
