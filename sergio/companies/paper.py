"""What stands at the head of every document of a company: the letterhead of `templates/layouts/document.typ`."""

LETTER_SIZE = ("USD", "CAD", "MXN")


def letterhead(company, title: str) -> dict:
    """Paper, language and company of a document called `title`."""
    return {
        "paper": "us-letter" if company.currency in LETTER_SIZE else "a4",
        "lang": company.language,
        "title": title,
        "company": {
            "name": company.name,
            "brand": company.brand,
            "logo": None,
            "address": company.address_lines,
            "contacts": [text for text in (company.email, company.phone) if text],
        },
    }
