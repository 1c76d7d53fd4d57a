"""Paying an invoice, and the receipt."""

from functools import cache

from flask import Blueprint, request, url_for
from sqlalchemy import Select, and_, bindparam, func, select
from sqlalchemy.orm import aliased, contains_eager, joinedload

from sergio.auth.viewer import viewer
from sergio.companies.current import today
from sergio.database.company_scope import COMPANY
from sergio.extensions import db
from sergio.invoices.labels import PAYABLE
from sergio.invoices.models import Invoice
from sergio.invoices.portal import own_invoice
from sergio.payments import debits, part_forms, pay_page, pdf, steps
from sergio.payments.away import show_stripe_away
from sergio.payments.bills import Bill, TotalChanged
from sergio.payments.models import Payment, PaymentAttempt, PaymentAttemptPart
from sergio.web import responses
from sergio.web.pages import go, page

PATIENCE = 30

bp = Blueprint("payments", __name__, url_prefix="")
show_stripe_away(bp)


@bp.get("/invoices/<int:number>/pay")
def new(number):
    """The ways to pay an invoice; see `pay_page.show`."""
    invoice = own_invoice(number)
    if invoice.status_on(today()) not in PAYABLE:
        return go(url_for("portal.invoices.show", number=number))
    bill, form = part_forms.asked(invoice)
    return pay_page.show(bill, part_form=form)


@bp.post("/invoices/<int:number>/pay")
def create(number):
    """Pay it, or the part in `?amount=`, or go on to the card form; a second press, tab or try finds the same
    attempt.
    """
    bill, form = part_forms.asked(own_invoice(number))
    if form and form.errors:
        return pay_page.ways_to_pay(bill, part_form=form)
    try:
        return pay_page.pay(bill, shown=request.form.get("total", type=int))
    except TotalChanged:
        db.session.rollback()
        invoice = own_invoice(number)
        bill, form = part_forms.asked(invoice)
        if bill.part and pay_page.was_pressed_before(bill):
            return go(bill.status_url)
        return pay_page.ask_again(bill, part_form=form)


@bp.get("/invoices/<int:number>/payment")
def show(number):
    """The status of the payment as webhooks and the reconciler recorded it; the page polls for about a minute."""
    invoice = own_invoice(number)
    attempt = pay_page.attempt_for(newest_attempt(), invoice)
    if attempt is None:
        return go(invoice.portal_path)
    bill = Bill.of_attempt(attempt)
    if "payment_intent_client_secret" in request.args:
        failed = request.args.get("redirect_status") == "failed"
        return go(bill.url() if failed else bill.status_url)
    polls = request.args.get("polls", 0, type=int)
    return page(
        "payments/portal/show.html",
        "payment",
        invoice=invoice,
        attempt=attempt,
        steps=steps.of_attempt(attempt),
        bill=bill,
        again=bill.url(),
        arrives=debits.arrives_by(viewer.company, attempt.processing_since) if attempt.processing_since else "",
        polls=polls,
        patient=polls < PATIENCE,
        receipt_to=viewer.email_of(attempt.contact) if attempt.contact else "",
    )


@bp.get("/payments/<int:number>/receipt.pdf")
def receipt(number):
    return responses.pdf(pdf.pdf_of(own_payment(number)).content(), f"receipt-{number}")


def own_payment(number) -> Payment:
    """The customer's payment; to anyone else it does not exist."""
    return db.one_or_404(payment_of_customer(), viewer.whose | {"number": number})


@cache
def payment_of_customer() -> Select:
    mine = Invoice.company_id == COMPANY, Invoice.customer_id == bindparam("customer_id")
    whole = contains_eager(Payment.invoice).joinedload(Invoice.issued_copy)
    return select(Payment).join(Payment.invoice).where(*mine, Payment.number == bindparam("number")).options(whole)


@cache
def newest_attempt() -> Select:
    """The newest attempt to pay an invoice, with all that its charge pays, in one statement."""
    any_part = aliased(PaymentAttemptPart)
    of_invoice = any_part.company_id == COMPANY, any_part.invoice_id == bindparam("invoice_id")
    newest = select(func.max(any_part.attempt_id)).where(*of_invoice).scalar_subquery()
    query = select(PaymentAttempt).where(PaymentAttempt.company_id == COMPANY, PaymentAttempt.id == newest)
    part, paid = PaymentAttemptPart, Payment
    query = query.join(PaymentAttempt.parts).join(part.invoice)
    same = paid.company_id == COMPANY, paid.attempt_id == part.attempt_id, paid.invoice_id == part.invoice_id
    query = query.outerjoin(paid, and_(*same))
    parts = contains_eager(PaymentAttempt.parts).contains_eager(part.invoice)
    payments = contains_eager(PaymentAttempt.payments)
    returned = payments.joinedload(paid.refunds), payments.joinedload(paid.disputes)
    whole = parts, payments, *returned, joinedload(PaymentAttempt.contact)
    return query.order_by(part.invoice_id).options(*whole)
