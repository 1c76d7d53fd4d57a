"""When a customer looked at a quote: staff see it, and a new version tells what changed since."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from sergio.audit.actor import BY_SYSTEM
from sergio.lib import clock
from sergio.quotes.looks import QuoteLook
from tests.quotes.builders import draft, lines

AT = "/portal/quotes/1"


def looks(session) -> list[QuoteLook]:
    session.expire_all()
    return list(session.scalars(select(QuoteLook).order_by(QuoteLook.id)))


def test_the_page_tells_that_it_was_opened(browser_of, session, ana, quote):
    browser = browser_of(ana)
    page = browser.get(AT).text
    assert f'hx-post="{AT}/look" hx-trigger="load"' in page
    assert looks(session) == []
    assert browser.post(f"{AT}/look", {"version": 1}).status_code == 204
    [look] = looks(session)
    assert (look.contact_id, look.version, look.first_at) == (ana.id, 1, look.last_at)


def test_the_first_and_the_last_look_are_kept(browser_of, session, ana, quote):
    browser = browser_of(ana)
    start = clock.now()
    for minutes in (0, 5, 90):
        with time_machine.travel(start + timedelta(minutes=minutes), tick=False):
            browser.post(f"{AT}/look", {"version": 1})
    [look] = looks(session)
    assert look.last_at - look.first_at == timedelta(minutes=90)


def test_looks_at_one_time_need_no_order(browser_of, session, ana, quote):
    """The control is in the statement: without ON CONFLICT the second insert fails."""
    browsers = [browser_of(ana), browser_of(ana)]
    for browser in browsers:
        assert browser.post(f"{AT}/look", {"version": 1}).status_code == 204
    assert len(looks(session)) == 1


@pytest.mark.parametrize("version", ["2", "0", "", "x", str(10**30)])
def test_another_version_is_not_noted(browser_of, session, ana, quote, version):
    assert browser_of(ana).post(f"{AT}/look", {"version": version}).status_code == 204
    assert looks(session) == []


def test_a_page_that_was_open_for_too_long_says_nothing(browser_of, session, ana, quote):
    browser = browser_of(ana)
    assert browser.post(f"{AT}/look", {"version": 1, "csrf_token": "old"}).status_code == 204
    assert looks(session) == []


def test_a_draft_is_not_looked_at(browser_of, session, ana):
    draft(ana)
    assert browser_of(ana).post(f"{AT}/look", {"version": 0}).status_code == 404


def test_a_new_version_tells_what_changed_since_the_one_they_saw(browser_of, session, ana, quote, outbox):
    browser = browser_of(ana)
    browser.post(f"{AT}/look", {"version": 1})
    how = {"by": BY_SYSTEM, "at": clock.now()}
    quote.revise(lines()[:1], **how)
    quote.revise(lines()[:1], title="Only the fence", **how)
    session.commit()
    page = browser.get(AT).text
    told = ("since version 1", "Removed: Gate, $300.00.", "New title: Only the fence.", "Total: $1,320.00 instead of")
    for shown in (page, outbox.emails[-1].text):
        for text in told:
            assert text in shown


def test_without_a_look_it_tells_what_changed_since_the_last_one(session, ana, quote):
    how = {"by": BY_SYSTEM, "at": clock.now()}
    quote.revise(lines()[:1], **how)
    quote.revise(lines()[:1], title="Only the fence", **how)
    facts = quote.newest.facts
    assert facts["since"] == 2
    assert [change["what"] for change in facts["changes"]] == ["title"]
    assert "changes" not in quote.versions[0].facts
