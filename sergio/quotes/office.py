"""Quotes, for staff: the list, a quote with what can be done about it, and a new one."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, abort, flash, g, request, url_for

from sergio.companies.current import today
from sergio.customers import choosing
from sergio.customers.loading import customer_in
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.quotes import appointments, invoicing, listing
from sergio.quotes.draft_forms import NewQuoteForm, ReplyForm, UndoForm
from sergio.quotes.events import INVOICED, events, others_of
from sergio.quotes.loading import draft_of_company, quote_of_company
from sergio.quotes.models import Quote
from sergio.quotes.next_steps import next_steps
from sergio.quotes.paths import OFFICE
from sergio.quotes.shown import ShownQuote
from sergio.web import limits
from sergio.web.csrf import returns_form
from sergio.web.forms import blank
from sergio.web.pages import go, page
from sergio.web.paging import search_text
from sergio.web.revalidation import revalidated

bp = Blueprint("quotes", __name__, url_prefix="/quotes")


@bp.get("")
@revalidated
def index():
    """All quotes, the open ones first; those of a tab, or those that match `?q=`."""
    query = search_text(request.args)
    paging, rows, sorts = listing.of_company(g.company, query, request.args, today())
    return page("quotes/office/index.html", "quotes", paging=paging, rows=rows, sorts=sorts, query=query)


@bp.get("/new")
def new():
    """The first step of a new quote: for whom, and what for. `?customer=` is a customer's number."""
    if "customer" in request.args:
        return start_page(NewQuoteForm(customer_in(request.args)))
    query = search_text(request.args)
    found = choosing.found(g.company, query)
    facts: dict[str, Any] = {"form": None, "customers": found, "query": query, "words": NEW}
    return page("layouts/new_document.html", "found_customers", **facts)


@bp.post("")
@returns_form
def create():
    customer = customer_in(request.form)
    form = NewQuoteForm(customer)
    if not form.validate_on_submit():
        return start_page(form, 422)
    usual: dict[str, Any] = {
        "valid_until": today() + timedelta(days=g.company.quote_days),
        "deposit_rate": g.company.quote_deposit_rate,
    }
    quote = Quote.draft(customer, lines=[], by=g.actor, at=clock.now(), **usual, **form.columns)
    db.session.commit()
    return go(f"{quote.office_path}/edit")


@bp.get("/<int:number>")
@revalidated
def show(number):
    """One quote: its status, what to do next, content, events, and the proof of its acceptance.

    `?version=` shows an older version.
    """
    return show_page(quote_of_company(number))


@bp.post("/<int:number>/reply")
@returns_form
def reply(number):
    """Answer the customer's messages."""
    quote = quote_of_company(number)
    form = ReplyForm()
    if not form.validate_on_submit():
        return show_page(quote, 422, reply=form)
    if not limits.may_send(form):
        return show_page(quote, 429, reply=form)
    quote.reply(form.message.data, by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("Your answer is on its way."), "success")
    return go(quote.office_path)


@bp.post("/<int:number>/undo-acceptance")
@returns_form
def undo_acceptance(number):
    quote = quote_of_company(number)
    form = UndoForm()
    if not form.validate_on_submit():
        return show_page(quote, 422, undo=form)
    quote.undo_acceptance(form.reason.data, by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("The acceptance is undone. Your customer was told, and the record of it is kept."), "success")
    return go(quote.office_path)


@bp.post("/<int:number>/withdraw")
def withdraw(number):
    quote = quote_of_company(number)
    quote.withdraw(by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("The quote is withdrawn. Your customer can no longer accept it."), "success")
    return go(quote.office_path)


@bp.post("/<int:number>/send-again")
@limits.sendings
@limits.sendings_of_one
def send_again(number):
    quote = quote_of_company(number)
    quote.send_again(by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("The quote was emailed again."), "success")
    return go(quote.office_path)


@bp.post("/<int:number>/duplicate")
def duplicate(number):
    copy = draft_of_company(number).duplicate(by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("This is a copy of quote %(number)s.", number=number), "success")
    return go(f"{copy.office_path}/edit")


@bp.post("/<int:number>/deposit-invoice")
def invoice_deposit(number):
    invoice = invoicing.invoice_deposit(quote_of_company(number), by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("The deposit invoice is issued."), "success")
    return go(url_for("office.invoices.show", number=invoice.number))


@bp.post("/<int:number>/final-invoice")
def invoice_rest(number):
    invoice = invoicing.invoice_rest(quote_of_company(number), by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("The final invoice is issued."), "success")
    return go(url_for("office.invoices.show", number=invoice.number))


def start_page(form: NewQuoteForm, status: int = 200):
    facts = {"form": form, "customers": [], "query": "", "words": NEW}
    return page("layouts/new_document.html", "start", status=status, **facts)


NEW = {
    "title": _l("New quote"),
    "index": (OFFICE, _l("Quotes")),
    "hint": _l("Your customer sees this as the name of the quote, for example Spring deep clean."),
    "empty": _l("Add a customer first, then write the quote."),
}


def show_page(quote: Quote, status: int = 200, **forms):
    """The page of a quote, with the forms a request filled in."""
    on = today()
    shown = ShownQuote.numbered(quote, request.args.get("version", type=int), on) or abort(404)
    others = others_of(quote)
    invoices = {row.version: row.name for row in others if row.kind == INVOICED}
    forms = {"reply": blank(ReplyForm), "undo": blank(UndoForm), **forms}
    facts = {"offer": shown.offer(), "events": events(quote, others), "invoices": invoices}
    planned = quote.version and shown.is_newest
    facts["appointments"] = appointments.of_quote(g.company.id, quote.id) if planned else []
    facts["steps"] = next_steps(quote, on, [*invoices.values()])
    return page("quotes/office/show.html", status=status, quote=quote, shown=shown, **facts, **forms)
