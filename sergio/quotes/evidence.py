"""The frozen offer of a quote as plain values, and the digest that shows whether it was changed since."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import NamedTuple

from sergio import pricing
from sergio.lib.canonical import canonical_json, fingerprint
from sergio.lib.refused import Refused

LETTERHEAD = (
    *("name", "logo", "brand", "language", "time_zone", "email", "phone"),
    *("street", "city", "region", "postal_code"),
)
LINE = (
    *("id", "position", "description", "detail", "quantity", "unit", "unit_price", "tax_rate", "amount"),
    *("optional", "preselected"),
)


class TotalChanged(Refused):
    """The total of what is accepted is not the total that was shown."""


@dataclass(frozen=True)
class Signature:
    """Who signed, with which strokes (see `drawing`), from which IP address and browser, and how they were known."""

    name: str
    strokes: list
    ip_address: str
    browser: str
    signed_in: dict


class Priced(NamedTuple):
    """The values of a frozen line that `pricing` needs."""

    amount: int
    tax_rate: int


def version_of(quote, at: datetime) -> dict:
    """The columns of the `QuoteVersion` sent at `at`."""
    facts = frozen(quote, at)
    content = canonical_json(facts)
    listed = {"title": quote.title, "currency": quote.currency, "valid_until": quote.valid_until}
    proof = {"content": content, "digest": fingerprint(content)}
    return {"version": quote.version, "sent_at": at, "total": facts["total"], **listed, **proof}


def draft_facts(quote) -> dict:
    """The values of a draft for the audit trail."""
    money = {"total": quote.total, "currency": quote.currency}
    return {"title": quote.title, **money, "valid_until": quote.valid_until.isoformat()}


def sent_facts(version) -> dict:
    """The values of a `QuoteVersion` for the audit trail."""
    money = {"total": version.total, "currency": version.currency}
    until = version.valid_until.isoformat()
    return {"version": version.version, **money, "valid_until": until, "digest": version.digest}


def accepted_facts(acceptance, currency: str) -> dict:
    """The values of an acceptance for the audit trail."""
    money = {"total": acceptance.total, "currency": currency}
    return {"version": acceptance.version, **money, "name": acceptance.name, "digest": acceptance.digest}


def frozen(quote, sent_at: datetime | None) -> dict:
    """The content of a quote as JSON values: every line with the `id` it is chosen by, and the totals with the
    preselected lines.
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
    """The ids of the optional lines that are checked until the customer chooses."""
    return [line["id"] for line in lines if line["optional"] and line["preselected"]]


def lines_with(lines: Collection[dict], chosen: Collection[int]) -> list[dict]:
    """Every required line, and the optional ones `chosen` (ids)."""
    return [line for line in lines if not line["optional"] or line["id"] in chosen]


def choose(facts: dict, chosen: Collection[int] | None = None) -> dict:
    """The result of `frozen`, with the optional lines `chosen` (ids) in `lines`, the others in `left_out`, and totals.

    None takes the preselected lines.
    """
    taken = lines_with(facts["lines"], preselected(facts["lines"]) if chosen is None else chosen)
    left_out = [line for line in facts["lines"] if line not in taken]
    return {**facts, "lines": taken, "left_out": left_out, **priced(taken)}


def priced(lines: Collection[dict]) -> dict:
    """Subtotal, taxes and total of the lines."""
    price = pricing.price(Priced(line["amount"], line["tax_rate"]) for line in lines)
    taxes = [{"rate": tax.rate, "amount": tax.amount} for tax in price.taxes]
    return {"subtotal": price.subtotal, "taxes": taxes, "total": price.total}


def sign(acceptance, signature: Signature):
    """Copy the signature onto an acceptance, and set its total and the digest of everything."""
    for name, value in asdict(signature).items():
        setattr(acceptance, name, value)
    acceptance.total = acceptance.offer["total"]
    acceptance.digest = fingerprint(canonical_json(signed_facts(acceptance)))


def signed_facts(acceptance) -> dict:
    """The values that the digest of an acceptance covers: the offer and every circumstance of the signature."""
    circumstances = ("version", "offer", "total", "name", "strokes", "ip_address", "browser", "signed_in")
    return {"at": acceptance.at.isoformat(), **{name: getattr(acceptance, name) for name in circumstances}}
