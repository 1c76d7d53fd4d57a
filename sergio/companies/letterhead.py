"""The company's part of every PDF document, for `templates/layouts/document.typ`."""

from sergio.lib.language import gettext as _
from sergio.lib.language import spoken

LETTER_PAPER = ("USD", "CAD", "MXN")


def letterhead(company, title: str, logo: bytes | None) -> dict:
    """Paper size, language, title and company of a document; its `logo` as `logos.printed`."""
    return {
        "paper": "us-letter" if company.currency in LETTER_PAPER else "a4",
        "lang": spoken.get(),
        "title": title,
        "company": {
            "name": company.name,
            "brand": company.brand,
            "logo": logo,
            "address": company.address_lines,
            "contacts": [text for text in (company.email, company.national_phone) if text],
        },
    }


def form_labels(company, **own: str) -> dict:
    """The labels that the PDFs of quotes and invoices share, and the document's `own`, such as `title`.

    A column of lines without a label is left out, as those of prices where customers do not see them.
    """
    return {
        "from": _("From"),
        "property": _("Service address"),
        "description": _("Description"),
        "date": None,
        "quantity": _("Quantity"),
        "unit_price": _("Unit price") if company.shows_line_prices else None,
        "amount": _("Amount") if company.shows_line_prices else None,
        "notes": _("Notes"),
        "terms": _("Terms"),
        "page": _("Page {page} of {pages}"),
        **own,
    }
