"""What the accepted quote of an appointment says is to be done, and what of it is still to be invoiced."""

from typing import NamedTuple

from sergio import pricing
from sergio.booking.models import Appointment
from sergio.invoices.models import InvoiceLine
from sergio.quotes import invoicing
from sergio.quotes.invoicing import REST
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
    """Everything that was accepted, less the deposit that was invoiced; nothing if that is invoiced already.

    The quote is locked until the commit, so that two who ask at once do not both get its lines.
    """
    if quote.acceptance is None:
        return []
    offer, issued = quote.lock_accepted().offer, invoicing.parts_of(quote)
    is_over = invoicing.has_draft_of_rest(quote) or any(invoice.quote_part == REST for invoice in issued)
    if is_over or sum(invoice.total for invoice in issued) == offer["total"]:
        return []
    return [*invoicing.accepted_lines(offer), *map(invoicing.deducted, issued)]
