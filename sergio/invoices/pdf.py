"""An invoice as a PDF: the document that was issued, and what is paid of it."""

from datetime import date, datetime, time
from functools import partial

from sergio.companies import logos
from sergio.companies.letterhead import form_labels, letterhead
from sergio.files.pdf import Pdf
from sergio.invoices.document import Document, DocumentLine
from sergio.invoices.emails import pay_link
from sergio.invoices.labels import PAYABLE, customers_label, totals
from sergio.invoices.ledger import DRAFT, OVERDUE, OVERPAID, PAID
from sergio.invoices.models import Invoice
from sergio.lib import qr, typst
from sergio.lib.language import gettext as _
from sergio.lib.language import speaking


def pdf_of(invoice: Invoice, on: date) -> Pdf:
    """The PDF of an issued invoice with its status on a day."""
    document = invoice.document
    midnight = datetime.combine(document.issued_on, time(), document.company.zone)
    name, template = f"invoices/{invoice.number}", "invoices/pdf/invoice.typ"
    state = state_of(invoice, document, invoice.status_on(on))
    return Pdf(invoice.company_id, name, state, template, partial(values, invoice, document, on), midnight)


def draft_content(draft: Invoice, on: date) -> bytes:
    """The PDF of a draft as it would be issued on a day. It is not kept."""
    document = draft.document_on(on)
    midnight = datetime.combine(on, time(), document.company.zone)
    with speaking(document.company.language):
        shown = in_words(draft, document, DRAFT)
    return typst.render_apart("invoices/pdf/invoice.typ", shown, at=midnight)


def state_of(invoice: Invoice, document: Document, status: str) -> dict:
    """What `values` depend on. With `voided` and `corrected`, the sums determine `Invoice.paid`."""
    return {
        "document": document.content,
        "status": status,
        "sums": [invoice.total, invoice.due, invoice.refunded, invoice.disputed],
        "voided": invoice.voided_at is not None,
        **({"corrected": [invoice.credited, invoice.written_off]} if invoice.credited or invoice.written_off else {}),
        "link": url(invoice) if status in PAYABLE else None,
        **({"pay": pay_link(invoice)} if can_be_paid(invoice, status) else {}),
        "line_prices": invoice.company.shows_line_prices,
        "reach": [invoice.company.national_phone, invoice.company.email] if status == OVERPAID else None,
    }


def values(invoice: Invoice, document: Document, on: date) -> dict:
    """The values of the template, all as text in the language it was issued in; the template's head lists the keys."""
    with speaking(document.company.language):
        return in_words(invoice, document, invoice.status_on(on))


def in_words(invoice: Invoice, document: Document, status: str) -> dict:
    company = document.company
    content = document.content
    title = _("Draft invoice from %(company)s", company=company.name)
    if invoice.number:
        title = _("Invoice %(number)s from %(company)s", number=document.reference, company=company.name)
    return {
        **letterhead(company, title, logos.printed(invoice.company_id, company.logo)),
        "customer": {"name": content["customer"]["name"], "address": []},
        "property": {"name": None, "address": document.place} if document.place else None,
        "status": {"label": customers_label(invoice, status), "tone": tone(status)},
        "headline": headline(invoice, document, status),
        "link": link(invoice) if status in PAYABLE else None,
        "pay": scan_to_pay(invoice) if can_be_paid(invoice, status) else None,
        "labels": form_labels(invoice.company, title=_("Invoice"), customer=_("Billed to")),
        "facts": facts(document),
        "lines": [line_of(document, line, invoice.company) for line in document.lines],
        "totals": [total_row(label, amount) for label, amount in totals(invoice, document)],
        "notes": notes(invoice, document, status),
        "terms": content["terms"] or None,
    }


def tone(status: str) -> str:
    return {PAID: "good", OVERDUE: "bad"}.get(status, "quiet")


def headline(invoice: Invoice, document: Document, status: str) -> str | None:
    if status == OVERPAID:
        return _("Overpaid by %(amount)s", amount=document.money(invoice.surplus))
    if status not in PAYABLE:
        return None
    day = document.company.short_day(document.due_on)
    return _("%(amount)s due %(day)s", amount=document.money(invoice.due), day=day)


def notes(invoice: Invoice, document: Document, status: str) -> str | None:
    """The invoice's notes; of an overpaid one, first what happens with the surplus."""
    refund = _("We will refund the overpayment or credit it to you.")
    overpaid = f"{refund} {invoice.company.how_to_reach}" if status == OVERPAID else ""
    return "\n\n".join(part for part in (overpaid, document.content["notes"]) if part) or None


def link(invoice: Invoice) -> dict:
    return {"text": _("Pay online"), "url": url(invoice)}


def url(invoice: Invoice) -> str:
    return invoice.company.url(invoice.portal_path)


def can_be_paid(invoice: Invoice, status: str) -> bool:
    """Whether the document shows the QR code: something is due, and the customer can pay it in the portal. What was
    kept without one, such as a paid invoice, stays as it is.
    """
    company = invoice.company
    pays_here = company.has_portal and company.shows_invoices and company.takes_payments_for(invoice.number)
    return status in PAYABLE and pays_here


def scan_to_pay(invoice: Invoice) -> dict:
    """The QR code that leads to paying it, and the same address for those who type it."""
    link = pay_link(invoice)
    return {"qr": qr.svg(link), "text": _("Scan to pay, or go to:"), "url": link, "shown": link.partition("://")[2]}


def facts(document: Document) -> list[dict]:
    """Number and dates."""
    day = document.company.short_day
    pairs = [
        (_("Invoice number"), document.reference or _("Draft")),
        (_("Issued"), day(document.issued_on)),
        (_("Due"), day(document.due_on)),
    ]
    return [{"label": label, "value": value} for label, value in pairs]


def line_of(document: Document, line: DocumentLine, company) -> dict:
    return {
        "description": line.description,
        "detail": line.detail or None,
        "mark": None,
        "date": None,
        "quantity": document.quantity(line),
        "unit_price": document.money(line.unit_price),
        "discount": (document.discount(line) or None) if company.shows_line_prices else None,
        "amount": document.money(line.amount),
    }


def total_row(label: str, amount: str) -> dict:
    return {"label": label, "amount": amount, "strong": label in (_("Total"), _("Amount due"), _("Overpaid"))}
