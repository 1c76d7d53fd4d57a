"""The frozen offer of a quote as plain values, and the digest that shows whether it was changed since."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sergio import pricing
from sergio.customers.roles import DECIDERS
from sergio.lib.canonical import canonical_json, fingerprint
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.quotes import attachments

LETTERHEAD = (
    *("name", "logo", "brand", "time_zone", "email", "phone"),
    *("street", "city", "region", "postal_code"),
)
LINE = (
    *("id", "position", "description", "detail", "quantity", "unit", "unit_price", "discount_rate", "discount"),
    *("tax_ppm", "amount", "optional", "preselected"),
)
PACKAGE = ("id", "position", "name", "note", "recommended")


class TotalChanged(Refused):
    """The total of what is accepted is not the total that was shown."""


class Signature(NamedTuple):
    """Who signed, with which strokes (see `drawing`), from which IP address and browser, and how they were known."""

    name: str
    strokes: list
    ip_address: str
    browser: str
    signed_in: dict


class Priced(NamedTuple):
    """The values of a frozen line that `pricing` needs."""

    amount: int
    tax_ppm: int


def version_of(quote, at: datetime, changes: dict) -> dict:
    """The columns of the `QuoteVersion` sent at `at`; `changes` is the result of `comparison.since`."""
    facts = frozen(quote, at) | changes
    content = canonical_json(facts)
    listed = {"title": quote.title, "currency": quote.currency, "valid_until": quote.valid_until}
    proof = {"content": content, "digest": fingerprint(content)}
    return {"version": quote.version, "sent_at": at, "total": facts["total"], **listed, **proof}


def draft_facts(quote) -> dict:
    """The values of a draft for the audit trail."""
    money = {"total": quote.total, "currency": quote.currency}
    deposit = {"deposit_rate": quote.deposit_rate, "deposit_amount": quote.deposit}
    asked = {name: value for name, value in deposit.items() if value}
    return {"title": quote.title, **money, **asked, "valid_until": quote.valid_until.isoformat()}


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
    """The content of a quote as JSON values: every line and package with the `id` it is chosen by, and the totals with
    what is chosen until the customer chooses.
    """
    lines = [{field: getattr(line, field) for field in LINE} | {"package": line.package_id} for line in quote.lines]
    facts = {
        "number": quote.number,
        "version": quote.version,
        "company": {
            **{field: getattr(quote.company, field) for field in LETTERHEAD},
            "currency": quote.currency,
            "language": quote.customer.language_for(quote.contact, DECIDERS) if sent_at else quote.company.language,
        },
        "customer": quote.customer.name,
        "place": quote.place.address_lines if quote.place else [],
        "title": quote.title,
        "intro": quote.intro,
        "terms": quote.terms,
        "sent_on": quote.company.day(sent_at).isoformat() if sent_at else None,
        "valid_until": quote.valid_until.isoformat(),
        "lines": lines,
        "packages": [{field: getattr(package, field) for field in PACKAGE} for package in quote.packages],
        "attachments": attachments.frozen(quote),
        "deposit_terms": {"rate": quote.deposit_rate, "amount": quote.deposit, "invoiced": quote.invoices_deposit},
    }
    return facts | priced(lines_with(facts, preselected(lines), first_package(facts)), facts)


def preselected(lines: Collection[dict]) -> list[int]:
    """The ids of the optional lines that are checked until the customer chooses."""
    return [line["id"] for line in lines if line["optional"] and line["preselected"]]


def first_package(facts: dict) -> int | None:
    """The id of the package that is chosen until the customer chooses: the recommended one, else the first."""
    packages = facts.get("packages", ())
    return next((each["id"] for each in packages if each["recommended"]), packages[0]["id"] if packages else None)


def refuse_unknown_package(facts: dict, package: int | None):
    """`Refused` unless `package` is the id of one of the packages; None where there is none."""
    ids = [each["id"] for each in facts.get("packages", ())]
    if package not in (ids or [None]):
        raise Refused(_("Choose one of the packages on this quote."))


def lines_with(facts: dict, chosen: Collection[int], package: int | None) -> list[dict]:
    """Every required line, the optional ones `chosen` (ids), and those of the `package` (id)."""
    return [
        line
        for line in facts["lines"]
        if (line.get("package") in (None, package)) and (not line["optional"] or line["id"] in chosen)
    ]


def choose(facts: dict, chosen: Collection[int] | None = None, package: int | None = None) -> dict:
    """The result of `frozen`, with the optional lines `chosen` and those of the `package` (ids) in `lines`, the others
    in `left_out`, and totals. None takes what is chosen until the customer chooses.
    """
    facts = pricing.in_ppm(facts)
    chosen = preselected(facts["lines"]) if chosen is None else chosen
    package = first_package(facts) if package is None else package
    taken = lines_with(facts, chosen, package)
    left_out = [line for line in facts["lines"] if line not in taken]
    which = {"package": package} if "packages" in facts else {}
    return {**facts, **which, "lines": taken, "left_out": left_out, **priced(taken, facts)}


def priced(lines: Collection[dict], facts: dict) -> dict:
    """Subtotal, taxes, total and deposit of the lines. Contents frozen before there were deposits have none."""
    price = pricing.price(Priced(line["amount"], line["tax_ppm"]) for line in lines)
    taxes = [{"tax_ppm": tax.ppm, "amount": tax.amount} for tax in price.taxes]
    totals = {"subtotal": price.subtotal, "taxes": taxes, "total": price.total}
    if "deposit_terms" in facts:
        totals["deposit"] = deposit_of(price.total, facts["deposit_terms"])
    return totals


def deposit_of(total: int, terms: dict) -> int:
    """The deposit on a total; never more than that, and none of a total below zero."""
    amount = terms["amount"] or pricing.part(total, terms["rate"])
    return max(min(amount, total), 0)


def invoices_deposit(offer: dict, *, pays: bool) -> bool:
    """Whether an acceptance issues an invoice for a deposit: the offer says so, or the customer goes on to pay it."""
    return bool(offer.get("deposit")) and (pays or offer["deposit_terms"]["invoiced"])


def sign(acceptance, signature: Signature):
    """Copy the signature onto an acceptance, and set its total and the digest of everything."""
    for name, value in signature._asdict().items():
        setattr(acceptance, name, value)
    acceptance.total = acceptance.offer["total"]
    acceptance.digest = fingerprint(canonical_json(signed_facts(acceptance)))


def signed_facts(acceptance) -> dict:
    """The values that the digest of an acceptance covers: the offer and every circumstance of the signature."""
    circumstances = ("version", "offer", "total", "name", "strokes", "ip_address", "browser", "signed_in")
    return {"at": acceptance.at.isoformat(), **{name: getattr(acceptance, name) for name in circumstances}}
