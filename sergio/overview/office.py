"""The office's pages over all features: the dashboard, and the customers."""

from flask import Blueprint, g, request
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import selectinload
from werkzeug.datastructures import ImmutableMultiDict

from sergio.companies.welcome import greeting
from sergio.customers.models import Customer
from sergio.extensions import db
from sergio.invoices import listing as invoices
from sergio.invoices.models import OFFICE_PATH
from sergio.lib import clock
from sergio.overview import technician
from sergio.overview.customers import appointments, contact_cards, find_customers
from sergio.overview.dashboard import figures, sums, surplus, todays_appointments
from sergio.overview.events import events
from sergio.overview.problems import latest_problems
from sergio.quotes import listing as quotes
from sergio.staff.roles import ALL_WORK, MONEY
from sergio.web.pages import page
from sergio.web.paging import Paging

dashboard = Blueprint("dashboard", __name__)
customers = Blueprint("customers", __name__, url_prefix="/customers")
FIRST_PAGE = ImmutableMultiDict()


@dashboard.get("/")
def index():
    """The dashboard; for a technician, their own day."""
    company = g.company
    now = clock.now()
    if not current_user.may(MONEY):
        return technician.day(g.sign_in.staff, now)
    found = sums(company, now)
    return page(
        "overview/office/dashboard.html",
        greeting=greeting(current_user.first_name, now.astimezone(company.zone)),
        today=company.format_day(now),
        figures=figures(company, found),
        surplus=surplus(company, found),
        events=events(company, now),
        appointments=todays_appointments(company, company.day(now)),
        problems=latest_problems(company, now),
    )


@customers.get("", endpoint="index")
def list_customers():
    """All customers, or those that match `?q=`."""
    query = " ".join(request.args.get("q", "").replace("\0", "").split())[:100]
    paging = Paging("/office/customers", request.args, {"all": ""}, q=query)
    listed = find_customers(g.company, query, paging)
    return page("overview/office/customers.html", "customers", customers=listed, paging=paging, query=query)


@customers.get("/<int:number>")
def show(number):
    """One customer: contacts, places, quotes, invoices and appointments.

    A technician sees no money, and only the customers of their own appointments.
    """
    now = clock.now()
    if not current_user.may(ALL_WORK):
        return technician.customer(g.sign_in.staff, number, now)
    customer = company_customer(number)
    on = g.company.day(now)
    return page(
        "overview/office/customer.html",
        customer=customer,
        contacts=contact_cards(customer, g.company),
        quotes=quotes.of_company_customer(g.company, customer.id, FIRST_PAGE, on),
        invoices=invoices.of_customer(customer, FIRST_PAGE, on, OFFICE_PATH),
        appointments=appointments(customer, g.company, now),
    )


def company_customer(number: int) -> Customer:
    """The company's customer, with their places; 404 for any other."""
    query = select(Customer).where(Customer.company_id == g.company.id, Customer.number == number)
    return db.one_or_404(query.options(selectinload(Customer.properties)))
