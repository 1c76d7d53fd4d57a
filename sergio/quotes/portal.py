"""A customer's own quotes."""

from flask import Blueprint, Response, abort, flash, request

import sergio.quotes.jobs  # noqa: F401 - the worker finds its jobs by name
from sergio.auth.document_links import INVOICE
from sergio.auth.document_session import go_to_another
from sergio.auth.viewer import Viewer, viewer
from sergio.companies.current import today
from sergio.customers.models import Contact
from sergio.customers.roles import PAY
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.quotes import attachment_files, invoicing, listing, pdf
from sergio.quotes.attachments import SMALL, WHOLE
from sergio.quotes.evidence import TotalChanged
from sergio.quotes.forms import AcceptanceForm, ChangeRequestForm, DeclineForm, LookForm
from sergio.quotes.looks import note_look
from sergio.quotes.models import Quote
from sergio.quotes.shown import ShownQuote
from sergio.web import responses
from sergio.web.csrf import returns_form
from sergio.web.forms import blank
from sergio.web.pages import go, page
from sergio.web.revalidation import revalidated

bp = Blueprint("quotes", __name__, url_prefix="/quotes")


@bp.get("")
@revalidated
def index():
    """The customer's quotes, the open ones first."""
    paging, rows = listing.of_customer(viewer.customer, request.args, today())
    return page("quotes/portal/index.html", "quotes", paging=paging, rows=rows)


@bp.get("/<int:number>")
@revalidated
def show(number):
    """One quote with its forms; `?version=` shows an older version that was answered."""
    return show_page(own_version(viewer, number))


@bp.get("/<int:number>/total")
def total(number):
    """The total with the optional lines that are checked."""
    shown = newest(own_quote(viewer, number))
    return show_page(shown, "total", "sum", "accepting", acceptance=AcceptanceForm(shown.facts, formdata=request.args))


@bp.post("/<int:number>/total")
@returns_form
def preview(number):
    """The same without script: the whole page with the form as filled in and the new total."""
    shown = newest(own_quote(viewer, number))
    return show_page(shown, acceptance=AcceptanceForm(shown.facts))


@bp.post("/<int:number>/look")
@returns_form
def look(number):
    """The page tells that it was opened, for staff to see; a GET writes nothing."""
    form = LookForm()
    if form.validate():
        note_look(own_quote(viewer, number), answering(viewer), form.version.data, at=clock.now())
        db.session.commit()
    return "", 204


@bp.post("/<int:number>/acceptance")
@returns_form
def accept(number):
    quote = own_quote(viewer, number)
    pays = "deposit" in request.form and can_pay_deposit(quote)
    if quote.acceptance and pays:
        return go_to_deposit(quote)
    if quote.acceptance:
        flash(_("This quote has already been accepted. There is nothing more to do."), "info")
        return go(quote.portal_path)

    form = AcceptanceForm(newest(quote).facts)
    quote.must_be_open(form.version.data, clock.now())
    if not form.validate():
        return ask_again(quote, form)

    seen = {"version": form.version.data, "shown": form.shown}
    try:
        choices = form.signature(viewer), form.wanted, form.wanted_package
        quote.accept(answering(viewer), *choices, **seen, pays_deposit=pays, by=viewer.by, at=clock.now())
    except TotalChanged:
        db.session.rollback()
        return ask_again(own_quote(viewer, number), form)
    db.session.commit()
    flash(_("Thank you. We sent you a copy of what you accepted."), "success")
    return go_to_deposit(quote) if pays and invoicing.deposit_invoice(quote) else go(quote.portal_path)


@bp.post("/<int:number>/deposit")
def pay_deposit(number):
    """Go on to pay the deposit of an accepted quote; its invoice is issued if it was not yet."""
    quote = own_quote(viewer, number)
    return go_to_deposit(quote) if can_pay_deposit(quote) else go(quote.portal_path)


@bp.post("/<int:number>/decline")
@returns_form
def decline(number):
    quote = own_quote(viewer, number)
    form = DeclineForm()
    if not form.validate():
        return show_page(newest(quote), status=422, decline=form)

    reason, version = form.reason.data or "", form.version.data
    quote.decline(answering(viewer), reason, version=version, by=viewer.by, at=clock.now())
    db.session.commit()
    flash(_("You declined this quote. Thank you for letting us know."), "info")
    return go(quote.portal_path)


