"""Paths of a quote's pages, for a quote or a row with its `number`."""

PORTAL, OFFICE = "/portal/quotes", "/office/quotes"


def portal_path(quote) -> str:
    return f"{PORTAL}/{quote.number}"


def office_path(quote) -> str:
    return f"{OFFICE}/{quote.number}"
