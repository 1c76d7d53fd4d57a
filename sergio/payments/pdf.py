"""The receipt of a charge as a PDF, with its invoices and refunds. The letterhead is that of the first invoice."""

from functools import partial

from sergio.companies import logos
from sergio.companies.letterhead import letterhead
from sergio.files.pdf import Pdf
from sergio.lib.language import gettext as _
from sergio.lib.language import pgettext, speaking
from sergio.payments.models import Payment, Refund


def pdf_of(payment: Payment) -> Pdf:
    """The PDF of the receipt of a payment, and of all that were made with it: the same until something is refunded, or
    it is undone.
    """
    payment, *more = payment.charge
    state = {
        "document": payment.invoice.document.content,
        "title": payment.invoice.title,
        **({"more": [each.invoice.document.content for each in more]} if more else {}),
        "refunds": [[refund.amount, refund.at.isoformat()] for refund in refunds(payment)],
        **({"undone": payment.undone_at.isoformat()} if payment.undone_at else {}),
    }
    name, template = f"receipts/{payment.number}", "payments/pdf/receipt.typ"
    return Pdf(payment.company_id, name, state, template, partial(values, payment), payment.at)


def refunds(payment: Payment) -> list[Refund]:
    """The refunds of a charge that went through."""
    return [refund for each in payment.charge for refund in each.refunds if refund.went_through]


def values(payment: Payment) -> dict:
    """The values of the template, all as text in the language of the invoice; the template's head lists the keys."""
    with speaking(payment.invoice.document.company.language):
        return document(payment)


def document(payment: Payment) -> dict:
    issued = payment.invoice.document
    company = issued.company
    returned = refunds(payment)
    title = _("Receipt %(number)s from %(company)s", number=payment.number, company=company.name)
    amount = payment.money(paid(payment))
    day = company.short_day(payment.at)
    return {
        **letterhead(company, title, logos.printed(payment.company_id, company.logo)),
        "customer": {"name": issued.content["customer"]["name"], "address": []},
        "property": {"name": None, "address": issued.place} if issued.place and len(payment.charge) == 1 else None,
        "status": status(payment, returned),
        "headline": _("%(amount)s paid on %(day)s", amount=amount, day=day),
        "link": None,
        "labels": labels(),
        "facts": facts(payment),
        "lines": [
            *(line_of(each) for each in payment.charge),
            *(line_of_refund(payment, refund) for refund in returned),
        ],
        "totals": totals(payment, returned),
        "notes": notes(payment),
    }


def paid(payment: Payment) -> int:
    return sum(each.amount for each in payment.charge)


def notes(payment: Payment) -> str | None:
    """Of a payment that was undone, that it does not count."""
    if payment.undone_at is None:
        return payment.memo or None
    day = payment.company.short_day(payment.undone_at)
    if payment.attempt_id:
        return _("The bank returned this payment on %(day)s. This receipt is void.", day=day)
    return _("This payment was recorded by mistake and undone on %(day)s. This receipt is void.", day=day)


def status(payment: Payment, returned: list[Refund]) -> dict:
    refunded = sum(refund.amount for refund in returned)
    if payment.undone_at:
        return {"label": pgettext("payment", "Void"), "tone": "bad"}
    if not refunded:
        return {"label": pgettext("payment", "Paid"), "tone": "good"}
    whole, part = pgettext("payment", "Refunded"), pgettext("payment", "Partially refunded")
    return {"label": whole if refunded == paid(payment) else part, "tone": "quiet"}


def labels() -> dict:
    """The fixed texts of the document."""
    return {
        "title": _("Receipt"),
        "from": _("From"),
        "customer": _("Received from"),
        "property": _("Service address"),
        "description": _("Description"),
        "date": _("Date"),
        "quantity": None,
        "unit_price": None,
        "amount": _("Amount"),
        "notes": _("Notes"),
        "terms": _("Terms"),
        "page": _("Page {page} of {pages}"),
    }


def facts(payment: Payment) -> list[dict]:
    """Numbers, day and method."""
    pairs = [
        (_("Receipt number"), str(payment.number)),
        (_("Invoice number"), ", ".join(each.invoice.reference for each in payment.charge)),
        (_("Date paid"), payment.company.short_day(payment.at)),
        (_("Payment method"), payment.paid_with),
    ]
    return [{"label": label, "value": value} for label, value in pairs]


def line_of(payment: Payment) -> dict:
    description = _(
        "Payment for invoice %(number)s: %(title)s", number=payment.invoice.reference, title=payment.invoice.title
    )
    return line(payment, description, payment.at, payment.amount)


def line_of_refund(payment: Payment, refund: Refund) -> dict:
    return line(payment, _("Refund"), refund.at, -refund.amount)


def line(payment: Payment, description: str, at, amount: int) -> dict:
    company = payment.company
    nothing = dict.fromkeys(("mark", "quantity", "unit_price"))
    cells = {"detail": payment.paid_with, "date": company.short_day(at), "amount": payment.money(amount)}
    return {**nothing, **cells, "description": description}


def totals(payment: Payment, returned: list[Refund]) -> list[dict]:
    """Labels and amounts: paid and, after a refund, refunded and net."""
    refunded = sum(refund.amount for refund in returned)
    rows = [(pgettext("payment", "Paid"), paid(payment))]
    if refunded:
        rows = [*rows, (pgettext("payment", "Refunded"), -refunded), (_("Net paid"), paid(payment) - refunded)]
    money = payment.money
    return [{"label": label, "amount": money(sum_), "strong": sum_ == rows[-1][1]} for label, sum_ in rows]
