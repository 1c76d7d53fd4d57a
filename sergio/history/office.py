"""The customers, as staff see them."""

from flask import Blueprint, g, request
from sqlalchemy import select
from sqlalchemy.orm import selectinload
from werkzeug.datastructures import ImmutableMultiDict

from sergio.customers.models import Customer
from sergio.extensions import db
from sergio.history.customers import calls, found, people
from sergio.invoices import listing as invoices
from sergio.invoices.models import Invoice
from sergio.lib import clock
from sergio.lib.htmx import page
from sergio.lib.paging import Paging
from sergio.quotes import listing as quotes
from sergio.quotes.models import Quote

bp = Blueprint("customers", __name__, url_prefix="/customers")
FIRST_PAGE = ImmutableMultiDict()


@bp.get("")
def index():
    """All customers, or those a word occurs in."""
    sought = " ".join(request.args.get("q", "").replace("\0", "").split())[:100]
    paging = Paging("/office/customers", request.args, {"all": ""}, q=sought)
    customers = found(g.company, sought, paging)
    return page("history/office/customers.html", "customers", customers=customers, paging=paging, sought=sought)


@bp.get("/<int:number>")
def show(number):
    """One customer: whom to speak to, where to go, and how everything stands."""
    customer = company_customer(number)
    at = clock.now()
    on = g.company.day(at)
    offered = quotes.quotes(on).where(Quote.customer_id == customer.id)
    asked = Invoice.rows().where(Invoice.customer_id == customer.id)
    return page(
        "history/office/customer.html",
        customer=customer,
        people=people(customer, g.company),
        quotes=quotes.page_of(offered, "/office/quotes", FIRST_PAGE, g.company),
        invoices=invoices.page_of(asked, "/office/invoices", FIRST_PAGE, g.company, on),
        calls=calls(customer, g.company, at),
    )


def company_customer(number: int) -> Customer:
    """The company's own customer, with their places; any other does not exist."""
    query = select(Customer).where(Customer.company_id == g.company.id, Customer.number == number)
    return db.first_or_404(query.options(selectinload(Customer.properties)))
