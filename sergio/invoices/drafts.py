"""Drafts of invoices, for staff: starting one, writing it, saved as you go, previewing, issuing and deleting it."""

from typing import Any

from flask import Blueprint, Response, flash, g, redirect, request, url_for

from sergio.companies.current import today
from sergio.customers import choosing
from sergio.customers.loading import customer_in
from sergio.extensions import db
from sergio.invoices import labels, pdf
from sergio.invoices.draft_lines import DraftLines
from sergio.invoices.forms import DraftForm, NewDraftForm
from sergio.invoices.lines import InvoiceLine
from sergio.invoices.lookup import company_draft, lock_draft
from sergio.invoices.models import OFFICE_PATH, Invoice
from sergio.lib import clock, money
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.price_list.edits import last_editor
from sergio.web import responses
from sergio.web.csrf import returns_form
from sergio.web.pages import go, page
from sergio.web.paging import search_text

bp = Blueprint("drafts", __name__)


@bp.get("/new")
def new():
    """What the invoice for the customer in `?customer=` is about; without one, a search for the customer."""
    if "customer" in request.args:
        return start_page(NewDraftForm(customer_in(request.args)))
    query = search_text(request.args)
    found = choosing.found(g.company, query)
    facts: dict[str, Any] = {"form": None, "customers": found, "query": query, "words": NEW}
    return page("layouts/new_document.html", "found_customers", **facts)


@bp.post("/new")
@returns_form
def create():
    form = NewDraftForm(customer_in(request.form))
    if not form.validate_on_submit():
        return start_page(form, 422)
    draft = Invoice.draft(form.customer, form.title.data, [], by=g.actor, at=clock.now(), place=form.chosen_place)
    db.session.commit()
    return go(url_for(".edit", draft_id=draft.id))


@bp.get("/drafts/<int:draft_id>")
def edit(draft_id):
    draft = company_draft(draft_id)
    return draft_page(draft, DraftForm(draft), DraftLines.of(draft))


@bp.post("/drafts/<int:draft_id>")
@returns_form
def update(draft_id):
    """Save it and go on, or do what a button of the editor asks, which saves nothing."""
    draft = lock_draft(draft_id)
    form, lines = DraftForm(draft), DraftLines.in_form(request.form, draft)
    wish = request.form.get("do", "save")
    if lines.edit("find" if wish == "enter" and lines.find else wish, g.company):
        return draft_page(draft, form, lines)
    valid = form.validate_on_submit() and lines.is_valid
    if not g.csrf_failed and form.is_outdated:
        return draft_page(draft, form, lines, 409, **theirs_of(draft))
    if not valid:
        return draft_page(draft, form, lines, 422)
    save(draft, form, lines)
    if wish == "issue":
        draft.finalize(at=clock.now(), by=g.actor)
        db.session.commit()
        flash(_("Invoice %(number)s is issued. Send it to your customer now.", number=draft.reference), "success")
        if db.session.scalar(draft.credit_elsewhere()):
            return go(url_for("office.payments.credit.show", number=draft.number, issued="y"))
        return go(url_for("office.invoices.changes.new_sending", number=draft.number))
    db.session.commit()
    if wish == "preview":
        return go(url_for(".preview", draft_id=draft_id))
    flash(_("Your draft is saved."), "success")
    return go(url_for(".edit", draft_id=draft_id))


@bp.post("/drafts/<int:draft_id>/saving")
@returns_form
def autosave(draft_id):
    """Save the draft as you go, if it can be read and nobody else changed it."""
    draft = lock_draft(draft_id)
    form, lines = DraftForm(draft), DraftLines.in_form(request.form, draft)
    valid = form.validate_on_submit() and lines.is_valid
    if form.is_outdated or not valid:
        saving = "changed" if form.is_outdated and not g.csrf_failed else "unclear"
        return draft_page(draft, form, lines, 422, "saved", saving=saving, colleague=last_editor(draft))
    save(draft, form, lines)
    db.session.commit()
    return draft_page(draft, form, lines, 200, "saved", "revision", saving="saved", revision=draft.revision)


@bp.post("/totals")
@returns_form
def totals():
    """The totals of the lines as they are typed."""
    asked = request.form.get("currency", "")
    currency = asked if money.is_currency(asked) else g.company.currency
    return page("price_list/office/totals.html", "answer", lines=DraftLines.posted(request.form, currency))


@bp.post("/drafts/<int:draft_id>/deletion")
def delete(draft_id):
    draft = lock_draft(draft_id)
    draft.delete(by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("The draft is deleted."), "success")
    return redirect(url_for("office.invoices.index", show="drafts"), 303)


@bp.get("/drafts/<int:draft_id>/preview")
def preview(draft_id):
    """The draft as the customer would see it."""
    draft = company_draft(draft_id)
    return page("invoices/office/preview.html", invoice=draft, document=draft.document_on(today()), labels=labels)


@bp.get("/drafts/<int:draft_id>.pdf")
def download(draft_id):
    return responses.pdf(pdf.draft_content(company_draft(draft_id), today()), f"draft-{draft_id}")


def theirs_of(draft: Invoice) -> dict:
    """What somebody else saved; saving the page again keeps the own."""
    return {"theirs": draft.document_on(today()), "colleague": last_editor(draft), "revision": draft.revision}


def save(draft: Invoice, form: DraftForm, lines: DraftLines):
    rows = [InvoiceLine(**values) for values in lines.values]
    draft.edit(form.values, rows, by=g.actor, at=clock.now())


def start_page(form: NewDraftForm, status: int = 200) -> Response:
    facts = {"form": form, "customers": [], "query": "", "words": NEW}
    return page("layouts/new_document.html", "start", status=status, **facts)


NEW = {
    "title": _l("New invoice"),
    "index": (OFFICE_PATH, _l("Invoices")),
    "hint": _l("Your customer sees this as the name of the invoice, for example Deep clean, May."),
    "empty": _l("Add a customer first, then write the invoice."),
}


def draft_page(draft: Invoice, form: DraftForm, lines: DraftLines, status: int = 200, *blocks, **facts) -> Response:
    """The page of a draft; `revision` is that of the page, which is the draft's own only where it was just read."""
    posted = request.form.get("revision", type=int)
    usual = {"revision": draft.revision if posted is None else posted, "theirs": None, "colleague": "", "saving": ""}
    facts = {**usual, "saved_at": clock.now(), **facts}
    return page(
        "invoices/office/draft.html",
        *(blocks or ("draft",)),
        status=status,
        draft=draft,
        form=form,
        lines=lines,
        **facts,
    )
