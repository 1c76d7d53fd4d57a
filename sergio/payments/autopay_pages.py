"""The customer's automatic payments: turning them on and off, and skipping one."""

from flask import Blueprint, flash, request, url_for
from sqlalchemy.orm import joinedload

from sergio.auth.viewer import viewer
from sergio.extensions import db
from sergio.invoices.models import Invoice
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.payments import consents
from sergio.payments.autopay import AutoPay, charges_of
from sergio.payments.autopay_charges import AutoPayCharge
from sergio.payments.autopay_formats import next_tries, off
from sergio.payments.paying import kept_methods, own_method, payer
from sergio.payments.saved_forms import AutoPayForm, consent
from sergio.payments.stripe import declines
from sergio.web.csrf import returns_form
from sergio.web.pages import go, page

SHOWN = 10

bp = Blueprint("automatic_payments", __name__, url_prefix="/automatic-payments")


@bp.get("")
def show():
    return automatic_page()


@bp.post("")
@returns_form
def create():
    """Turn them on, or go on with another method or limit."""
    form = AutoPayForm(kept_methods())
    if not form.validate_on_submit():
        return automatic_page(form, 422)
    agreed = consent(consents.TO_CHARGE, form.agreed.label.text)
    method = db.one_or_404(own_method(form.method.data))
    AutoPay.start(payer(), method, form.cap.data or 0, agreed, by=viewer.by)
    db.session.commit()
    flash(_("Automatic payments are on."), "success")
    return go(url_for(".show"))


@bp.post("/end")
def end():
    """Turn them off at once."""
    payer()
    row = db.session.scalar(AutoPay.of(viewer.customer).with_for_update())
    if row:
        sent = row.stop(by=viewer.by, at=clock.now())
        db.session.commit()
        flash(*off(sent))
    return go(url_for(".show"))


@bp.post("/skips")
def skip():
    """Leave one invoice to be paid by hand."""
    payer()
    row = db.session.scalar(AutoPay.of(viewer.customer).with_for_update())
    mine = Invoice.number == request.form.get("invoice", 0, type=int), AutoPayCharge.auto_pay == row
    charge = db.one_or_404(charges_of(viewer.customer).where(*mine).with_for_update(of=AutoPayCharge))
    charge.skip(by=viewer.by, at=clock.now())
    db.session.commit()
    number = charge.invoice.reference
    flash(_("We won't charge invoice %(number)s. Please pay it yourself.", number=number), "success")
    return go(url_for(".show"))


def automatic_page(form: AutoPayForm | None = None, status: int = 200):
    whole = AutoPay.of(viewer.customer).options(joinedload(AutoPay.method))
    row, methods = db.session.scalar(whole), kept_methods()
    chosen = {"method": row.saved_method_id, "cap": row.cap} if row else {"method": methods[0].id if methods else None}
    return page(
        "payments/portal/automatic.html",
        "automatic",
        status=status,
        auto_pay=row,
        methods=methods,
        form=form or AutoPayForm(methods, formdata=None, data=chosen),
        charges=db.session.scalars(charges_of(viewer.customer).limit(SHOWN)).all(),
        next_tries=next_tries,
        why=declines.sentence_for,
    )
