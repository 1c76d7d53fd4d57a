"""The company's quotes by their number, for the pages of staff."""

from functools import cache

from flask import g
from sqlalchemy import Select, bindparam
from sqlalchemy.orm import joinedload, selectinload

from sergio.customers.models import Customer
from sergio.extensions import db
from sergio.quotes.models import Quote


def quote_of_company(number: int) -> Quote:
    """The company's quote; 404 for any other."""
    return db.one_or_404(numbered(), {"company_id": g.company.id, "number": number})


def draft_of_company(number: int) -> Quote:
    """The same with its draft, and with the people and addresses of its customer."""
    return db.one_or_404(with_draft(), {"company_id": g.company.id, "number": number})


@cache
def numbered() -> Select:
    parts = map(joinedload, (Quote.customer, Quote.attachments))
    return Quote.whole().where(Quote.number == bindparam("number")).options(*parts)


@cache
def with_draft() -> Select:
    customer = joinedload(Quote.customer)
    people = customer.joinedload(Customer.contacts), customer.joinedload(Customer.properties)
    draft = joinedload(Quote.place), joinedload(Quote.contact), selectinload(Quote.packages)
    return numbered().options(*people, *draft, selectinload(Quote.lines))
