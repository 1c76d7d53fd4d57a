"""After the response: rendering the PDF of an invoice."""

from sqlalchemy import select

from sergio.extensions import db
from sergio.invoices import pdf
from sergio.invoices.models import Invoice
from sergio.jobs import DOCUMENTS, job
from sergio.lib import clock
from sergio.lib.language import lazy_gettext as _l


@job("invoices.keep_pdf", lane=DOCUMENTS, label=_l("Rendering the PDF of an invoice"))
def keep_pdf(invoice_id: int):
    invoice = db.session.scalars(select(Invoice).where(Invoice.id == invoice_id).options(*Invoice.whole())).one()
    pdf.pdf_of(invoice, invoice.company.day(clock.now())).keep()
