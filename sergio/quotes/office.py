"""Quotes, for staff."""

from functools import cache

from flask import Blueprint, abort, g, request
from sqlalchemy import Select, bindparam
from sqlalchemy.orm import joinedload

from sergio.companies.current import today
from sergio.extensions import db
from sergio.quotes import appointments, listing
from sergio.quotes.events import events
from sergio.quotes.models import Quote
from sergio.quotes.shown import ShownQuote
from sergio.web.pages import page
from sergio.web.revalidation import revalidated

bp = Blueprint("quotes", __name__, url_prefix="/quotes")


@bp.get("")
@revalidated
def index():
    """All quotes, the open ones first."""
    paging, rows = listing.of_company(g.company, request.args, today())
    return page("quotes/office/index.html", "quotes", paging=paging, rows=rows)


@bp.get("/<int:number>")
@revalidated
def show(number):
    """One quote: its status, content, events, and the proof of its acceptance.

    `?version=` shows an older version.
    """
    quote = quote_of_company(number)
    version = request.args.get("version", type=int)
    shown = ShownQuote.numbered(quote, version, today()) or abort(404)
    return page(
        "quotes/office/show.html",
        quote=quote,
        shown=shown,
        offer=shown.offer(),
        events=events(quote),
        appointments=appointments.of_quote(g.company.id, quote.id),
    )


def quote_of_company(number) -> Quote:
    """The company's quote; 404 for any other."""
    return db.one_or_404(numbered(), {"company_id": g.company.id, "number": number})


@cache
def numbered() -> Select:
    return Quote.whole().where(Quote.number == bindparam("number")).options(joinedload(Quote.customer))
