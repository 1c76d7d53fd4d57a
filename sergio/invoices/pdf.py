"""An invoice on paper. One that is paid or void is printed from what no longer changes, so its bytes stay the same."""

from datetime import date, datetime, time

from flask_babel import gettext as _

from sergio.companies.letterhead import form_words, letterhead
from sergio.invoices.labels import PAYABLE, label, quantity, totals
from sergio.invoices.models import OVERDUE, OVERPAID, Invoice
from sergio.lib import typst


def printed(invoice: Invoice, on: date) -> bytes:
    """The PDF of an invoice as it stands on a day."""
    issued_at = datetime.combine(invoice.issued_on, time(), invoice.company.zone)
    return typst.render("invoices/pdf/invoice.typ", document(invoice, on), at=issued_at)


def document(invoice: Invoice, on: date) -> dict:
    """What the template shows, every value worded: see its head for the keys."""
    company, status = invoice.company, invoice.status(on)
    title = _("Invoice %(number)s from %(company)s", number=invoice.number, company=company.name)
    return {
        **letterhead(company, title),
        "customer": {"name": invoice.customer.name, "address": []},
        "property": {"name": None, "address": invoice.place.address_lines} if invoice.place else None,
        "status": {"label": label(invoice, status), "tone": tone(status)},
        "headline": headline(invoice, status),
        "link": link(invoice) if status in PAYABLE else None,
        "labels": form_words(title=_("Invoice"), customer=_("Billed to")),
        "facts": facts(invoice),
        "lines": [line_of(invoice, line) for line in invoice.lines],
        "totals": [row(label, amount) for label, amount in totals(invoice)],
        "notes": notes(invoice, status),
        "terms": invoice.terms or None,
    }


def tone(status: str) -> str:
    return {"paid": "good", OVERDUE: "bad"}.get(status, "quiet")


def headline(invoice: Invoice, status: str) -> str | None:
    """What matters most, in a line."""
    if status == OVERPAID:
        return _("Overpaid by %(amount)s", amount=invoice.company.money(invoice.surplus))
    if status not in PAYABLE:
        return None
    company = invoice.company
    return _("%(amount)s due %(day)s", amount=company.money(invoice.due), day=company.short_day(invoice.due_on))


def notes(invoice: Invoice, status: str) -> str | None:
    """The invoice's own notes, after what becomes of money that was paid too much."""
    refund = _("We will refund what you paid too much or credit it to you.")
    said = f"{refund} {invoice.company.how_to_reach}" if status == OVERPAID else ""
    return "\n\n".join(part for part in (said, invoice.notes) if part) or None


def link(invoice: Invoice) -> dict:
    """Where to pay it."""
    return {"text": _("Pay online"), "url": invoice.company.url(f"/portal/invoices/{invoice.number}")}


def facts(invoice: Invoice) -> list[dict]:
    """Number and days."""
    day = invoice.company.short_day
    pairs = [
        (_("Invoice number"), str(invoice.number)),
        (_("Issued"), day(invoice.issued_on)),
        (_("Due"), day(invoice.due_on)),
    ]
    return [{"label": label, "value": value} for label, value in pairs]


def line_of(invoice: Invoice, line) -> dict:
    money = invoice.company.money
    return {
        "description": line.description,
        "detail": line.detail or None,
        "mark": None,
        "date": None,
        "quantity": quantity(line, invoice.company.language),
        "unit_price": money(line.unit_price),
        "amount": money(line.amount),
    }


def row(label: str, amount: str) -> dict:
    return {"label": label, "amount": amount, "strong": label in (_("Total"), _("To pay"), _("Overpaid"))}
