"""The payments, as staff see them."""

from flask import Blueprint, abort, g, request
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from sergio.extensions import db
from sergio.invoices.models import Invoice
from sergio.lib.htmx import page
from sergio.lib.paging import Paging
from sergio.payments import declines, listing
from sergio.payments.events import REASONS, StripeEvent
from sergio.payments.models import PaymentAttempt

bp = Blueprint("payments", __name__, url_prefix="/payments")


@bp.get("")
def index():
    """What came in, newest first, and what Stripe told us that moved no money."""
    paging = Paging("/office/payments", request.args, {"all": _l("All")})
    rows = listing.of_company(g.company, paging)
    parked = db.session.scalars(StripeEvent.parked_for(g.company).limit(20)).all()
    return page("payments/office/index.html", "payments", paging=paging, rows=rows, parked=parked, reasons=REASONS)


@bp.get("/of-invoice/<int:number>")
def of_invoice(number):
    """The attempts to pay one invoice by card."""
    query = select(Invoice.id).where(Invoice.company_id == g.company.id, Invoice.number == number)
    invoice_id = db.session.scalar(query) or abort(404)
    attempts = db.session.scalars(PaymentAttempt.of(invoice_id)).all()
    return page(
        "payments/office/of_invoice.html",
        "attempts",
        number=number,
        attempts=attempts,
        states=listing.STATES,
        reasons=REASONS,
        declined=declines.worded,
    )
