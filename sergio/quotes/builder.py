"""Writing a quote: its draft, saved as you go, the preview, and sending it."""

from typing import Any

from flask import Blueprint, Response, flash, g, request, url_for

from sergio.auth.preview import viewer_of
from sergio.companies.current import today
from sergio.customers.roles import DECIDERS
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.price_list.edits import last_editor
from sergio.quotes.draft_forms import MessageForm, QuoteForm
from sergio.quotes.drafting import DraftChanged
from sergio.quotes.forms import AcceptanceForm, ChangeRequestForm, DeclineForm
from sergio.quotes.lines import why_incomplete
from sergio.quotes.loading import draft_of_company
from sergio.quotes.models import Quote
from sergio.quotes.shown import PreviewedQuote
from sergio.quotes.typed_offer import TypedOffer
from sergio.web import limits
from sergio.web.csrf import returns_form
from sergio.web.forms import blank
from sergio.web.pages import go, page

bp = Blueprint("builder", __name__, url_prefix="/<int:number>")


@bp.get("/edit")
def edit(number):
    quote = editable(number)
    return builder_page(quote, QuoteForm(quote), TypedOffer.of(quote))


@bp.post("/edit")
@returns_form
def update(number):
    """Save the draft and go on, or do what a button of the editor asks, which saves nothing."""
    quote = editable(number)
    form, offer = QuoteForm(quote), TypedOffer.posted(request.form, quote.currency)
    wish = request.form.get("do", "save")
    if offer.edit("find" if wish == "enter" and offer.find else wish, g.company):
        return builder_page(quote, form, offer)
    if not is_valid(form, offer):
        return builder_page(quote, form, offer, 422)
    try:
        save(quote, form, offer)
    except DraftChanged:
        return changed_meanwhile(number, form, offer)
    following = {"send": ".review", "preview": ".preview", "attach": "office.quotes.attachments.index"}.get(wish)
    if following:
        return go(url_for(following, number=number))
    flash(_("Your draft is saved."), "success")
    return go(url_for(".edit", number=number))


@bp.post("/draft")
@returns_form
def save_draft(number):
    """Save the draft as you go, if it can be read."""
    quote = editable(number)
    form, offer = QuoteForm(quote), TypedOffer.posted(request.form, quote.currency)
    if not is_valid(form, offer):
        return builder_page(quote, form, offer, 422, "saved", saving="unclear")
    try:
        save(quote, form, offer)
    except DraftChanged:
        db.session.rollback()
        return builder_page(editable(number), form, offer, 422, "saved", saving="changed", colleague=last_editor(quote))
    return builder_page(quote, form, offer, 200, "saved", "revision", saving="saved")


@bp.post("/totals")
@returns_form
def totals(number):
    """The totals of the lines as they are typed."""
    quote = editable(number)
    offer = TypedOffer.posted(request.form, quote.currency)
    return page("price_list/office/totals.html", "answer", lines=offer)


@bp.get("/preview")
def preview(number):
    """The draft as the customer would see it."""
    quote = editable(number)
    shown = PreviewedQuote(quote, None, today())
    forms = {"acceptance": AcceptanceForm(shown.facts, formdata=None), "new_total": ""}
    forms |= {"decline": blank(DeclineForm), "change": blank(ChangeRequestForm)}
    facts: dict[str, Any] = {"quote": quote, "shown": shown, "offer": shown.offer(), "may_use": lambda endpoint: True}
    facts |= {"files": quote.office_path, "files_query": "", "missing": why_incomplete(quote.lines, quote.packages)}
    facts["viewer"] = viewer_of(g.company, quote.customer, by=g.actor)
    return page("quotes/office/preview.html", **facts, **forms)


@bp.get("/send")
def review(number):
    """What would be sent, to whom, and what the customer will see as changed."""
    return review_page(editable(number), MessageForm())


@bp.post("/send")
@returns_form
def send(number):
    """Make the draft the version that the customer sees, and email them or not."""
    quote = editable(number)
    form = MessageForm()
    if not form.validate_on_submit():
        return review_page(quote, form, 422)
    if not limits.may_send(form):
        return review_page(quote, form, 429)
    refuse_changed(quote, form)
    now: dict[str, Any] = {"by": g.actor, "at": clock.now()}
    if request.form.get("how") == "link":
        quote.publish(**now)
        flash(_("The quote is published. Copy its link and give it to your customer."), "success")
    else:
        deliver = quote.revise if quote.version else quote.send
        deliver(**now, message=form.message.data or "")
        flash(_("The quote is on its way."), "success")
    db.session.commit()
    return go(quote.office_path)


def refuse_changed(quote: Quote, form: MessageForm):
    """`Refused` if the page showed another quote: somebody has sent or changed it, or this is a second press."""
    quote.lock()
    if (form.version.data, form.revision.data) != (quote.version, quote.revision):
        raise Refused(_("This quote has changed since you opened this page. Check it, then send it."))


def editable(number: int) -> Quote:
    """The company's quote with its draft; refused once it is accepted."""
    quote = draft_of_company(number)
    if quote.acceptance:
        raise Refused(_("This quote was accepted, so it can't be changed. Duplicate it, or undo the acceptance first."))
    return quote


def is_valid(form: QuoteForm, offer: TypedOffer) -> bool:
    valid = form.validate_on_submit()
    return valid and offer.is_valid


def save(quote: Quote, form: QuoteForm, offer: TypedOffer):
    """Write the draft and commit it; `DraftChanged` if somebody else did since the page was opened."""
    lines, packages = offer.rows
    revision = request.form.get("revision", default=0, type=int)
    quote.edit(lines, packages, revision=revision, by=g.actor, at=clock.now(), **form.columns)
    db.session.commit()


def changed_meanwhile(number: int, form: QuoteForm, offer: TypedOffer) -> Response:
    """The form as it was filled in, beside what somebody else saved; saving again keeps this one."""
    db.session.rollback()
    quote = editable(number)
    theirs = PreviewedQuote(quote, None, today())
    facts = {"theirs": theirs.offer(), "shown": theirs, "colleague": last_editor(quote), "revision": quote.revision}
    return builder_page(quote, form, offer, 422, **facts)


def builder_page(quote: Quote, form: QuoteForm, offer: TypedOffer, status: int = 200, *blocks, **facts) -> Response:
    """The page of the draft; `revision` is that of the page, which is the quote's own only where it was just read."""
    posted = request.form.get("revision", type=int)
    usual = {"revision": quote.revision if posted is None else posted, "theirs": None, "colleague": "", "saving": ""}
    if facts.get("saving") == "saved":
        usual["revision"] = quote.revision
    facts = usual | {"saved_at": clock.now()} | facts
    blocks = blocks or ("builder",)
    return page("quotes/office/edit.html", *blocks, status=status, quote=quote, form=form, lines=offer, **facts)


def review_page(quote: Quote, form: MessageForm, status: int = 200) -> Response:
    shown = PreviewedQuote(quote, None, today())
    contact = quote.customer.contact_for(quote.contact, DECIDERS)
    facts: dict[str, Any] = {"quote": quote, "shown": shown, "offer": shown.offer(), "contact": contact, "form": form}
    facts["missing"] = why_incomplete(quote.lines, quote.packages)
    return page("quotes/office/send.html", status=status, **facts)
