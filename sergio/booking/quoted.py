"""What the accepted quote of an appointment says is to be done, and what of it is still to be invoiced."""

from typing import NamedTuple

from sqlalchemy import select

from sergio import pricing
from sergio.booking.models import Appointment
from sergio.extensions import db
from sergio.invoices.models import COPIED, Invoice, InvoiceLine
from sergio.lib.language import gettext as _
from sergio.quotes.models import Quote


class Work(NamedTuple):
    """A line of a quote without its amounts."""

    description: str
    detail: str
    quantity: str


def work_of_quote(appointment: Appointment) -> list[Work]:
    """The lines that were accepted; nothing without an accepted quote."""
    quote = appointment.quote
    lines = quote.acceptance.offer["lines"] if quote and quote.acceptance else []
    return [Work(line["description"], line["detail"], quantity(line)) for line in lines]


def quantity(line: dict) -> str:
    """ "4 rooms"; empty for one of something without a unit."""
    if line["quantity"] == pricing.ONE and not line["unit"]:
        return ""
    return f"{pricing.format_quantity(line['quantity'])} {line['unit']}".strip()


def lines_to_invoice(quote: Quote) -> list[InvoiceLine]:
    """Everything that was accepted, less the invoices there are; nothing if these are for all of it.

    The quote is locked until the commit, so that two who ask at once do not both get its lines.
    """
    mine = Quote.company_id == quote.company_id, Quote.id == quote.id
    db.session.execute(select(Quote.id).where(*mine).with_for_update())
    db.session.refresh(quote, ["acceptance"])
    if quote.acceptance is None:
        return []
    offer, issued = quote.acceptance.offer, standing_invoices(quote)
    if issued and sum(invoice.price.total for invoice in issued) >= offer["total"]:
        return []
    accepted = [InvoiceLine(**{name: line[name] for name in COPIED if name in line}) for line in offer["lines"]]
    return [*accepted, *map(deducted, issued)]


def standing_invoices(quote: Quote) -> list[Invoice]:
    """The invoices and drafts of a quote, without those that are void."""
    mine = Invoice.company_id == quote.company_id, Invoice.quote_id == quote.id
    rows = select(Invoice).where(*mine, Invoice.voided_at.is_(None)).order_by(Invoice.id)
    return list(db.session.scalars(rows))


def deducted(invoice: Invoice) -> InvoiceLine:
    text = _("Already on invoice %(number)s", number=invoice.number) if invoice.number else _("Already on a draft")
    return InvoiceLine(description=text, unit_price=-invoice.price.total)
