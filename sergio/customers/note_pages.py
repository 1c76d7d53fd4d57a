"""The office's pages of the notes on a customer: writing, changing, pinning and deleting them."""

from flask import Blueprint, flash, g

from sergio.customers.forms import NoteForm
from sergio.customers.loading import company_customer, customer_to_change, owned
from sergio.customers.models import Customer
from sergio.customers.note import CustomerNote
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.web.csrf import returns_form
from sergio.web.pages import go, page

bp = Blueprint("notes", __name__, url_prefix="/<int:number>/notes")


@bp.get("/new")
def new(number):
    return note_page(company_customer(number), NoteForm())


@bp.post("")
@returns_form
def create(number):
    customer = customer_to_change(number)
    form = NoteForm()
    if not form.validate_on_submit():
        return note_page(customer, form, status=422)
    CustomerNote.write(customer, form.text.data, by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("The note is saved. Only your team sees it."), "success")
    return go(customer.office_path)


@bp.get("/<int:note_id>")
def edit(number, note_id):
    customer = company_customer(number)
    note = owned(CustomerNote, customer, note_id)
    return note_page(customer, NoteForm(note), note)


@bp.post("/<int:note_id>")
@returns_form
def update(number, note_id):
    customer = customer_to_change(number)
    note = owned(CustomerNote, customer, note_id)
    form = NoteForm(note)
    if not form.validate_on_submit():
        return note_page(customer, form, note, 422)
    note.change(form.text.data, by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("The note is saved."), "success")
    return go(customer.office_path)


@bp.post("/<int:note_id>/pin")
def pin(number, note_id):
    customer = customer_to_change(number)
    owned(CustomerNote, customer, note_id).pin(by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("The note stays on top."), "success")
    return go(customer.office_path)


@bp.post("/<int:note_id>/unpin")
def unpin(number, note_id):
    customer = customer_to_change(number)
    owned(CustomerNote, customer, note_id).unpin(by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("The note is no longer pinned."), "success")
    return go(customer.office_path)


@bp.post("/<int:note_id>/deletion")
def delete(number, note_id):
    customer = customer_to_change(number)
    owned(CustomerNote, customer, note_id).delete(by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("The note is deleted."), "success")
    return go(customer.office_path)


def note_page(customer: Customer, form: NoteForm, note: CustomerNote | None = None, status: int = 200):
    facts = {"customer": customer, "note": note, "form": form}
    return page("customers/office/note.html", "note_form", status=status, **facts)
