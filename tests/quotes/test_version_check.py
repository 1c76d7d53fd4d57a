"""`sergio doctor` names versions and acceptances of quotes that were changed."""

import json

import pytest

from sergio.lib.canonical import canonical_json, fingerprint
from sergio.quotes.evidence import signed_facts
from sergio.quotes.models import QuoteAcceptance, QuoteVersion
from sergio.quotes.version_check import differences
from tests.quotes import builders

VERSION = "sparkle, quote 1, version 1"


def test_quotes_as_they_were_sent_and_signed_agree(session, cleo, proof):
    builders.sent(cleo)
    builders.draft(cleo)
    session.commit()
    assert list(differences()) == []


def test_a_version_with_another_content_is_named(session, quote, tamper):
    tamper(QuoteVersion, content=quote.newest.content.replace("Larch", "Birch"))
    assert list(differences()) == [f"{VERSION} is not the one that was sent"]


def test_a_version_whose_content_is_not_canonical_is_named(session, quote, tamper):
    spaced = json.dumps(quote.newest.facts)
    tamper(QuoteVersion, content=spaced, digest=fingerprint(spaced))
    assert list(differences()) == [f"{VERSION} is not the one that was sent"]


@pytest.mark.parametrize(("name", "value", "sent"), [("title", "Gift", "Garden fence"), ("total", 7, 136_550)])
def test_a_version_that_is_listed_with_another_value_is_named(session, quote, tamper, name, value, sent):
    tamper(QuoteVersion, **{name: value})
    assert list(differences()) == [f"{VERSION}: {name} is {value}, its content says {sent}"]


def test_an_acceptance_that_was_changed_is_named(session, proof, tamper):
    tamper(QuoteAcceptance, name="Ben Okafor")
    assert list(differences()) == ["sparkle, quote 1, version 2: its acceptance is not the one that was signed"]


def test_an_acceptance_of_another_offer_is_named_even_if_its_digest_fits(session, proof, tamper):
    """As somebody would change it who owns the database and knows how the digest is made."""
    offer = {**proof.offer, "title": "Garden wall"}
    digest = fingerprint(canonical_json({**signed_facts(proof), "offer": offer}))
    tamper(QuoteAcceptance, offer=offer, digest=digest)
    assert list(differences()) == ["sparkle, quote 1, version 2: another offer was accepted"]
