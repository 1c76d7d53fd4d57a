"""The pages that merge two customers: choosing the other one, what will happen, and doing it."""

from flask import Blueprint, abort, flash, g, request, url_for

from sergio.customers.loading import company_customer
from sergio.customers.models import Customer
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.overview import customers, merging
from sergio.web.pages import go, page
from sergio.web.paging import search_text

bp = Blueprint("merging", __name__, url_prefix="/<int:number>/merge")


@bp.get("")
def choose(number):
    """The other customer: those that `?q=` finds."""
    customer = company_customer(number)
    query = search_text(request.args)
    listing = customers.of_company(g.company, query, {"show": customers.ALL}) if query else None
    found = [row for row in listing.rows if row.number != number and not row.is_test] if listing else []
    return page("overview/office/merge.html", "found", customer=customer, query=query, found=found)


@bp.get("/<int:other>")
def show(number, other):
    """What will happen: the customer with the first number is kept."""
    kept, gone = both(number, other)
    merging.refuse(kept, gone)
    return page("overview/office/merge_review.html", kept=kept, gone=gone, outcome=merging.outcome(kept, gone))


@bp.post("/<int:other>")
def create(number, other):
    kept, gone = both(number, other)
    merging.merge(kept, gone, by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("The customers are merged. Everything is here now."), "success")
    return go(url_for("office.customers.show", number=number))


def both(number: int, other: int) -> tuple[Customer, Customer]:
    """The two customers; 404 if one does not exist or is merged already."""
    kept, gone = company_customer(number), company_customer(other)
    return (kept, gone) if gone.merged_into_id is None else abort(404)
