"""A customer's own invoices."""

from flask import Blueprint, g, request

from sergio.auth.viewer import viewer
from sergio.companies.current import today
from sergio.extensions import db
from sergio.invoices import labels, listing, pdf
from sergio.invoices.models import Invoice
from sergio.web import responses
from sergio.web.pages import page

bp = Blueprint("invoices", __name__, url_prefix="/invoices")


@bp.get("")
def index():
    """The customer's invoices, overdue first."""
    paging, rows = listing.of_customer(viewer.customer, request.args, today())
    return page("invoices/portal/index.html", "invoices", paging=paging, rows=rows)


@bp.get("/<int:number>")
def show(number):
    invoice = own_invoice(number)
    status = invoice.status_on(today())
    return page(
        "invoices/portal/show.html",
        invoice=invoice,
        document=invoice.document,
        current_status=status,
        timing=labels.timing(g.company, invoice, status, today()),
        labels=labels,
        by_card=g.company.takes_cards,
    )


@bp.get("/<int:number>.pdf")
def download(number):
    return responses.pdf(pdf.printed(own_invoice(number), today()), f"invoice-{number}")


def own_invoice(number) -> Invoice:
    """The customer's own invoice with its document and ledger; 404 for any other."""
    return db.one_or_404(Invoice.own(), viewer.whose | {"number": number})
