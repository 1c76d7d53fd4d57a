"""What a company lets its customers see: sections of the portal, and downloads.

Columns of `Company` hold the switches. Details, such as the prices of lines, are left out where they would be shown.
"""

from functools import lru_cache

SECTIONS = {
    "portal.quotes": "shows_quotes",
    "portal.invoices": "shows_invoices",
    "portal.payments": "shows_invoices",
    "portal.pay": "shows_invoices",
    "portal.payment_methods": "shows_invoices",
    "portal.automatic_payments": "shows_invoices",
    "portal.statement": "shows_invoices",
    "portal.history": "shows_history",
}
"""The switch of each blueprint that has one."""
DOCUMENTS = (
    *("portal.quotes.download", "portal.invoices.download"),
    *("portal.payments.receipt", "portal.statement.download"),
)
"""The endpoints of downloads."""


def hidden_sections(company) -> frozenset[str]:
    """The names of the blueprints that customers do not see."""
    return _hidden(company.shows_quotes, company.shows_invoices, company.shows_history)


def is_hidden(company, blueprint: str | None, endpoint: str | None) -> bool:
    """Whether customers do not see a page."""
    return blueprint in hidden_sections(company) or (endpoint in DOCUMENTS and not company.shows_documents)


@lru_cache
def _hidden(*shown: bool) -> frozenset[str]:
    switches = dict(zip(("shows_quotes", "shows_invoices", "shows_history"), shown, strict=True))
    return frozenset(blueprint for blueprint, switch in SECTIONS.items() if not switches[switch])
