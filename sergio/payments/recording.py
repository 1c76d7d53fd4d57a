"""Payments that staff record, and undo: cash, checks, transfers."""

from flask import Blueprint, flash, g, redirect, url_for
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from sergio.companies.current import today
from sergio.extensions import db
from sergio.invoices.forms import ReasonForm
from sergio.invoices.lookup import company_invoice, lock_invoice
from sergio.invoices.models import Invoice
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.payments import emails, pdf
from sergio.payments.forms import RecordForm
from sergio.payments.models import Payment
from sergio.web import responses
from sergio.web.csrf import returns_form
from sergio.web.pages import page

bp = Blueprint("recording", __name__)


@bp.get("/of-invoice/<int:number>/recording")
def new(number):
    invoice = company_invoice(number)
    return record_page(invoice, RecordForm(invoice, today()))


@bp.post("/of-invoice/<int:number>/recording")
@returns_form
def create(number):
    invoice = lock_invoice(number)
    form = RecordForm(invoice, today())
    if not form.validate_on_submit():
        return record_page(invoice, form, 422)
    now = clock.now()
    payment = Payment.record(invoice, by=g.actor, at=now, received_at=form.received_at(now), **form.values)
    if form.sends_receipt.data:
        emails.receipt(payment)
    db.session.commit()
    flash(_("The payment of %(amount)s is recorded.", amount=payment.money(payment.amount)), "success")
    return redirect(url_for("office.invoices.show", number=number), 303)


@bp.get("/<int:number>/undoing")
def new_undoing(number):
    payment = recorded_payment(number)
    return undo_page(payment, ReasonForm(payment.invoice))


@bp.post("/<int:number>/undoing")
@returns_form
def undo(number):
    payment = recorded_payment(number)
    invoice = lock_invoice(payment.invoice.number)
    form = ReasonForm(invoice)
    if not form.validate_on_submit():
        return undo_page(payment, form, 422)
    payment.undo(form.reason.data, by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("The payment is undone. The invoice is as it was before it."), "success")
    return redirect(url_for("office.invoices.show", number=invoice.number), 303)


@bp.get("/<int:number>/receipt.pdf")
def receipt(number):
    payment = db.one_or_404(numbered(number))
    return responses.pdf(pdf.pdf_of(payment).content(), f"receipt-{number}")


def numbered(number: int):
    whole = joinedload(Payment.invoice, innerjoin=True)
    query = select(Payment).where(Payment.company_id == g.company.id, Payment.number == number)
    return query.options(whole.joinedload(Invoice.issued_copy), whole.joinedload(Invoice.customer))


def recorded_payment(number: int) -> Payment:
    """A payment that staff recorded; 404 for any other, which only Stripe can return."""
    return db.one_or_404(numbered(number).where(Payment.attempt_id.is_(None)))


def record_page(invoice: Invoice, form: RecordForm, status: int = 200):
    return page("payments/office/record.html", status=status, invoice=invoice, form=form)


def undo_page(payment: Payment, form: ReasonForm, status: int = 200):
    return page("payments/office/undo.html", status=status, payment=payment, invoice=payment.invoice, form=form)
