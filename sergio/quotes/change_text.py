"""The changes of `comparison` as sentences, for customers and staff."""

from collections.abc import Iterable
from datetime import date

from sergio import pricing
from sergio.companies.models import Company
from sergio.lib.language import lazy_gettext as _l

TEXTS = {
    "added": _l("Added: %(name)s, %(now)s."),
    "removed": _l("Removed: %(name)s, %(was)s."),
    "price": _l("%(name)s: %(now)s instead of %(was)s."),
    "added_unpriced": _l("Added: %(name)s."),
    "removed_unpriced": _l("Removed: %(name)s."),
    "price_unpriced": _l("%(name)s: the price changed."),
    "quantity": _l("%(name)s: quantity %(now)s instead of %(was)s."),
    "tax_ppm": _l("%(name)s: tax %(now)s instead of %(was)s."),
    "detail": _l("%(name)s: the description changed."),
    "optional": _l("%(name)s is now optional."),
    "required": _l("%(name)s is no longer optional."),
    "package_added": _l("New package: %(name)s."),
    "package_removed": _l("Package removed: %(name)s."),
    "package_note": _l("Package %(name)s: the description changed."),
    "attachment_added": _l("Added %(name)s."),
    "attachment_removed": _l("Removed %(name)s."),
    "attachment_renamed": _l("%(name)s is now called %(now)s."),
    "title": _l("New title: %(now)s."),
    "intro": _l("The introduction changed."),
    "terms": _l("The terms changed."),
    "deposit": _l("Deposit: %(now)s instead of %(was)s."),
    "deposit_added": _l("A deposit of %(now)s is now due when you accept."),
    "deposit_removed": _l("No deposit is due anymore."),
    "valid_until": _l("Valid until %(now)s instead of %(was)s."),
    "total": _l("Total: %(now)s instead of %(was)s."),
}
OF_LINES = ("added", "removed", "price")
AMOUNTS = (*OF_LINES, "deposit", "deposit_added", "total")


def sentences(changes: Iterable[dict], company: Company) -> list[str]:
    return [sentence(change["what"], change, company) for change in changes]


def sentences_without_prices(changes: Iterable[dict], company: Company) -> list[str]:
    """The same without the prices of lines."""
    kinds = ((change["what"], change) for change in changes)
    return [sentence(f"{kind}_unpriced" if kind in OF_LINES else kind, change, company) for kind, change in kinds]


def sentence(kind: str, change: dict, company: Company) -> str:
    values = {side: value_text(kind, change[side], company) for side in ("was", "now") if side in change}
    return str(TEXTS[kind]) % {"name": name_of(change), **values}


def name_of(change: dict) -> str:
    """ "Gate", or "Gate (Deluxe)" in a package."""
    line, package = change.get("line", ""), change.get("package", "")
    return f"{line} ({package})" if line and package else line or package or change.get("attachment", "")


def value_text(kind: str, value, company: Company) -> str:
    if kind in AMOUNTS:
        return company.money(value)
    if kind == "quantity":
        quantity, unit = value
        return f"{pricing.format_quantity(quantity)} {unit}".strip()
    if kind == "tax_ppm":
        return pricing.format_tax_rate(value)
    return company.short_day(date.fromisoformat(value)) if kind == "valid_until" else str(value)
