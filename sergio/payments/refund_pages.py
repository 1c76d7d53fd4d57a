"""Refunds, for staff."""

from flask import Blueprint, flash, g, redirect, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from sergio.extensions import db
from sergio.invoices.models import Invoice
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.payments import refunding
from sergio.payments.methods import when_it_arrives
from sergio.payments.models import Payment, PaymentAttempt
from sergio.payments.refund_forms import RefundForm
from sergio.payments.refund_requests import RefundRequest
from sergio.payments.refundable import left_of, left_of_charge, lock, refuse_unrefundable
from sergio.payments.statuses import BY_HAND, REFUSED, SENT
from sergio.payments.stripe.errors import Unavailable
from sergio.web.csrf import returns_form
from sergio.web.pages import page

bp = Blueprint("refunds", __name__, url_prefix="/<int:number>")


@bp.get("/refund")
def new(number):
    """The form, filled in with all that is left of the payment."""
    payment = company_payment(number)
    refuse_unrefundable(payment, clock.now())
    return form_page(payment, RefundForm(payment))


@bp.post("/refund")
@returns_form
def create(number):
    """First the page that says who gets what back, then the refund."""
    payment = company_payment(number)
    if not g.csrf_failed:
        lock(payment)
    form = RefundForm(payment)
    if not form.validate_on_submit():
        return form_page(payment, form, 422)
    if form.confirmed.data != str(form.total):
        return confirmation(payment, form)
    made = RefundRequest.make(payment, form.total, by=g.actor, at=clock.now(), **form.values)
    request_id, amount, by_hand = made.id, payment.money(made.amount), made.status == BY_HAND
    db.session.commit()
    if by_hand:
        flash(_("The refund of %(amount)s is recorded.", amount=amount), "success")
    else:
        send(request_id, amount)
    return redirect(url_for("office.payments.show", number=number), 303)


@bp.post("/refunds/<int:request_id>/undoing")
def undo(number, request_id):
    """Take back a refund that was recorded by hand, by mistake."""
    payment = company_payment(number)
    mine = RefundRequest.payment_id == payment.id, RefundRequest.id == request_id, RefundRequest.status == BY_HAND
    made = db.one_or_404(select(RefundRequest).where(RefundRequest.company_id == g.company.id, *mine))
    made.undo(by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("The refund is undone."), "success")
    return redirect(url_for("office.payments.show", number=number), 303)


def send(request_id: int, amount: str):
    """Send it to Stripe now, and say what came of it."""
    try:
        sent = refunding.send(request_id)
    except Unavailable:
        flash(_("Stripe isn't responding right now. The refund is saved, and is sent as soon as Stripe responds."))
        return
    if sent.status == REFUSED:
        flash(sent.trouble)
    elif sent.status == SENT:
        flash(_("%(amount)s is on its way back to the customer.", amount=amount), "success")


def company_payment(number: int) -> Payment:
    """A payment of the company with its charge and all that was refunded of it; any other is 404."""
    query = select(Payment).where(Payment.company_id == g.company.id, Payment.number == number)
    invoice = joinedload(Payment.invoice, innerjoin=True)
    charge = joinedload(Payment.attempt).selectinload(PaymentAttempt.payments)
    query = query.options(
        invoice.joinedload(Invoice.customer, innerjoin=True),
        charge.joinedload(Payment.invoice, innerjoin=True).selectinload(Invoice.entries),
        charge.selectinload(Payment.refunds),
        charge.selectinload(Payment.disputes),
    )
    return db.one_or_404(query)


def form_page(payment: Payment, form: RefundForm, status: int = 200):
    return page(
        "payments/office/refund.html",
        status=status,
        form=form,
        payment=payment,
        several=len(payment.charge) > 1,
        left=left_of(payment),
        left_of_charge=left_of_charge(payment),
    )


def confirmation(payment: Payment, form: RefundForm):
    """Who gets how much back, how, and when; with the same values to send once more."""
    invoices = [each.invoice.reference for each in payment.charge] if form.is_whole else [payment.invoice.reference]
    arrives = when_it_arrives(payment.method) if form.through_stripe else ""
    sent = [(name, value) for name, value in request.form.items() if name not in ("csrf_token", "confirmed")]
    return page(
        "payments/office/refund_confirm.html",
        payment=payment,
        form=form,
        invoices=", ".join(invoices),
        arrives=arrives,
        sent=sent,
    )
