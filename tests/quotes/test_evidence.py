"""An acceptance is evidence: a frozen copy that shows whether it was changed."""

import hashlib
import json

import pytest

from sergio.lib import clock
from sergio.quotes.models import QuoteAcceptance
from tests.quotes.builders import DRAWN, acceptance


def test_the_copy_has_everything_that_was_shown(proof):
    offer = proof.offer
    assert (offer["title"], offer["intro"]) == ("Garden fence", "As we discussed.")
    assert offer["terms"] == "Half is due before we begin."
    assert [(line["description"], line["amount"]) for line in offer["lines"]] == [("Fence", 120_000), ("Gate", 30_000)]
    assert [line["description"] for line in offer["left_out"]] == ["Lamp"]
    assert (offer["subtotal"], offer["taxes"], offer["total"]) == (
        150_000,
        [{"tax_ppm": 100_000, "amount": 15_000}],
        165_000,
    )
    assert (offer["company"]["name"], offer["company"]["currency"]) == ("Sparkle Cleaning", "USD")


def test_the_copy_stays_when_everything_else_changes(session, sparkle, quote, proof):
    quote.lines[0].unit_price, quote.title, quote.terms, sparkle.name = 1, "Nothing", "None", "Somebody else"
    session.commit()
    session.expire_all()
    assert proof.offer["lines"][0]["unit_price"] == 120_000
    assert (proof.offer["title"], proof.offer["company"]["name"]) == ("Garden fence", "Sparkle Cleaning")
    assert proof.untouched


def test_the_fingerprint_is_sha_256_of_canonical_json(proof):
    canonical = json.dumps(proof.facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert proof.digest == hashlib.sha256(canonical.encode()).hexdigest()


@pytest.mark.parametrize(
    "edit",
    [
        {"name": "Ben Okafor"},
        {"version": 1},
        {"ip_address": "198.51.100.1"},
        {"total": 1},
        {"strokes": [[[1, 2]]]},
        {"signed_in": {}},
        {"at": clock.now()},
        {"offer": {}},
    ],
    ids=lambda edit: next(iter(edit)),
)
def test_editing_the_row_breaks_the_fingerprint(session, proof, tamper, edit):
    tamper(QuoteAcceptance, **edit)
    assert not proof.untouched


def test_one_changed_character_is_detected(session, proof, tamper):
    tamper(QuoteAcceptance, offer=json.loads(json.dumps(proof.offer).replace("Larch", "Birch")))
    assert not proof.untouched


def test_the_session_refuses_to_edit_it(session, proof):
    proof.name = "Ben Okafor"
    with pytest.raises(PermissionError):
        session.flush()
    session.rollback()
    session.delete(proof)
    with pytest.raises(PermissionError):
        session.flush()
    session.rollback()


def test_staff_see_whether_the_proof_is_unchanged(browser_of, session, ana, olga, quote, tamper):
    browser_of(ana).post("/portal/quotes/1/acceptance", acceptance(quote, strokes=DRAWN))
    browser = browser_of(olga)
    page = browser.get("/office/quotes/1").text
    session.expire_all()
    for shown in (
        "has not changed since it was signed",
        quote.acceptance.digest,
        "127.0.0.1",
        "ana@example.com",
        "<path d=",
    ):
        assert shown in page
    tamper(QuoteAcceptance, name="Ben")
    assert "changed after it was signed" in browser.get("/office/quotes/1").text
