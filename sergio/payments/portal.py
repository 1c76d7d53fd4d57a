"""Paying an invoice, and the receipt."""

from flask import Blueprint, Response, current_app, g, request, url_for
from flask_login import current_user
from sqlalchemy.orm import joinedload, selectinload

from sergio.companies.current import today
from sergio.extensions import db
from sergio.invoices.labels import PAYABLE
from sergio.invoices.models import Invoice
from sergio.payments import checkout, csp, pdf
from sergio.payments.models import Payment, PaymentAttempt
from sergio.payments.stripe import declines
from sergio.payments.stripe.gateway import Gateway, Rejected, Unavailable
from sergio.payments.stripe.types import Intent
from sergio.web import responses
from sergio.web.pages import go, page

PATIENCE = 30

bp = Blueprint("payments", __name__, url_prefix="")


@bp.get("/invoices/<int:number>/pay")
def new(number):
    """The card form; before there is an intent to fill it for, a button that makes one."""
    invoice = own_invoice(number)
    if invoice.status_on(today()) not in PAYABLE:
        return go(url_for("portal.invoices.show", number=number))
    attempt = db.session.scalar(PaymentAttempt.open_for(invoice.id))
    asked = {"number": number, "title": invoice.title, "amount": invoice.money(invoice.due)}
    if attempt is None or attempt.intent is None or not attempt.fits(invoice) or attempt.contact_id != current_user.id:
        return page("payments/portal/start.html", asked=asked, by_card=g.company.takes_cards)
    try:
        found = read(attempt.account, attempt.intent)
    except Rejected:  # it is gone at Stripe; the button ends the attempt and begins another
        return page("payments/portal/start.html", asked=asked, by_card=g.company.takes_cards)
    return card_form(found, asked)


@bp.post("/invoices/<int:number>/pay")
def create(number):
    """Make sure there is one intent to pay what is due; a second press, tab or try finds the same one."""
    checkout.begin(own_invoice(number).id, current_user.id)
    return go(url_for(".new", number=number))


@bp.get("/invoices/<int:number>/payment")
def show(number):
    """Where paying ends. It only reads: what it shows is what Stripe has told us by now, and until then it waits."""
    if "payment_intent_client_secret" in request.args:
        failed = request.args.get("redirect_status") == "failed"
        return go(url_for(".new" if failed else ".show", number=number))
    invoice = own_invoice(number)
    attempt = db.session.scalars(PaymentAttempt.of(invoice.id).options(joinedload(PaymentAttempt.payment))).first()
    if attempt is None:
        return go(url_for("portal.invoices.show", number=number))
    asked = request.args.get("asked", 0, type=int)
    return page(
        "payments/portal/show.html",
        "payment",
        invoice=invoice,
        attempt=attempt,
        asked=asked,
        patient=asked < PATIENCE,
    )


@bp.get("/payments/<int:number>/receipt.pdf")
def receipt(number):
    """The proof that money came in."""
    return responses.pdf(pdf.printed(own_payment(number)), f"receipt-{number}")


@bp.errorhandler(Unavailable)
def stripe_is_away(trouble):
    """Stripe does not answer, or not as it should: nothing is lost, and the rest of the portal goes on."""
    current_app.logger.warning("Stripe: %s", trouble)
    db.session.rollback()
    return page("payments/portal/away.html", status=503, address=request.path)


def card_form(found: Intent, asked: dict) -> Response:
    """The form for an intent, or where to go when it is past paying."""
    if found.status in ("succeeded", "processing"):
        return go(url_for(".show", number=asked["number"]))
    if found.status == "canceled":
        return page("payments/portal/start.html", asked=asked, by_card=True)
    csp.allow_stripe(config())
    return page(
        "payments/portal/new.html",
        asked=asked,
        found=found,
        refusal=declines.as_row(found.decline),
        words={code: str(sentence) for code, sentence in declines.WORDS.items()},
        back=g.company.url(url_for(".show", number=asked["number"])),
        stripe_js=config().stripe_js_url,
        key=config().stripe_publishable_key,
    )


def read(account: str, intent: str) -> Intent:
    """The intent at Stripe. What was loaded stays at hand; the database is let go of meanwhile."""
    db.session.close()
    return Gateway(account).read(intent)


def own_invoice(number) -> Invoice:
    """The signed-in customer's invoice with its ledger; to anyone else it does not exist."""
    query = Invoice.of(current_user.customer).where(Invoice.number == number).options(joinedload(Invoice.entries))
    return db.one_or_404(query)


def own_payment(number) -> Payment:
    """The signed-in customer's payment; to anyone else it does not exist."""
    whole = joinedload(Payment.invoice), selectinload(Payment.refunds)
    query = Payment.of(current_user.customer).where(Payment.number == number).options(*whole)
    return db.one_or_404(query)


def config():
    return current_app.config["SERGIO"]
