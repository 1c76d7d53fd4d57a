"""The office's pages over all features: the dashboard, and the customers."""

from typing import Any

from flask import Blueprint, g, request
from flask_login import current_user
from werkzeug.datastructures import ImmutableMultiDict

import sergio.overview.jobs  # noqa: F401 - the worker finds its jobs by name
from sergio.companies.welcome import greeting
from sergio.invoices import listing as invoices
from sergio.invoices.models import OFFICE_PATH
from sergio.lib import clock
from sergio.overview import checklist, technician
from sergio.overview import customers as listed
from sergio.overview.customer import customer_numbered
from sergio.overview.dashboard import figures, sums, surplus, todays_appointments
from sergio.overview.events import events
from sergio.overview.problems import latest_problems
from sergio.quotes import listing as quotes
from sergio.staff.roles import ALL_WORK, MONEY, SETTINGS
from sergio.web.pages import page
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
    found = sums(company, now)
    return page(
        "overview/office/dashboard.html",
        lines=checklist.lines(company) if company.checklist_since and current_user.may(SETTINGS) else [],
        greeting=greeting(current_user.first_name, now.astimezone(company.zone)),
        today=company.format_day(now),
        figures=figures(company, found),
        surplus=surplus(company, found),
        events=events(company, now),
        appointments=todays_appointments(company, company.day(now)),
        problems=latest_problems(company, now) if found["problems"] else [],
    )


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
