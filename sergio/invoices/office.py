"""Invoices, for staff: the list, and one invoice with its ledger."""

from typing import Any

from flask import Blueprint, g, request
from sqlalchemy.orm import joinedload

from sergio.companies.current import today
from sergio.customers.models import Customer
from sergio.extensions import db
from sergio.invoices import export, labels, listing, pdf
from sergio.invoices.listing import OFFICE_TABS, Filter
from sergio.invoices.lookup import company_invoice
from sergio.invoices.models import Invoice
from sergio.invoices.sending import InvoiceEmail
from sergio.invoices.shown import next_step
from sergio.web import responses, spreadsheets
from sergio.web.pages import page
from sergio.web.revalidation import revalidated

bp = Blueprint("invoices", __name__, url_prefix="/invoices")


@bp.get("")
@revalidated
def index():
    """All invoices, overdue first; narrowed by `?show=`, `?customer=`, `?from=` and `?to=`, sorted by `?sort=`."""
    chosen = Filter.from_query(request.args)
    paging, rows = listing.of_company(g.company, request.args, chosen, today())
    customer = named(chosen.customer) if chosen.customer is not None else None
    sorts = paging.sorts(chosen.sorts(paging.show), chosen.sort_of(paging.show))
    facts: dict[str, Any] = {"sorts": sorts, "chosen": chosen, "customer": customer}
    return page("invoices/office/index.html", "invoices", paging=paging, rows=rows, **facts)


@bp.get("/all.csv")
def export_csv():
    """The invoices of the list as a CSV file."""
    asked = request.args.get("show", "all")
    tab = asked if asked in OFFICE_TABS else "all"
    rows = export.table(g.company, tab, Filter.from_query(request.args), today())
    db.session.close()  # sending the file may take minutes, with no transaction open
    return spreadsheets.download(f"invoices-{today()}", rows)


@bp.get("/<int:number>")
@revalidated
def show(number):
    """One invoice with its ledger and emails; its attempts at Stripe are on a page of the payments."""
    invoice = company_invoice(number)
    status = invoice.status_on(today())
    emails = InvoiceEmail.of(invoice)
    return page(
        "invoices/office/show.html",
        invoice=invoice,
        document=invoice.document,
        current_status=status,
        timing=labels.timing(g.company, invoice, status, today()),
        labels=labels,
        emails=emails,
        step=next_step(status, emails),
    )


@bp.get("/<int:number>.pdf")
def download(number):
    invoice = company_invoice(number, joinedload(Invoice.issued_copy))
    return responses.pdf(pdf.pdf_of(invoice, today()).content(), f"invoice-{invoice.reference}")


def named(number: int) -> str | None:
    """The name of the company's customer with that number; None if there is none."""
    mine = Customer.company_id == g.company.id, Customer.number == number
    return db.session.scalar(db.select(Customer.name).where(*mine))
