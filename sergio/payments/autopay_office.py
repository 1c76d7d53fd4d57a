"""A customer's automatic payments, for staff, who may turn them off but never on."""

from flask import Blueprint, flash, g, url_for
from sqlalchemy.orm import joinedload

from sergio.customers.loading import company_customer
from sergio.customers.models import Customer
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.payments.autopay import AutoPay, charges_of
from sergio.payments.autopay_formats import next_tries
from sergio.payments.saved_forms import StopForm
from sergio.payments.stripe import declines
from sergio.web.csrf import returns_form
from sergio.web.pages import go, page, part

SHOWN = 10

bp = Blueprint("automatic", __name__, url_prefix="/<int:number>/automatic-payments")


@bp.get("")
def show(number):
    """Whether they are on, the next charges and the last results; a part of the customer's page."""
    customer = company_customer(number)
    return part("payments/office/automatic.html", "automatic", **facts_of(customer), form=StopForm(formdata=None))


@bp.post("/end")
@returns_form
def end(number):
    """Turn them off, with a reason that the customer is told."""
    customer, form = company_customer(number), StopForm()
    if not form.validate_on_submit():
        return page("payments/office/automatic.html", status=422, **facts_of(customer), form=form)
    row = db.session.scalar(AutoPay.of(customer).with_for_update())
    if row:
        sent = row.stop(by=g.actor, at=clock.now(), reason=form.reason.data)
        db.session.commit()
        flash(_("Automatic payments are off. We told the customer."), "success")
        if sent:
            facts = {"amount": sent.money(), "number": sent.invoice.reference}
            flash(_("%(amount)s for invoice %(number)s was already sent to the bank.") % facts, "warning")
    return go(url_for("office.customers.show", number=number))


def facts_of(customer: Customer) -> dict:
    """What the page shows: the consent that is on, and the last charges."""
    row = db.session.scalar(AutoPay.of(customer).options(joinedload(AutoPay.method), joinedload(AutoPay.contact)))
    charges = db.session.scalars(charges_of(customer).limit(SHOWN)).all()
    shown = {"customer": customer, "auto_pay": row, "charges": charges}
    return {**shown, "next_tries": next_tries, "why": declines.sentence_for}
