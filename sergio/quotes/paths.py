"""Where the pages of a quote are; anything with its `number` will do, such as a row of a list."""

PORTAL, OFFICE = "/portal/quotes", "/office/quotes"


def portal_path(quote) -> str:
    return f"{PORTAL}/{quote.number}"


def office_path(quote) -> str:
    return f"{OFFICE}/{quote.number}"
