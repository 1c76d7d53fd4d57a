"""The office's pages of a customer's contacts: adding, changing and removing them."""

from flask import Blueprint, flash, g

from sergio.customers.contact_forms import ContactForm
from sergio.customers.loading import company_customer, customer_to_change, owned
from sergio.customers.models import Contact, Customer
from sergio.customers.roles import EXPLAINED
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.web.csrf import returns_form
from sergio.web.forms import add_error
from sergio.web.pages import go, page

bp = Blueprint("contacts", __name__, url_prefix="/<int:number>/contacts")


@bp.get("/new")
def new(number):
    return contact_page(company_customer(number), ContactForm(g.company))


@bp.post("")
@returns_form
def create(number):
    customer = customer_to_change(number)
    form = ContactForm(g.company)
    if not form.validate_on_submit():
        return contact_page(customer, form, status=422)
    try:
        contact = customer.add_contact(**form.facts, by=g.actor, at=clock.now())
    except Refused as refusal:
        return refused(number, form, refusal)
    db.session.commit()
    flash(_("%(name)s is now a contact.", name=contact.name), "success")
    return go(customer.office_path)


@bp.get("/<int:contact_id>")
def edit(number, contact_id):
    customer = company_customer(number)
    contact = owned(Contact, customer, contact_id)
    return contact_page(customer, ContactForm(g.company, contact), contact)


@bp.post("/<int:contact_id>")
@returns_form
def update(number, contact_id):
    customer = customer_to_change(number)
    contact = owned(Contact, customer, contact_id)
    form = ContactForm(g.company, contact)
    if not form.validate_on_submit():
        return contact_page(customer, form, contact, 422)
    try:
        contact.change(**form.facts, by=g.actor, at=clock.now())
    except Refused as refusal:
        return refused(number, form, refusal, contact_id)
    db.session.commit()
    flash(_("The changes for %(name)s are saved.", name=contact.name), "success")
    return go(customer.office_path)


@bp.post("/<int:contact_id>/removal")
def remove(number, contact_id):
    customer = customer_to_change(number)
    contact = owned(Contact, customer, contact_id)
    contact.leave(by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("%(name)s is removed, and can no longer sign in.", name=contact.name), "success")
    return go(customer.office_path)


def refused(number: int, form: ContactForm, refusal: Refused, contact_id: int | None = None):
    """The form again, with the reason beside the field that it is about."""
    db.session.rollback()
    customer = company_customer(number)
    contact = owned(Contact, customer, contact_id) if contact_id else None
    field = "email" if customer.contact_with(form.email.data) not in (None, contact) else "role"
    add_error(form[field], str(refusal))
    return contact_page(customer, form, contact, 422)


def contact_page(customer: Customer, form: ContactForm, contact: Contact | None = None, status: int = 200):
    facts = {"customer": customer, "contact": contact, "form": form, "explained": EXPLAINED}
    return page("customers/office/contact.html", "contact_form", status=status, **facts)
