"""The office's pages of a customer's service addresses: adding, correcting and archiving them."""

from flask import Blueprint, flash, g

from sergio.customers.forms import AddressForm
from sergio.customers.loading import company_customer, customer_to_change, owned
from sergio.customers.models import Customer
from sergio.customers.properties import Property
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.web.csrf import returns_form
from sergio.web.pages import go, page

bp = Blueprint("places", __name__, url_prefix="/<int:number>/addresses")


@bp.get("/new")
def new(number):
    return address_page(company_customer(number), AddressForm(g.company.country))


@bp.post("")
@returns_form
def create(number):
    customer = customer_to_change(number)
    form = AddressForm(g.company.country)
    if not form.validate_on_submit():
        return address_page(customer, form, status=422)
    customer.add_property(form.address, by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("The service address is added."), "success")
    return go(customer.office_path)


@bp.get("/<int:place>")
def edit(number, place):
    customer = company_customer(number)
    row = owned(Property, customer, place)
    return address_page(customer, AddressForm(g.company.country, row), row)


@bp.post("/<int:place>")
@returns_form
def update(number, place):
    customer = customer_to_change(number)
    row = owned(Property, customer, place)
    form = AddressForm(g.company.country, row)
    if not form.validate_on_submit():
        return address_page(customer, form, row, 422)
    row.change(form.address, by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("The service address is saved. Documents you've already sent keep the old one."), "success")
    return go(customer.office_path)


@bp.post("/<int:place>/archive")
def archive(number, place):
    customer = customer_to_change(number)
    owned(Property, customer, place).archive(by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("The service address is archived. Its appointments and documents stay."), "success")
    return go(customer.office_path)


@bp.post("/<int:place>/restore")
def restore(number, place):
    customer = customer_to_change(number)
    owned(Property, customer, place).restore(by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("The service address can be chosen again."), "success")
    return go(customer.office_path)


def address_page(customer: Customer, form: AddressForm, place: Property | None = None, status: int = 200):
    facts = {"customer": customer, "place": place, "form": form}
    return page("customers/office/address.html", "address_form", status=status, **facts)
