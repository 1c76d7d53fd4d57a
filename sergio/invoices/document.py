"""The content of an invoice as values; `Invoice.finalize` freezes it, and from then on it is read from that copy."""

from datetime import date, datetime
from typing import NamedTuple

from sergio import pricing
from sergio.companies.models import Company
from sergio.customers.roles import BILLING_FIRST
from sergio.lib import money
from sergio.lib.canonical import canonical_json
from sergio.lib.postal import address_lines

LETTERHEAD = (
    *("name", "logo", "brand", "accent", "time_zone", "email", "phone"),
    *("street", "city", "region", "postal_code", "country"),
)
LINE = (
    *("description", "detail", "quantity", "unit", "unit_price", "discount_rate", "discount"),
    *("tax_ppm", "amount"),
)


def content_of(invoice) -> dict:
    """The content of an invoice as JSON values: amounts in minor units, quantities and rates as in `pricing`."""
    price, customer, contact = invoice.price, invoice.customer, invoice.customer.main_contact
    return {
        "number": invoice.number,
        "prefix": invoice.prefix,
        "title": invoice.title,
        "issued_on": invoice.issued_on.isoformat() if invoice.issued_on else None,
        "due_on": invoice.due_on.isoformat() if invoice.due_on else None,
        "company": {
            **{field: getattr(invoice.company, field) for field in LETTERHEAD},
            "currency": invoice.currency,
            "language": customer.language_for(None, BILLING_FIRST),
        },
        "customer": {
            "number": customer.number,
            "name": customer.name,
            "contact": contact.name if contact else "",
            "email": contact.email if contact else "",
        },
        "place": address_lines(invoice.place) if invoice.place else [],
        "lines": [{field: getattr(line, field) for field in LINE} for line in invoice.lines],
        "subtotal": price.subtotal,
        "taxes": [{"tax_ppm": tax.ppm, "amount": tax.amount} for tax in price.taxes],
        "total": price.total,
        "notes": invoice.notes,
        "terms": invoice.terms,
    }


def freeze(invoice, *, at: datetime) -> str:
    """The content for good, as canonical JSON; the logo that it names is kept."""
    invoice.company.keep_logo_for_documents(at=at)
    return canonical_json(content_of(invoice))


class DocumentLine(NamedTuple):
    description: str
    detail: str
    quantity: int
    unit: str
    unit_price: int
    tax_ppm: int
    amount: int
    discount_rate: int = 0
    discount: int = 0


class Document:
    """The `content_of` an invoice, for pages and the PDF. `company` is the company at that time and is never saved."""

    def __init__(self, content: dict):
        self.content = content
        self.company = Company(**content["company"])
        read = pricing.in_ppm(content)
        self.lines = [DocumentLine(**line) for line in read["lines"]]
        self.taxes: list[dict] = read["taxes"]

    @property
    def reference(self) -> str:
        """The number with its prefix, "" of a draft. Documents frozen before there were prefixes have none."""
        return f"{self.content.get('prefix', '')}{self.content['number'] or ''}"

    @property
    def issued_on(self) -> date:
        return date.fromisoformat(self.content["issued_on"])

    @property
    def due_on(self) -> date:
        return date.fromisoformat(self.content["due_on"])

    @property
    def place(self) -> list[str]:
        """The service address in lines; empty if there is none."""
        return self.content["place"]

    def money(self, amount: int) -> str:
        """An amount, formatted in the document's currency and language."""
        return money.format_amount(amount, self.company.currency)

    def tax_rate(self, tax: dict) -> str:
        """ "8.25%" for one of the `taxes`."""
        return pricing.format_tax_rate(tax["tax_ppm"])

    def discount(self, line: DocumentLine) -> str:
        """ "10% off"; "" without a discount."""
        return pricing.format_discount(line.discount_rate, line.discount, self.company.currency)

    def quantity(self, line: DocumentLine) -> str:
        """ "3 rooms"."""
        return f"{pricing.format_quantity(line.quantity)} {line.unit}".strip()