@bp.post("/<int:number>/change-request")
@returns_form
def ask_for_changes(number):
    quote = own_quote(viewer, number)
    form = ChangeRequestForm()
    if not form.validate():
        return show_page(newest(quote), status=422, change=form)

    message, version = form.message.data or "", form.version.data
    quote.ask_for_changes(answering(viewer), message, version=version, by=viewer.by, at=clock.now())
    db.session.commit()
    flash(_("We have your message and will get back to you."), "success")
    return go(quote.portal_path)


@bp.get("/<int:number>.pdf")
def download(number):
    """The quote as a PDF; `?version=` as on its page."""
    return responses.pdf(pdf.pdf_of(own_version(viewer, number)).content(), f"quote-{number}")


@bp.get("/<int:number>/attachments/<int:attachment>")
def attachment(number, attachment):
    """The file of an attachment of the version that was sent; `?version=` as on its page."""
    return attached(own_version(viewer, number), attachment, WHOLE)


@bp.get("/<int:number>/attachments/<int:attachment>/small.jpg")
def small_attachment(number, attachment):
    return attached(own_version(viewer, number), attachment, SMALL)


def can_pay_deposit(quote: Quote) -> bool:
    """Whether the viewer can pay invoices here; the page offers to pay the deposit only then."""
    company = viewer.company
    return company.shows_invoices and company.takes_payments_for(quote.number) and viewer.may(PAY)


def go_to_deposit(quote: Quote) -> Response:
    """To the page that pays the deposit."""
    answering(viewer)
    invoice = invoicing.deposit_to_pay(quote, by=viewer.by, at=clock.now())
    return go_to_another(viewer, INVOICE, invoice.number, f"{invoice.portal_path}/pay")


def attached(shown: ShownQuote, attachment: int, size: str) -> Response:
    facts = next((each for each in shown.facts.get("attachments", ()) if each["id"] == attachment), None)
    return attachment_files.response(shown.quote.company_id, facts or abort(404), size)


def own_quote(viewer: Viewer, number: int) -> Quote:
    """The customer's own quote; 404 for any other."""
    return db.one_or_404(Quote.own(), viewer.whose | {"number": number})


def own_version(viewer: Viewer, number: int) -> ShownQuote:
    """The version of the customer's quote in the query string: the newest, or one that was answered; else 404."""
    version = request.args.get("version", type=int)
    shown = ShownQuote.numbered(own_quote(viewer, number), version, today())
    return shown if shown and (shown.is_newest or shown.is_answered) else abort(404)


def newest(quote: Quote) -> ShownQuote:
    return ShownQuote(quote, quote.newest, today())


def answering(viewer: Viewer) -> Contact:
    """The contact who answers; 403 in a preview, which has none."""
    return viewer.contact or abort(403)


def ask_again(quote: Quote, form: AcceptanceForm) -> Response:
    """The page with the form as filled in and, if another total was shown before, a sentence with the new one."""
    offer = newest(quote).offer(form.wanted, form.wanted_package)
    sentence = _("The total is now %(total)s. Check it, then accept again.", total=offer.total)
    new_total = "" if form.shown == offer.facts["total"] else sentence
    return show_page(newest(quote), "quote", status=422, acceptance=form, new_total=new_total)


def show_page(shown: ShownQuote, *blocks, status=200, **forms) -> Response:
    """The quote's page, with the forms a request filled in and new ones for the rest; `new_total` is a sentence."""
    form = forms.get("acceptance")
    offer = shown.offer(form.wanted, form.wanted_package) if form else shown.offer()
    forms = {
        "acceptance": blank(AcceptanceForm),
        "decline": blank(DeclineForm),
        "change": blank(ChangeRequestForm) if shown.is_open else request_for_new(),
        "new_total": "",
        **forms,
    }
    files_query = "" if shown.is_newest else f"?version={shown.number}"
    facts = {"quote": shown.quote, "shown": shown, "offer": offer, "files": shown.quote.portal_path}
    facts["pays_deposit"] = can_pay_deposit(shown.quote)
    return page("quotes/portal/show.html", *blocks, status=status, **facts, files_query=files_query, **forms)


def request_for_new() -> ChangeRequestForm:
    return ChangeRequestForm(formdata=None, data={"message": _("Please send me a new quote.")})
