"""Paying an invoice, and the receipt."""

from functools import cache

from flask import Blueprint, Response, abort, current_app, request, url_for
from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import contains_eager, joinedload

from sergio.auth.viewer import viewer
from sergio.companies.current import today
from sergio.database.company_scope import COMPANY
from sergio.extensions import db
from sergio.invoices.labels import PAYABLE
from sergio.invoices.models import Invoice
from sergio.invoices.portal import own_invoice
from sergio.payments import charging, checkout, consents, csp, pdf
from sergio.payments.away import show_stripe_away
from sergio.payments.models import Payment, PaymentAttempt, PaymentAttemptPart
from sergio.payments.paying import kept_methods, own_method, payer, refuse_paused
from sergio.payments.saved_forms import consent
from sergio.payments.statuses import PROCESSING, SUCCEEDED
from sergio.payments.stripe import declines
from sergio.payments.stripe.errors import Rejected
from sergio.payments.stripe.gateway import Gateway
from sergio.payments.stripe.types import Intent
from sergio.web import responses
from sergio.web.pages import go, page

PATIENCE = 30

bp = Blueprint("payments", __name__, url_prefix="")
show_stripe_away(bp)


@bp.get("/invoices/<int:number>/pay")
def new(number):
    """The ways to pay; the card form or the bank's question as soon as there is an intent that needs one. `?with=7` is
    the saved method to pay with, `?other` asks for all ways.
    """
    invoice = own_invoice(number)
    if invoice.status_on(today()) not in PAYABLE:
        return go(url_for("portal.invoices.show", number=number))
    refuse_paused()
    attempt = attempt_for(open_attempt(), invoice)
    bill = {
        "number": number,
        "reference": invoice.reference,
        "title": invoice.title,
        "amount": invoice.money(invoice.due),
    }
    chooses = "with" in request.args or "other" in request.args
    if chooses or attempt is None or attempt.intent is None or not is_payable_here(attempt, invoice):
        return ways_to_pay(bill)
    saved_id, shown = attempt.charges_saved_method and attempt.saved_method_id, (bill, attempt.method)
    saves = attempt.saved_method_id is not None and not saved_id
    try:
        found = read(attempt.account, attempt.intent)
    except Rejected:  # Stripe no longer has it; the button ends the attempt and starts another
        return ways_to_pay(bill)
    if saved_id and found.status not in ("requires_action", "succeeded", "processing"):
        return ways_to_pay(bill, declined=declines.sentence_for(found.decline, attempt.method))
    return card_form(found, *shown, saves=saves)


@bp.post("/invoices/<int:number>/pay")
def create(number):
    """Pay with a saved method at once, or create one intent for the card form; a second press, tab or try finds the
    same one.
    """
    invoice = own_invoice(number)
    if "saved" in request.form:
        saved = db.one_or_404(own_method(request.form.get("saved", 0, type=int)))
        charging.pay(invoice.id, payer().id, saved.id, by=viewer.by)
        return go(url_for(".show" if is_taken(invoice.id) else ".new", number=number))
    agreed = consent(consents.TO_SAVE, consents.to_save(viewer.company)) if "save" in request.form else None
    checkout.begin([invoice.id], payer().id, by=viewer.by, consent=agreed)
    return go(url_for(".new", number=number))


@bp.get("/invoices/<int:number>/payment")
def show(number):
    """The status of the payment as webhooks and the reconciler recorded it; the page polls for about a minute."""
    if "payment_intent_client_secret" in request.args:
        failed = request.args.get("redirect_status") == "failed"
        return go(url_for(".new" if failed else ".show", number=number))
    invoice = own_invoice(number)
    attempt = attempt_for(newest_attempt(), invoice)
    if attempt is None:
        return go(url_for("portal.invoices.show", number=number))
    polls = request.args.get("polls", 0, type=int)
    return page(
        "payments/portal/show.html",
        "payment",
        invoice=invoice,
        attempt=attempt,
        polls=polls,
        patient=polls < PATIENCE,
    )


@bp.get("/payments/<int:number>/receipt.pdf")
def receipt(number):
    return responses.pdf(pdf.pdf_of(own_payment(number)).content(), f"receipt-{number}")


