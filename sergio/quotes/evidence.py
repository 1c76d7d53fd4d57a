"""What was offered, frozen as plain values, and the digest that shows whether anybody changed it since."""

import hashlib
import json
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import NamedTuple

from sergio import pricing
from sergio.lib.refused import Refused

LETTERHEAD = (
    *("name", "brand", "language", "time_zone", "email", "phone"),
    *("street", "city", "region", "postal_code"),
)
LINE = (
    *("id", "position", "description", "detail", "quantity", "unit", "unit_price", "tax_rate", "amount"),
    *("optional", "preselected"),
)


class OtherTotal(Refused):
    """What is accepted does not come to the total that was shown."""


@dataclass(frozen=True)
class Signature:
    """Who signed, with which strokes (see `drawing`), from which IP address and browser, and how they were known."""

    name: str
    strokes: list
    ip_address: str
    browser: str
    signed_in: dict


class Priced(NamedTuple):
    """What `pricing` needs of a frozen line."""

    amount: int
    tax_rate: int


def version_of(quote, at: datetime) -> dict:
    """The columns of the `QuoteVersion` that is sent at an instant."""
    facts = frozen(quote, at)
    content = canonical(facts)
    listed = {"title": quote.title, "currency": quote.currency, "valid_until": quote.valid_until}
    proof = {"content": content, "digest": fingerprint(content)}
    return {"version": quote.version, "sent_at": at, "total": facts["total"], **listed, **proof}


def draft_facts(quote) -> dict:
    """What the audit trail keeps of a draft."""
    until = quote.valid_until.isoformat()
    return {"title": quote.title, "total": quote.total, "currency": quote.currency, "valid_until": until}


def sent_facts(version) -> dict:
    """What the audit trail keeps of a `QuoteVersion`."""
    until, money = version.valid_until.isoformat(), {"total": version.total, "currency": version.currency}
    return {"version": version.version, **money, "valid_until": until, "digest": version.digest}


def frozen(quote, sent_at: datetime | None) -> dict:
    """All that a quote says now, as JSON values: every line under the `id` it is chosen by, and the totals that are
    shown until the customer chooses.
    """
    lines = [{field: getattr(line, field) for field in LINE} for line in quote.lines]
    return {
        "number": quote.number,
        "version": quote.version,
        "company": {field: getattr(quote.company, field) for field in LETTERHEAD} | {"currency": quote.currency},
        "customer": quote.customer.name,
        "place": quote.place.address_lines if quote.place else [],
        "title": quote.title,
        "intro": quote.intro,
        "terms": quote.terms,
        "sent_on": quote.company.day(sent_at).isoformat() if sent_at else None,
        "valid_until": quote.valid_until.isoformat(),
        "lines": lines,
        **priced(lines_with(lines, preselected(lines))),
    }


def preselected(lines: Collection[dict]) -> list[int]:
    """The ids of the optional lines that are ticked until the customer chooses."""
    return [line["id"] for line in lines if line["optional"] and line["preselected"]]


def lines_with(lines: Collection[dict], chosen: Collection[int]) -> list[dict]:
    """What the customer pays for: every required line and the optional ones chosen (ids)."""
    return [line for line in lines if not line["optional"] or line["id"] in chosen]


def choose(facts: dict, chosen: Collection[int] | None = None) -> dict:
    """What was `frozen`, with the optional lines `chosen` (ids) among `lines`, the others in `left_out`, and totals.

    Without any choice the preselected lines are taken.
    """
    taken = lines_with(facts["lines"], preselected(facts["lines"]) if chosen is None else chosen)
    left_out = [line for line in facts["lines"] if line not in taken]
    return {**facts, "lines": taken, "left_out": left_out, **priced(taken)}


def priced(lines: Collection[dict]) -> dict:
    """What the lines come to, as plain values."""
    price = pricing.price(Priced(line["amount"], line["tax_rate"]) for line in lines)
    taxes = [{"rate": tax.rate, "amount": tax.amount} for tax in price.taxes]
    return {"subtotal": price.subtotal, "taxes": taxes, "total": price.total}


def sign(acceptance, signature: Signature):
    """Put the signature under the offer of an acceptance, and take the digest of it all."""
    for name, value in asdict(signature).items():
        setattr(acceptance, name, value)
    acceptance.total = acceptance.offer["total"]
    acceptance.digest = fingerprint(canonical(signed_facts(acceptance)))


def signed_facts(acceptance) -> dict:
    """All that the digest of an acceptance covers: the offer and every circumstance of the signature."""
    circumstances = ("version", "offer", "total", "name", "strokes", "ip_address", "browser", "signed_in")
    return {"at": acceptance.at.isoformat(), **{name: getattr(acceptance, name) for name in circumstances}}


def canonical(facts: dict) -> str:
    """The facts as canonical JSON: RFC 8785, which for text and integers is what this writes."""
    return json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def fingerprint(text: str) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(text.encode()).hexdigest()
