"""Compares the versions of quotes, and their acceptances, with their digests, for `sergio doctor`."""

import json
from collections.abc import Iterator
from datetime import date

from sqlalchemy import ColumnElement, Row, Select, and_, select

from sergio import pricing
from sergio.companies.models import Company
from sergio.extensions import db
from sergio.lib.canonical import canonical_json, fingerprint
from sergio.quotes import evidence
from sergio.quotes.models import Quote, QuoteAcceptance, QuoteVersion

LISTED = ("version", "title", "valid_until", "total", "currency")
"""What stands on a version and in its content."""
SIGNED = ("at", "version", "offer", "total", "name", "strokes", "ip_address", "browser", "signed_in")
EVERY_COMPANY = {"every_company": True}
AT_ONCE = 500


def differences() -> Iterator[str]:
    """A line for each version, and each acceptance, of any company, that is not what was sent or signed."""
    yield from changed_versions()
    yield from changed_acceptances()


def changed_versions() -> Iterator[str]:
    columns = [getattr(QuoteVersion, name) for name in (*LISTED, "content", "digest")]
    for row in in_parts(of_quote(select(*columns), QuoteVersion), QuoteVersion):
        facts = json.loads(row.content)
        if fingerprint(row.content) != row.digest or canonical_json(facts) != row.content:
            yield f"{version_name(row)} is not the one that was sent"
        else:
            yield from mislisted(row, facts)


def mislisted(row: Row, facts: dict) -> Iterator[str]:
    """A line for each value of a version that is another one in its content."""
    sent = {**facts, "currency": facts["company"]["currency"]}
    for name in LISTED:
        value = getattr(row, name)
        if (value.isoformat() if isinstance(value, date) else value) != sent[name]:
            yield f"{version_name(row)}: {name} is {value}, its content says {sent[name]}"


def changed_acceptances() -> Iterator[str]:
    columns = [getattr(QuoteAcceptance, name) for name in (*SIGNED, "digest")]
    query = of_quote(select(*columns, QuoteVersion.content), QuoteAcceptance)
    for row in in_parts(query.join(QuoteVersion, of_version()), QuoteAcceptance):
        if fingerprint(canonical_json(evidence.signed_facts(row))) != row.digest:
            yield f"{version_name(row)}: its acceptance is not the one that was signed"
        elif another_offer(json.loads(row.content), row.offer):
            yield f"{version_name(row)}: another offer was accepted"


def another_offer(facts: dict, offer: dict) -> bool:
    """Whether the offer is not the content of the version with the lines and the package that it has."""
    return evidence.choose(facts, chosen(offer), offer.get("package")) != pricing.in_ppm(offer)


def chosen(offer: dict) -> list[int]:
    """The ids of the optional lines that were accepted."""
    return [line["id"] for line in offer["lines"] if line["optional"]]


def of_quote(query: Select, table: type[QuoteVersion] | type[QuoteAcceptance]) -> Select:
    """The rows of a table with their ids, the numbers of their quotes and the subdomains of their companies."""
    mine = and_(Quote.company_id == table.company_id, Quote.id == table.quote_id)
    named = query.add_columns(table.id, Quote.number, Company.subdomain).join(Quote, mine)
    return named.join(Company, Company.id == table.company_id)


def of_version() -> ColumnElement[bool]:
    """The join condition of an acceptance and its version."""
    keys = ("company_id", "quote_id", "version")
    return and_(*(getattr(QuoteVersion, key) == getattr(QuoteAcceptance, key) for key in keys))


def in_parts(query: Select, table: type[QuoteVersion] | type[QuoteAcceptance]) -> Iterator[Row]:
    """The rows of all companies by id, `AT_ONCE` at a time to limit memory."""
    query, last = query.order_by(table.id).limit(AT_ONCE), 0
    while part := db.session.execute(query.where(table.id > last), execution_options=EVERY_COMPANY).all():
        yield from part
        last = part[-1].id


def version_name(row: Row) -> str:
    return f"{row.subdomain}, quote {row.number}, version {row.version}"
