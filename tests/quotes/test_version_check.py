"""`sergio doctor` names versions and acceptances of quotes that were changed."""

import json

import pytest

from sergio.audit.actor import BY_SYSTEM
from sergio.lib import clock
from sergio.lib.canonical import canonical_json, fingerprint
from sergio.quotes.evidence import signed_facts
from sergio.quotes.formats import FormattedOffer
from sergio.quotes.invoicing import accepted_lines
from sergio.quotes.models import QuoteAcceptance, QuoteVersion
from sergio.quotes.version_check import differences
from tests.factories import by
from tests.frozen import in_basis_points
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


def test_what_was_sent_and_signed_in_basis_points_is_the_same(session, ana, quote, tamper):
    """Frozen before tax rates had three decimals: the stored text, its digest and every amount stay."""
    quote.accept(ana, builders.SIGNED, [quote.lines[1].id], version=1, shown=165_000, by=by(ana), at=clock.now())
    session.commit()
    totals, lines = FormattedOffer(quote.acceptance.offer).totals, accepted_lines(quote.acceptance.offer)
    content, offer = canonical_json(in_basis_points(quote.newest.facts)), in_basis_points(quote.acceptance.offer)
    assert '"taxes":[{"amount":12000,"rate":1000}]' in content
    tamper(QuoteVersion, content=content, digest=fingerprint(content))
    signed = fingerprint(canonical_json({**signed_facts(quote.acceptance), "offer": offer}))
    tamper(QuoteAcceptance, offer=offer, digest=signed)
    assert list(differences()) == []
    assert quote.acceptance.untouched
    assert FormattedOffer(quote.acceptance.offer).totals == totals
    assert [line.tax_ppm for line in accepted_lines(quote.acceptance.offer)] == [line.tax_ppm for line in lines]


def test_a_new_version_of_a_quote_in_basis_points_says_what_changed(session, ana, quote, tamper):
    content = canonical_json(in_basis_points(quote.newest.facts))
    tamper(QuoteVersion, content=content, digest=fingerprint(content))
    quote.lines[0].tax_ppm = 88_750
    quote.revise(by=BY_SYSTEM, at=clock.now())
    session.commit()
    changes = FormattedOffer(quote.newest.offer()).changes
    assert changes[0] == "Fence: tax 8.875% instead of 10%."
    assert not any("Gate" in change for change in changes)
