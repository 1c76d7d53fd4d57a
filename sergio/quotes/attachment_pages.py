"""The attachments of a quote, for staff: adding, naming and removing them in the draft, and their files."""

from flask import Blueprint, Response, flash, g, request, url_for
from sqlalchemy import select
from werkzeug.exceptions import RequestEntityTooLarge

from sergio.companies.current import today
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.lib.language import ngettext
from sergio.quotes import attachment_files, attachments
from sergio.quotes.attachment_forms import LARGEST, TOO_LARGE_AT_ONCE, AttachmentForm, TitleForm
from sergio.quotes.attachments import FROZEN, MOST_ATTACHMENTS, SMALL, WHOLE, QuoteAttachment
from sergio.quotes.loading import draft_of_company, quote_of_company
from sergio.quotes.models import Quote
from sergio.quotes.shown import PreviewedQuote
from sergio.web import limits
from sergio.web.csrf import returns_form
from sergio.web.pages import go, page
from sergio.web.request import takes_up_to

bp = Blueprint("attachments", __name__, url_prefix="/<int:number>/attachments")
ROOM_FOR_FIELDS = 1024 * 1024


@bp.get("")
def index(number):
    form = AttachmentForm(formdata=None)
    if "too_large" in request.args:
        form.refuse(str(TOO_LARGE_AT_ONCE))
    return attachments_page(changeable(number), form)


@bp.post("")
@takes_up_to(LARGEST + ROOM_FOR_FIELDS)
@returns_form
@limits.photos
def add(number):
    quote = changeable(number)
    form = AttachmentForm()
    if not form.validate_on_submit():
        return attachments_page(quote, form, 422)
    db.session.commit()  # nothing is locked while a picture is decoded
    files = form.checked()
    quote = changeable(number)
    rows = [QuoteAttachment.add(quote, file, form.title_of_one, by=g.actor, at=clock.now()) for file in files]
    names = [row.title or row.file_name for row in rows]
    db.session.commit()
    if names:
        several = ngettext("%(num)d file is attached.", "%(num)d files are attached.", len(names))
        flash(several if len(names) > 1 else _("%(name)s is attached.", name=names[0]), "success")
    if form.file.errors:
        return attachments_page(changeable(number), form, 422)
    return go(url_for(".index", number=number))


@bp.errorhandler(RequestEntityTooLarge)
def refuse_large_request(error):
    """Tell it beside the field, although the request was not read."""
    return go(url_for("office.quotes.attachments.index", number=(request.view_args or {})["number"], too_large=1))


@bp.post("/<int:attachment>/title")
@returns_form
def rename(number, attachment):
    quote = changeable(number)
    row = db.one_or_404(of_quote(quote, attachment).where(QuoteAttachment.removed_at.is_(None)))
    form = TitleForm()
    if not form.validate_on_submit():
        return attachments_page(quote, AttachmentForm(formdata=None), 422, renaming=(row.id, form))
    row.rename(quote, form.wanted, by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("The title is saved."), "success")
    return go(url_for(".index", number=number))


@bp.post("/<int:attachment>/removal")
def remove(number, attachment):
    quote = changeable(number)
    row = db.one_or_404(of_quote(quote, attachment).where(QuoteAttachment.removed_at.is_(None)))
    row.remove(quote, by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("The attachment is removed."), "success")
    return go(url_for(".index", number=number))


@bp.get("/<int:attachment>")
def show(number, attachment):
    """The file of an attachment of the draft or of any version."""
    return file_of(number, attachment, WHOLE)


@bp.get("/<int:attachment>/small.jpg")
def show_small(number, attachment):
    return file_of(number, attachment, SMALL)


def changeable(number: int) -> Quote:
    """The company's quote with its draft; refused once it is accepted."""
    quote = draft_of_company(number)
    quote.must_allow_changes()
    return quote


def of_quote(quote: Quote, attachment: int):
    mine = QuoteAttachment.company_id == quote.company_id, QuoteAttachment.quote_id == quote.id
    return select(QuoteAttachment).where(*mine, QuoteAttachment.id == attachment)


def file_of(number: int, attachment: int, size: str) -> Response:
    row = db.one_or_404(of_quote(quote_of_company(number), attachment))
    return attachment_files.response(g.company.id, {name: getattr(row, name) for name in FROZEN}, size)


def attachments_page(quote: Quote, form: AttachmentForm, status: int = 200, renaming=(None, None)) -> Response:
    """`renaming` is the id of an attachment with the form of its title as filled in."""
    shown = PreviewedQuote(quote, None, today())
    full = attachments.full() if len(quote.attachments) >= MOST_ATTACHMENTS else ""
    titles = {row.id: TitleForm(formdata=None, data={"title": row.title}) for row in quote.attachments}
    titles |= {row: filled for row, filled in [renaming] if row}
    facts = {"quote": quote, "offer": shown.offer(), "form": form, "titles": titles, "full": full}
    return page("quotes/office/attachments.html", "attachments", status=status, **facts)
