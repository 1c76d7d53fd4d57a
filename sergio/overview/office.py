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
from sergio.overview.customers import calls, found, people
from sergio.overview.dashboard import figures, sums, surplus, todays_appointments
from sergio.overview.events import events
from sergio.overview.problems import latest_problems
from sergio.quotes import listing as quotes
from sergio.quotes.models import Quote
from sergio.staff.permissions import ALL_WORK, MONEY
from sergio.web.pages import page
from sergio.web.paging import Paging

dashboard = Blueprint("dashboard", __name__)
customers = Blueprint("customers", __name__, url_prefix="/customers")
FIRST_PAGE = ImmutableMultiDict()


@dashboard.get("/")
def index():
    """What customers did, and what needs the company; for a technician, their own day."""
    company, at = g.company, clock.now()
    if not current_user.may(MONEY):
        return technician.day(g.sign_in.staff, at)
    summed = sums(company, at)
    return page(
        "overview/office/dashboard.html",
        greeting=greeting(company, current_user.first_name, at),
        today=company.format_day(at),
        figures=figures(company, summed),
        surplus=surplus(company, summed),
        events=events(company, at),
        appointments=todays_appointments(company, company.day(at)),
        problems=latest_problems(company, at),
    )


@customers.get("", endpoint="index")
def list_customers():
    """All customers, or those a word occurs in."""
    sought = " ".join(request.args.get("q", "").replace("\0", "").split())[:100]
    paging = Paging("/office/customers", request.args, {"all": ""}, q=sought)
    listed = found(g.company, sought, paging)
    return page("overview/office/customers.html", "customers", customers=listed, paging=paging, sought=sought)


@customers.get("/<int:number>")
def show(number):
    """One customer: whom to speak to, where to go, and how everything stands. A technician sees no money, and only the
    customers of their own appointments.
    """
    at = clock.now()
    if not current_user.may(ALL_WORK):
        return technician.customer(g.sign_in.staff, number, at)
    customer = company_customer(number)
    on = g.company.day(at)
    offered = quotes.quotes(on).where(Quote.customer_id == customer.id)
    return page(
        "overview/office/customer.html",
        customer=customer,
        people=people(customer, g.company),
        quotes=quotes.page_of(offered, "/office/quotes", FIRST_PAGE, g.company),
        invoices=invoices.of_customer(customer, FIRST_PAGE, on, OFFICE_PATH),
        calls=calls(customer, g.company, at),
    )


def company_customer(number: int) -> Customer:
    """The company's own customer, with their places; any other does not exist."""
    query = select(Customer).where(Customer.company_id == g.company.id, Customer.number == number)
    return db.one_or_404(query.options(selectinload(Customer.properties)))
