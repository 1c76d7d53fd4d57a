"""The payment terms of one customer, for staff."""

from flask import Blueprint, flash, g

from sergio.customers.loading import company_customer, customer_to_change
from sergio.extensions import db
from sergio.invoices.forms import CustomerTermsForm
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.web.csrf import returns_form
from sergio.web.pages import go, page

bp = Blueprint("terms", __name__, url_prefix="/<int:number>/payment-terms")


@bp.get("")
def edit(number):
    customer = company_customer(number)
    return terms_page(customer, CustomerTermsForm(g.company, customer.payment_days))


@bp.post("")
@returns_form
def update(number):
    customer = customer_to_change(number)
    form = CustomerTermsForm(g.company, customer.payment_days)
    if not form.validate_on_submit():
        return terms_page(customer, form, 422)
    customer.change_payment_terms(form.payment_days, by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("The payment terms of %(name)s are saved.", name=customer.name), "success")
    return go(customer.office_path)


def terms_page(customer, form: CustomerTermsForm, status: int = 200):
    return page("invoices/office/customer_terms.html", status=status, customer=customer, form=form)
