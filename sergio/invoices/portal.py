"""A customer's own invoices."""

from flask import Blueprint, g, request

import sergio.invoices.jobs  # noqa: F401 - the worker finds its jobs by name
from sergio.auth.viewer import viewer
from sergio.companies.current import today
from sergio.extensions import db
from sergio.invoices import labels, listing, pdf
from sergio.invoices.models import Invoice
from sergio.web import responses
from sergio.web.pages import page
from sergio.web.revalidation import revalidated

bp = Blueprint("invoices", __name__, url_prefix="/invoices")


@bp.get("")
@revalidated
def index():
    """The customer's invoices, overdue first."""
    paging, rows = listing.of_customer(viewer.customer, request.args, today())
    return page("invoices/portal/index.html", "invoices", paging=paging, rows=rows)


@bp.get("/<int:number>")
@revalidated
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
        online=g.company.takes_payments_for(number),
    )


@bp.get("/<int:number>.pdf")
def download(number):
    invoice = own_invoice(number)
    return responses.pdf(pdf.pdf_of(invoice, today()).content(), f"invoice-{invoice.reference}")


def own_invoice(number) -> Invoice:
    """The customer's own invoice with its document and ledger; 404 for any other."""
    return db.one_or_404(Invoice.own(), viewer.whose | {"number": number})
