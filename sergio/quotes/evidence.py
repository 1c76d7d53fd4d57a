"""What was on offer, frozen as plain values, and the fingerprint that shows whether anybody touched it."""

import hashlib
import json
from dataclasses import dataclass

from sergio import pricing

LETTERHEAD = (
    *("name", "brand", "language", "time_zone", "email", "phone"),
    *("street", "city", "region", "postal_code"),
)
LINE = ("description", "detail", "quantity", "unit", "unit_price", "tax_rate", "amount", "optional")


@dataclass(frozen=True)
class Signature:
    """Who signed, with which strokes (see `signature`), from which address and browser, and how they were signed in."""

    name: str
    strokes: list
    address: str
    browser: str
    signed_in: dict


def offer_of(quote, chosen) -> dict:
    """All that a quote says, as JSON values: `lines` with the optional ones `chosen` (ids), the others `left_out`."""
    taken = quote.lines_with(chosen)
    return {
        "number": quote.number,
        "version": quote.version,
        "company": {field: getattr(quote.company, field) for field in LETTERHEAD} | {"currency": quote.currency},
        "customer": quote.customer.name,
        "place": quote.place.address_lines if quote.place else [],
        "title": quote.title,
        "intro": quote.intro,
        "terms": quote.terms,
        "sent_on": quote.company.day(quote.sent_at).isoformat() if quote.sent_at else None,
        "valid_until": quote.valid_until.isoformat(),
        "lines": [frozen(line) for line in taken],
        "left_out": [frozen(line) for line in quote.lines if line not in taken],
        **priced(taken),
    }


def frozen(line) -> dict:
    """A line as plain values."""
    return {field: getattr(line, field) for field in LINE}


def priced(lines) -> dict:
    """What the lines come to, as plain values."""
    price = pricing.price(lines)
    taxes = [{"rate": tax.rate, "amount": tax.amount} for tax in price.taxes]
    return {"subtotal": price.subtotal, "taxes": taxes, "total": price.total}


def fingerprint(facts: dict) -> str:
    """SHA-256 in hex of the facts as canonical JSON: RFC 8785, which for text and integers is what this writes."""
    canonical = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
