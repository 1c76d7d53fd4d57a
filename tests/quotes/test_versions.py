"""Versions are frozen: whatever changes later, the customer sees and accepts what was sent."""

import hashlib
import json
import re
from datetime import timedelta
from io import BytesIO

import pytest
from pypdf import PdfReader
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from sergio.audit.actor import BY_SYSTEM
from sergio.lib import clock
from sergio.lib.refused import Refused
from sergio.quotes.models import Quote, QuoteDecline, QuoteLine, QuoteVersion
from tests.factories import by
from tests.quotes.builders import SIGNED, acceptance, draft, lines, sent, total

PAGES = ["/portal/quotes/1", "/portal/quotes/1/total", "/portal/quotes", "/portal/quotes/1.pdf"]
OFFICE = ["/office/quotes/1", "/office/quotes", "/office/"]


def now() -> dict:
    return {"by": BY_SYSTEM, "at": clock.now()}


def body_of(response) -> str:
    """The text of a page or PDF without the company's frame, which is not frozen."""
    assert response.status_code == 200
    if response.mimetype == "application/pdf":
        return "\n".join(page.extract_text() for page in PdfReader(BytesIO(response.data)).pages)
    main = response.text.partition("<main")[2].partition("</main>")[0]
    return re.sub(r'name="csrf_token" value="[^"]+"', "", main)


def edit_everything(quote: Quote):
    """Every word and line of the draft, the customer's name and place, and the company's letterhead."""
    company, customer = quote.company, quote.customer
    one = [QuoteLine(description="Wall", unit_price=999_900)]
    quote.edit(one, title="A wall", intro="New", terms="None", valid_until=quote.valid_until - timedelta(3), **now())
    company.name, company.phone, company.brand = "Somebody Else", "none", "#ff0000"
    customer.name, customer.properties[0].street = "Not Ana", "1 Elsewhere"


@pytest.fixture
def quote(session, ana):
    """Quote 1 of Ana's, with a place, sent today."""
    quote = sent(ana, place=ana.customer.properties[0])
    session.commit()
    return quote


def test_a_version_is_canonical_json_and_its_digest(session, quote):
    version = quote.newest
    facts = json.loads(version.content)
    assert version.content == json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert version.digest == hashlib.sha256(version.content.encode()).hexdigest()
    assert (version.version, version.valid_until, version.total) == (1, quote.valid_until, 136_550)
    assert (facts["company"]["name"], facts["customer"], facts["place"]) == (
        "Sparkle Cleaning",
        "Ana Ruiz",
        ["7 Pine Road", "Portland"],
    )
    assert (facts["terms"], facts["total"], facts["company"]["currency"]) == (
        "Half is due before we begin.",
        136_550,
        "USD",
    )
    assert [line["id"] for line in facts["lines"]] == [line.id for line in quote.lines]


def test_only_sending_creates_a_version(session, ana):
    quote = draft(ana)
    quote.edit(lines()[:1], **now())
    assert (quote.version, quote.versions) == (0, [])
    quote.send(**now())
    quote.edit(lines(), **now())
    assert [version.version for version in quote.versions] == [1]
    quote.revise(**now())
    assert [(version.version, version.total) for version in quote.versions] == [(1, 132_000), (2, 136_550)]


@pytest.mark.parametrize("path", PAGES)
def test_a_customer_still_sees_what_was_sent(browser_of, session, ana, quote, path):
    browser = browser_of(ana)
    before = body_of(browser.get(path))
    edit_everything(quote)
    session.commit()
    assert body_of(browser.get(path)) == before


def test_the_home_page_shows_the_version_that_was_sent(browser_of, session, ana, quote):
    edit_everything(quote)
    session.commit()
    page = browser_of(ana).get("/portal/").text
    assert "Garden fence" in page
    assert "$1,365.50" in page
    assert quote.company.short_day(quote.newest.valid_until) in page


@pytest.mark.parametrize("path", OFFICE)
def test_staff_see_what_the_customer_sees(browser_of, session, olga, quote, path):
    edit_everything(quote)
    session.commit()
    page = body_of(browser_of(olga).get(path))
    assert "A wall" not in page
    assert "$9,999.00" not in page


def test_what_was_sent_is_accepted_and_not_the_draft(browser_of, session, ana, quote, outbox):
    gate = quote.lines[1].id
    form = acceptance(quote, chosen=gate)
    edit_everything(quote)
    session.commit()
    browser = browser_of(ana)
    assert f'value="{gate}"' in browser.get("/portal/quotes/1").text
    assert browser.post("/portal/quotes/1/acceptance", form).status_code == 303
    session.expire_all()
    proof = quote.acceptance
    assert (proof.total, proof.version) == (165_000, 1)
    assert [line["description"] for line in proof.offer["lines"]] == ["Fence", "Gate"]
    assert proof.offer["company"]["name"] == "Sparkle Cleaning"
    copy, told = outbox.emails[1:]
    for email in (copy, told):
        assert "Garden fence" in email.text
        assert "A wall" not in email.text


def test_the_email_says_what_was_sent(session, ana, quote, outbox):
    quote.edit(lines()[:1], title="Only the fence", **now())
    quote.decline(ana, "No", version=1, by=by(ana), at=clock.now())
    session.commit()
    assert "Garden fence, $1,365.50" in outbox.emails[-1].text


