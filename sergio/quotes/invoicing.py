"""The invoices of an accepted quote: its deposit, and the rest. Together they are the total that was accepted."""

from datetime import datetime

from sqlalchemy import Row, bindparam, select

from sergio import pricing
from sergio.audit.actor import Actor
from sergio.database.company_scope import COMPANY
from sergio.extensions import db
from sergio.invoices.lines import InvoiceLine
from sergio.invoices.models import QUOTE_PARTS, Invoice
from sergio.lib.language import gettext as _
from sergio.lib.language import speaking
from sergio.lib.refused import Refused

DEPOSIT, REST = QUOTE_PARTS
LONGEST_TITLE = 200
DEPOSIT_INVOICE = select(Invoice.number, Invoice.status, Invoice.due, Invoice.currency).where(
    Invoice.company_id == COMPANY,
    Invoice.quote_id == bindparam("quote_id"),
    Invoice.quote_part == DEPOSIT,
    Invoice.voided_at.is_(None),
)


def invoice_deposit(quote, *, by: Actor, at: datetime) -> Invoice:
    """Issue the invoice of the deposit, due at once."""
    offer = quote.lock_accepted().offer
    amount = offer.get("deposit", 0)
    if not amount:
        raise Refused(_("Quote %(number)s asks for no deposit.", number=quote.number))
    issued = parts_of(quote)
    refuse_second(issued, DEPOSIT)
    refuse_draft(quote)
    if amount > offer["total"] - sum(invoice.total for invoice in issued):
        [rest] = issued
        raise Refused(_("Invoice %(number)s already asks for the whole quote.", number=rest.reference))
    with speaking(offer["company"]["language"]):
        title = _("Deposit: %(title)s", title=offer["title"])[:LONGEST_TITLE]
        line = InvoiceLine(description=_("Deposit for quote %(number)s", number=quote.number), unit_price=amount)
    return issue(quote, DEPOSIT, title, [line], by=by, at=at, due_on=quote.company.day(at))


def deposit_to_pay(quote, *, by: Actor, at: datetime) -> Invoice:
    """The invoice of the deposit, issued unless it was before."""
    quote.lock_accepted()
    issued = next((invoice for invoice in parts_of(quote) if invoice.quote_part == DEPOSIT), None)
    return issued or invoice_deposit(quote, by=by, at=at)


def invoice_rest(quote, *, by: Actor, at: datetime) -> Invoice:
    """Issue the invoice of everything that was accepted, less the deposit that was invoiced."""
    offer = quote.lock_accepted().offer
    issued = parts_of(quote)
    refuse_second(issued, REST)
    refuse_draft(quote)
    if issued and sum(invoice.total for invoice in issued) == offer["total"]:
        raise Refused(_("The deposit already covers the whole quote."))
    with speaking(offer["company"]["language"]):
        lines = [*accepted_lines(offer), *map(deducted, issued)]
    return issue(quote, REST, offer["title"], lines, by=by, at=at)


def issue(quote, part: str, title: str, lines: list[InvoiceLine], *, by: Actor, at: datetime, **more) -> Invoice:
    offer = quote.acceptance.offer
    about = {"quote_id": quote.id, "quote_part": part, "place": quote.place, "terms": offer["terms"]}
    about["currency"] = offer["company"]["currency"]
    return Invoice.issue(quote.customer, title, lines, by=by, at=at, **about, **more)


def has_draft_of_rest(quote) -> bool:
    """Whether the rest is in a draft, as those from appointments are."""
    mine = Invoice.company_id == quote.company_id, Invoice.quote_id == quote.id
    return (
        db.session.scalar(select(Invoice.id).where(*mine, Invoice.quote_part == REST, Invoice.is_draft())) is not None
    )


def parts_of(quote) -> list[Invoice]:
    """The invoices of the deposit and the rest that are not void, each locked."""
    return [invoice for invoice in invoices_of(quote) if invoice.quote_part]


def invoices_of(quote) -> list[Invoice]:
    """All invoices of the quote that were issued and are not void, each locked."""
    mine = Invoice.company_id == quote.company_id, Invoice.quote_id == quote.id
    standing = Invoice.number.is_not(None), Invoice.voided_at.is_(None)
    rows = select(Invoice).where(*mine, *standing).order_by(Invoice.id).with_for_update()
    return list(db.session.scalars(rows, execution_options={"populate_existing": True}))


def deposit_invoice(quote) -> Row | None:
    """Number, status, amount due and currency of the deposit's invoice, unless it is void."""
    return db.session.execute(DEPOSIT_INVOICE, {"company_id": quote.company_id, "quote_id": quote.id}).first()


def refuse_second(issued: list[Invoice], part: str):
    if again := next((invoice for invoice in issued if invoice.quote_part == part), None):
        raise Refused(_("Invoice %(number)s was already created for this.", number=again.reference))


def refuse_draft(quote):
    """Raise `Refused` while a draft has the lines that were accepted, less the deposit as it was then."""
    if has_draft_of_rest(quote):
        raise Refused(_("There is already a draft invoice for this quote. Issue or delete it first."))


def accepted_lines(offer: dict) -> list[InvoiceLine]:
    """The lines of an offer, with the discount they were accepted with."""
    copied = ("description", "detail", "quantity", "unit", "unit_price", "tax_ppm")
    discounts = ("discount_rate", "discount")
    return [
        InvoiceLine(**{name: line[name] for name in copied}, **{name: line.get(name, 0) for name in discounts})
        for line in pricing.in_ppm(offer)["lines"]
    ]


def deducted(deposit: Invoice) -> InvoiceLine:
    text = _("Deposit, invoice %(number)s", number=deposit.reference)
    return InvoiceLine(description=text, unit_price=-deposit.total)


def void_all(quote, *, by: Actor, at: datetime):
    """Void the invoices of a quote whose acceptance is undone; `Refused` if one has a payment, also one that is
    processing, or if there is a draft, which may have been worked on.
    """
    refuse_draft(quote)
    issued = invoices_of(quote)
    for invoice in issued:
        if invoice.clearing_since or invoice.paid or invoice.refunded or invoice.disputed:
            text = _("Invoice %(number)s for this quote has a payment, so the acceptance cannot be undone.")
            raise Refused(text % {"number": invoice.reference})
    for invoice in sorted(issued, key=lambda each: each.quote_part == DEPOSIT):  # after the rest, which deducts it
        invoice.void(by=by, at=at)
