"""A customer's own quotes."""

from flask import Blueprint, Response, flash, g, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from sergio.companies.current import today
from sergio.extensions import db
from sergio.lib import clock
from sergio.quotes import listing, pdf
from sergio.quotes.answers import OtherTotal
from sergio.quotes.drawing import path
from sergio.quotes.evidence import offer_of
from sergio.quotes.formats import FormattedOffer
from sergio.quotes.forms import AcceptanceForm, ChangeRequestForm, DeclineForm
from sergio.quotes.models import OPEN, Quote
from sergio.web import responses
from sergio.web.pages import go, page
from sergio.web.stale import returns_form

bp = Blueprint("quotes", __name__, url_prefix="/quotes")


@bp.get("")
def index():
    """The customer's quotes, the open ones first."""
    paging, rows = listing.of_customer(current_user.customer, request.args, today())
    return page("quotes/portal/index.html", "quotes", paging=paging, rows=rows)


@bp.get("/<int:number>")
def show(number):
    """One quote, and what can be done with it."""
    return shown(own_quote(number))


@bp.get("/<int:number>/total")
def total(number):
    """What the quote comes to with the optional work that is ticked."""
    quote = own_quote(number)
    return shown(quote, "total", "sum", acceptance=AcceptanceForm(quote, formdata=request.args))


@bp.post("/<int:number>/total")
@returns_form
def preview(number):
    """The same for browsers without script: the page as it was left, with the new total."""
    quote = own_quote(number)
    return shown(quote, acceptance=AcceptanceForm(quote))


@bp.post("/<int:number>/acceptance")
@returns_form
def accept(number):
    """Yes."""
    quote = own_quote(number)
    if quote.acceptance:
        flash(_("This quote is accepted already. There is nothing more to do."), "info")
        return go(address(quote))

    form = AcceptanceForm(quote)
    quote.must_be_open(form.version.data, clock.now())
    if not form.validate():
        return ask_again(quote, form)

    seen = {"version": form.version.data, "shown": form.shown}
    try:
        quote.accept(g.sign_in.contact, form.signature(), form.wanted, **seen, at=clock.now())
    except OtherTotal:
        db.session.rollback()
        return ask_again(own_quote(number), form)
    db.session.commit()
    flash(_("Thank you. We have sent you a copy of what you accepted."), "success")
    return go(address(quote))


@bp.post("/<int:number>/decline")
@returns_form
def decline(number):
    """No, and why."""
    quote = own_quote(number)
    form = DeclineForm()
    if not form.validate():
        return shown(quote, status=422, decline=form)

    quote.decline(g.sign_in.contact, form.reason.data or "", version=form.version.data, at=clock.now())
    db.session.commit()
    flash(_("You declined this quote. Thank you for telling us."), "info")
    return go(address(quote))


@bp.post("/<int:number>/change-request")
@returns_form
def ask_for_changes(number):
    """Not like this, or not any more: please make a new one."""
    quote = own_quote(number)
    form = ChangeRequestForm()
    if not form.validate():
        return shown(quote, status=422, change=form)

    quote.ask_for_changes(g.sign_in.contact, form.message.data or "", at=clock.now())
    db.session.commit()
    flash(_("We have your message and will come back to you."), "success")
    return go(address(quote))


@bp.get("/<int:number>.pdf")
def download(number):
    """The quote on paper."""
    return responses.pdf(pdf.printed(own_quote(number), today()), f"quote-{number}")


def own_quote(number) -> Quote:
    """The signed-in customer's quote; to anyone else it does not exist."""
    query = Quote.of(current_user.customer).where(Quote.number == number)
    return db.one_or_404(query)


def ask_again(quote: Quote, form: AcceptanceForm) -> Response:
    """The page with what was typed; where it had shown another total, with the one to be accepted now."""
    total = offer_of(quote, form.wanted)["total"]
    sentence = _("The total is now %(total)s. Please check it, then accept again.", total=quote.money(total))
    return shown(quote, "quote", status=422, acceptance=form, new_total="" if form.shown == total else sentence)


def shown(quote, *blocks, status=200, **forms) -> Response:
    """The quote's page, with the forms a request filled in and fresh ones for the rest; `new_total` is a sentence."""
    state = quote.state(today())
    wish = "" if state in OPEN else _("Please send me a fresh quote.")
    forms = {
        "acceptance": AcceptanceForm(quote, formdata=None),
        "decline": DeclineForm(formdata=None),
        "change": ChangeRequestForm(formdata=None, data={"message": wish}),
        "new_total": "",
        **forms,
    }
    facts = quote.acceptance.offer if quote.acceptance else offer_of(quote, forms["acceptance"].wanted)
    return page(
        "quotes/portal/show.html",
        *blocks,
        status=status,
        quote=quote,
        state=state,
        label=listing.LABELS[state],
        is_open=state in OPEN,
        offer=FormattedOffer(facts),
        signature=path(quote.acceptance.strokes) if quote.acceptance else "",
        **forms,
    )


def address(quote: Quote) -> str:
    """Where the quote's page is."""
    return url_for(".show", number=quote.number)