def ways_to_pay(bill: dict, *, declined: str = "") -> Response:
    """The page with the methods that the customer saved, one of them chosen, and the button for another card."""
    methods = kept_methods()
    asked = request.args.get("with", 0, type=int)
    chosen = next((each for each in methods if each.id == asked), methods[0] if methods else None)
    if asked and (chosen is None or chosen.id != asked):
        abort(404)
    return page(
        "payments/portal/start.html",
        bill=bill,
        by_card=viewer.company.takes_cards_for(bill["number"]),
        chosen=None if declined else chosen,
        others=[each for each in methods if declined or each is not chosen],
        declined=declined,
        consent=consents.to_save(viewer.company) if viewer.company.saves_methods else "",
    )


def is_taken(invoice_id: int) -> bool:
    """Whether the newest attempt to pay took the money, or its bank is working on it."""
    mine = {"company_id": viewer.company.id, "invoice_id": invoice_id}
    attempt = db.session.scalar(newest_attempt(), mine)
    return attempt is not None and attempt.status in (SUCCEEDED, PROCESSING)


def card_form(found: Intent, bill: dict, method: str, *, saves: bool) -> Response:
    """The form for an intent, or what its bank asks, or a redirect once it can no longer be paid."""
    if found.status in ("succeeded", "processing"):
        return go(url_for(".show", number=bill["number"]))
    if found.status == "canceled":
        return ways_to_pay(bill)
    csp.allow_stripe(config())
    return page(
        "payments/portal/confirm.html" if found.status == "requires_action" else "payments/portal/new.html",
        bill=bill,
        saves=saves,
        found=found,
        decline=declines.sentence_for(found.decline, method),
        declines={code: str(sentence) for code, sentence in declines.SENTENCES.items()},
        back=viewer.company.url(url_for(".show", number=bill["number"])),
        stripe_js=config().stripe_js_url,
        key=config().stripe_publishable_key,
    )


def is_payable_here(attempt: PaymentAttempt, invoice: Invoice) -> bool:
    """Whether the viewer may pay with this attempt: nobody pays another contact's."""
    contact = viewer.contact
    return (
        contact is not None
        and attempt.is_for(contact.id, attempt.method, attempt.saved_method_id)
        and attempt.fits({invoice: invoice.due})
    )


def read(account: str, intent: str) -> Intent:
    """The intent at Stripe. No database connection is held meanwhile; rows that were loaded can still be read."""
    db.session.close()
    return Gateway(account).read(intent)


def own_payment(number) -> Payment:
    """The customer's payment; to anyone else it does not exist."""
    return db.one_or_404(payment_of_customer(), viewer.whose | {"number": number})


def attempt_for(statement: Select, invoice: Invoice) -> PaymentAttempt | None:
    """The first of the attempts to pay an invoice that a statement finds."""
    found = db.session.scalars(statement, {"company_id": invoice.company_id, "invoice_id": invoice.id})
    return found.unique().first()


@cache
def payment_of_customer() -> Select:
    mine = Invoice.company_id == COMPANY, Invoice.customer_id == bindparam("customer_id")
    whole = contains_eager(Payment.invoice).joinedload(Invoice.issued_copy)
    return select(Payment).join(Payment.invoice).where(*mine, Payment.number == bindparam("number")).options(whole)


@cache
def attempts() -> Select:
    """The attempts to pay an invoice, the newest first."""
    part = PaymentAttemptPart
    ids = select(part.attempt_id).where(part.company_id == COMPANY, part.invoice_id == bindparam("invoice_id"))
    mine = PaymentAttempt.company_id == COMPANY, PaymentAttempt.id.in_(ids)
    return select(PaymentAttempt).where(*mine).order_by(PaymentAttempt.id.desc())


@cache
def open_attempt() -> Select:
    whole = joinedload(PaymentAttempt.parts), joinedload(PaymentAttempt.saved_method)
    return attempts().where(PaymentAttempt.closed_at.is_(None)).options(*whole)


@cache
def newest_attempt() -> Select:
    whole = joinedload(PaymentAttempt.payments), joinedload(PaymentAttempt.contact)
    return attempts().limit(1).options(*whole)


def config():
    return current_app.config["SERGIO"]