def test_an_edited_draft_is_shown_once_it_is_sent(browser_of, session, ana, quote):
    quote.edit(lines()[:1], title="Only the fence", **now())
    session.commit()
    browser = browser_of(ana)
    assert "Only the fence" not in browser.get("/portal/quotes/1").text
    quote.revise(**now())
    session.commit()
    page = browser.get("/portal/quotes/1").text
    assert "Only the fence" in page
    assert 'name="version" value="2"' in page
    assert 'name="chosen"' not in page


def test_the_last_day_that_counts_is_the_one_that_was_sent(session, ana):
    quote = sent(ana, days=5)
    quote.edit(valid_until=quote.valid_until - timedelta(days=30), **now())
    today = ana.company.day(clock.now())
    assert quote.status(today) == session.scalar(select(Quote.status(today))) == "sent"
    quote.accept(ana, SIGNED, [], version=1, shown=total(quote), by=by(ana), at=clock.now() + timedelta(days=4))


def test_an_accepted_quote_has_no_draft_to_edit(session, ana, quote):
    quote.accept(ana, SIGNED, [], version=1, shown=total(quote), by=by(ana), at=clock.now())
    with pytest.raises(Refused, match="new quote"):
        quote.edit(title="More", **now())


@pytest.fixture
def declined(session, ana, quote):
    """The quote after Ana declined its first version, asked for changes to the second and got a third."""
    quote.decline(ana, "Too expensive", version=1, by=by(ana), at=clock.now())
    quote.revise(lines()[:1], title="Only the fence", **now())
    quote.ask_for_changes(ana, "A gate, please", version=2, by=by(ana), at=clock.now())
    quote.revise(lines()[:2], title="Fence and gate", **now())
    quote.revise(title="Fence and gate, again", **now())
    session.commit()
    return quote


def test_a_customer_opens_the_versions_they_answered(browser_of, ana, declined):
    browser = browser_of(ana)
    page = browser.get("/portal/quotes/1").text
    assert 'href="/portal/quotes/1?version=1"' in page
    assert 'href="/portal/quotes/1?version=2"' in page
    assert 'href="/portal/quotes/1?version=3"' not in page
    first, second = (browser.get(f"/portal/quotes/1?version={number}").text for number in (1, 2))
    for words in ("Garden fence", "$1,365.50", "Ana Ruiz declined this quote", "an earlier version"):
        assert words in first
    for words in ("Only the fence", "$1,320.00", "A gate, please", "an earlier version", "Replaced"):
        assert words in second
    for page in (first, second):
        assert "<form" not in page.partition("<main")[2].partition("</main>")[0]
    printed = body_of(browser.get("/portal/quotes/1.pdf?version=1"))
    assert "Garden fence" in printed
    assert "Declined" in printed


@pytest.mark.parametrize("version", ["0", "3", "5", "-1", str(10**30)])
@pytest.mark.parametrize("path", ["/portal/quotes/1", "/portal/quotes/1.pdf"])
def test_a_version_they_did_not_answer_or_that_does_not_exist_is_not_found(browser_of, ana, declined, path, version):
    assert browser_of(ana).get(f"{path}?version={version}").status_code == 404


def test_text_instead_of_a_version_means_the_newest(browser_of, ana, declined):
    assert "Fence and gate, again" in browser_of(ana).get("/portal/quotes/1?version=x").text


def test_staff_open_every_version(browser_of, olga, declined):
    browser = browser_of(olga)
    page = browser.get("/office/quotes/1").text
    for number, title in enumerate(["Garden fence", "Only the fence", "Fence and gate", "Fence and gate, again"], 1):
        assert f'href="/office/quotes/1?version={number}"' in page
        assert f"<h1>{title}</h1>" in browser.get(f"/office/quotes/1?version={number}").text
    assert browser.get("/office/quotes/1?version=5").status_code == 404


@pytest.mark.parametrize(("path", "who", "most"), [("/portal/quotes/1", "ana", 3), ("/office/quotes/1", "olga", 4)])
def test_an_older_version_takes_few_statements(browser_of, world, declined, statements, path, who, most):
    browser = browser_of(getattr(world, who))
    with statements() as seen:
        assert browser.get(f"{path}?version=1").status_code == 200
    assert len(seen) == most


def test_an_answer_to_a_version_that_was_never_sent_is_impossible(session, ana, quote):
    row = {"company_id": ana.company_id, "quote_id": quote.id, "contact_id": ana.id, "version": 2}
    row |= {"at": clock.now(), "name": "Ana", "reason": ""}
    with pytest.raises(IntegrityError, match=r"(?i)foreign key"):
        session.execute(insert(QuoteDecline).values(row))


def test_a_version_is_never_changed(session, quote):
    quote.newest.title = "Else"
    with pytest.raises(PermissionError):
        session.flush()
    session.rollback()
    session.delete(quote.newest)
    with pytest.raises(PermissionError):
        session.flush()
    session.rollback()
    assert session.scalars(select(QuoteVersion.title)).all() == ["Garden fence"]
