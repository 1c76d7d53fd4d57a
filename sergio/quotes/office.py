"""The quotes, as staff see them."""

from flask import Blueprint, g, request
from sqlalchemy.orm import joinedload

from sergio.companies.current import today
from sergio.extensions import db
from sergio.quotes import listing
from sergio.quotes.drawing import path
from sergio.quotes.events import events
from sergio.quotes.evidence import offer_of
from sergio.quotes.formats import FormattedOffer
from sergio.quotes.models import Quote
from sergio.web.pages import page

bp = Blueprint("quotes", __name__, url_prefix="/quotes")


@bp.get("")
def index():
    """All quotes, the open ones first."""
    paging, rows = listing.of_company(g.company, request.args, today())
    return page("quotes/office/index.html", "quotes", paging=paging, rows=rows)


@bp.get("/<int:number>")
def show(number):
    """One quote: how it stands, what it says, what happened, and the proof of its acceptance."""
    quote = quote_of_company(number)
    proof = quote.acceptance
    state = quote.state(today())
    return page(
        "quotes/office/show.html",
        quote=quote,
        proof=proof,
        state=state,
        label=listing.LABELS[state],
        offer=FormattedOffer(proof.offer if proof else offer_of(quote, quote.preselected)),
        signature=path(proof.strokes) if proof else "",
        events=events(quote),
    )


def quote_of_company(number) -> Quote:
    """The company's quote; any other does not exist."""
    query = Quote.whole().options(joinedload(Quote.customer)).where(Quote.number == number)
    return db.one_or_404(query)
