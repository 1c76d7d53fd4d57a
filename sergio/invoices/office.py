"""Invoices, for staff."""

from flask import Blueprint, g, request
from sqlalchemy import select
from sqlalchemy.orm import joinedload

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
    """All invoices, overdue first."""
    paging, rows = listing.of_company(g.company, request.args, today())
    return page("invoices/office/index.html", "invoices", paging=paging, rows=rows)


@bp.get("/<int:number>")
@revalidated
def show(number):
    """One invoice with its ledger; its attempts at Stripe are on a page of the payments."""
    invoice = company_invoice(number)
    status = invoice.status_on(today())
    return page(
        "invoices/office/show.html",
        invoice=invoice,
        document=invoice.document,
        current_status=status,
        timing=labels.timing(g.company, invoice, status, today()),
        labels=labels,
    )


@bp.get("/<int:number>.pdf")
def download(number):
    invoice = company_invoice(number, joinedload(Invoice.issued_copy))
    return responses.pdf(pdf.pdf_of(invoice, today()).content(), f"invoice-{number}")


def company_invoice(number, *loaded) -> Invoice:
    """The company's invoice with its document and ledger, or just what these options load; 404 for any other."""
    query = select(Invoice).where(Invoice.company_id == g.company.id, Invoice.number == number)
    return db.one_or_404(query.options(*(loaded or Invoice.whole())))
