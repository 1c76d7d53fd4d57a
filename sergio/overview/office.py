"""The office's pages over all features: the dashboard, and the customers."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, g, request, url_for
from flask_login import current_user
from werkzeug.datastructures import ImmutableMultiDict

import sergio.overview.jobs  # noqa: F401 - the worker finds its jobs by name
from sergio.companies.welcome import greeting
from sergio.extensions import db
from sergio.invoices import listing as invoices
from sergio.invoices.models import OFFICE_PATH
from sergio.lib import clock
from sergio.overview import checklist, technician
from sergio.overview import customers as listed
from sergio.overview.chart import chart
from sergio.overview.customer import customer_numbered
from sergio.overview.dashboard import figures, sums, todays_appointments
from sergio.overview.events import events, unseen
from sergio.overview.to_do import tasks
from sergio.quotes import listing as quotes
from sergio.staff.roles import ALL_WORK, MONEY, SETTINGS
from sergio.web.pages import go, page
from sergio.web.revalidation import revalidated

dashboard = Blueprint("dashboard", __name__)
customers = Blueprint("customers", __name__, url_prefix="/customers")
FIRST_PAGE = ImmutableMultiDict()


@dashboard.get("/")
@revalidated
def index():
    """The dashboard; for a technician, their own day."""
    company = g.company
    now = clock.now()
    if not current_user.may(MONEY):
        return technician.day(g.sign_in.staff, now)
    today = company.day(now)
    found = sums(company, now)
    did = events(company, now, current_user.activity_seen_at)
    return page(
        "overview/office/dashboard.html",
        lines=checklist.lines(company) if company.checklist_since and current_user.may(SETTINGS) else [],
        greeting=greeting(current_user.first_name, now.astimezone(company.zone)),
        today=company.format_day(now),
        figures=figures(company, found, today),
        tasks=tasks(found),
        chart=chart(company, today, found["paid"]),
        events=did,
        unseen=unseen(did),
        appointments=todays_appointments(company, today),
    )


@dashboard.post("/activity/seen")
def see_activity():
    """Mark what customers did as seen, up to the latest thing that the page showed."""
    with suppress(ValueError, OverflowError):
        until = datetime.fromisoformat(request.form.get("until", "")).astimezone(UTC)
        current_user.see_activity(min(until, clock.now()))
        db.session.commit()
    return go(url_for(".index"))


@customers.get("", endpoint="index")
@revalidated
def list_customers():
    """All customers, or those that match `?q=`."""
    query = " ".join(request.args.get("q", "").replace("\0", "").split())[:100]
    paging, rows = listed.of_company(g.company, query, request.args)
    return page("overview/office/customers.html", "customers", customers=rows, paging=paging, query=query)


@customers.get("/<int:number>")
@revalidated
def show(number):
    """One customer: contacts, places, quotes, invoices and appointments.

    A technician sees no money, and only the customers of their own appointments.
    """
    now = clock.now()
    if not current_user.may(ALL_WORK):
        return technician.customer(g.sign_in.staff, number, now)
    shown: Any = customer_numbered(number, g.company, now)
    on = g.company.day(now)
    return page(
        "overview/office/customer.html",
        customer=shown,
        quotes=quotes.of_company_customer(g.company, shown.id, FIRST_PAGE, on),
        invoices=invoices.of_customer(shown, FIRST_PAGE, on, OFFICE_PATH),
    )
