"""The office's pages that add a customer and change its name."""

from flask import Blueprint, flash, g, request

from sergio.customers.forms import NameForm, NewCustomerForm, one_line
from sergio.customers.loading import company_customer, customer_to_change
from sergio.customers.models import Customer
from sergio.customers.similar import Similar, key_of, similar_to
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.web.csrf import returns_form
from sergio.web.pages import go, page

bp = Blueprint("records", __name__)


@bp.get("/new")
def new():
    """The form for a customer; `?name=` is what was searched for in vain."""
    return new_page(NewCustomerForm(g.company.country, data={"name": request.args.get("name", "")[:120]}))


@bp.post("")
@returns_form
def create():
    """Add a customer. If there are similar ones, show them first; the form says `anyway` once they were seen."""
    form = NewCustomerForm(g.company.country)
    if not form.validate_on_submit():
        return new_page(form, 422)
    similar = similar_to(g.company, form.facts)
    if similar and key_of(similar) != form.anyway.data:
        return new_page(form, 422, similar)
    customer = Customer.create(g.company, **form.facts, by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("%(name)s is now a customer.", name=customer.name), "success")
    return go(customer.office_path)


@bp.get("/<int:number>/edit")
def edit(number):
    customer = company_customer(number)
    return name_page(customer, NameForm(customer))


@bp.post("/<int:number>")
@returns_form
def update(number):
    customer = customer_to_change(number)
    form = NameForm(customer)
    if not form.validate_on_submit():
        return name_page(customer, form, 422)
    customer.rename(one_line(form.name.data), by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("The name is saved. Documents you've already sent keep the old one."), "success")
    return go(customer.office_path)


def new_page(form: NewCustomerForm, status: int = 200, similar: list[Similar] | None = None):
    facts = {"similar": similar or [], "seen": key_of(similar or [])}
    return page("customers/office/new.html", "new_customer", status=status, form=form, **facts)


def name_page(customer: Customer, form: NameForm, status: int = 200):
    return page("customers/office/name.html", "name_form", status=status, form=form, customer=customer)
