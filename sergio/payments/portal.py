"""Paying an invoice, and the receipt."""

from functools import cache

from flask import Blueprint, Response, current_app, request, url_for
from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import contains_eager, joinedload

from sergio.auth.viewer import viewer
from sergio.companies.current import today
from sergio.customers.models import Contact
from sergio.database.company_scope import COMPANY
from sergio.extensions import db
from sergio.invoices.labels import PAYABLE
from sergio.invoices.models import Invoice
from sergio.invoices.portal import own_invoice
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.payments import checkout, csp, pdf
from sergio.payments.models import Payment, PaymentAttempt, PaymentAttemptPart
from sergio.payments.stripe import declines
from sergio.payments.stripe.errors import Rejected, Unavailable
from sergio.payments.stripe.gateway import Gateway
from sergio.payments.stripe.types import Intent
from sergio.web import responses
from sergio.web.pages import go, page

PATIENCE = 30

bp = Blueprint("payments", __name__, url_prefix="")


@bp.get("/invoices/<int:number>/pay")
def new(number):
    """The card form; as long as there is no intent, a button that creates one."""
    invoice = own_invoice(number)
    if invoice.status_on(today()) not in PAYABLE:
        return go(url_for("portal.invoices.show", number=number))
    attempt = attempt_for(open_attempt(), invoice)
    bill = {
        "number": number,
        "reference": invoice.reference,
        "title": invoice.title,
        "amount": invoice.money(invoice.due),
    }
    if attempt is None or attempt.intent is None or not is_payable_here(attempt, invoice):
        return page("payments/portal/start.html", bill=bill, by_card=viewer.company.takes_cards_for(number))
    try:
        found = read(attempt.account, attempt.intent)
    except Rejected:  # Stripe no longer has it; the button ends the attempt and starts another
        return page("payments/portal/start.html", bill=bill, by_card=viewer.company.takes_cards_for(number))
    return card_form(found, bill, attempt.method)


@bp.post("/invoices/<int:number>/pay")
def create(number):
    """Create one intent to pay what is due; a second press, tab or try finds the same one."""
    checkout.begin([own_invoice(number).id], payer().id, by=viewer.by)
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


@bp.errorhandler(Unavailable)
def stripe_unavailable(trouble):
    """A page (503) for when Stripe does not respond. Nothing is lost, and the rest of the portal works."""
    current_app.logger.warning("Stripe: %s", trouble)
    db.session.rollback()
    return page("payments/portal/away.html", status=503, url=request.path)


def card_form(found: Intent, bill: dict, method: str) -> Response:
    """The form for an intent, or a redirect once it can no longer be paid."""
    if found.status in ("succeeded", "processing"):
        return go(url_for(".show", number=bill["number"]))
    if found.status == "canceled":
        return page("payments/portal/start.html", bill=bill, by_card=True)
    csp.allow_stripe(config())
    return page(
        "payments/portal/new.html",
        bill=bill,
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
    return contact is not None and attempt.is_for(contact.id, attempt.method) and attempt.fits({invoice: invoice.due})


def read(account: str, intent: str) -> Intent:
    """The intent at Stripe. No database connection is held meanwhile; rows that were loaded can still be read."""
    db.session.close()
    return Gateway(account).read(intent)


def payer() -> Contact:
    """The contact who pays; `Refused` in a preview, which has none."""
    if viewer.contact is None:
        raise Refused(_("You can't pay in a preview."))
    return viewer.contact


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
    return attempts().where(PaymentAttempt.closed_at.is_(None)).options(joinedload(PaymentAttempt.parts))


@cache
def newest_attempt() -> Select:
    whole = joinedload(PaymentAttempt.payments), joinedload(PaymentAttempt.contact)
    return attempts().limit(1).options(*whole)


def config():
    return current_app.config["SERGIO"]
