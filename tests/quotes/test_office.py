"""The quotes in the office: all of the company's, and nobody else's."""

from datetime import timedelta

import pytest

from sergio.audit.actor import BY_SYSTEM
from sergio.lib import clock
from sergio.quotes.looks import note_look
from sergio.quotes.reminders import QuoteReminder
from tests.factories import by
from tests.quotes.builders import SIGNED, draft, lines, sent


def test_staff_see_all_quotes_of_the_company_and_no_others(browser_of, ana, ben, cleo, nora, session):
    sent(ana, title="Anas fence")
    draft(ben, title="Bens draft")
    sent(cleo, title="Cleos pipe")
    page = browser_of(nora).get("/office/quotes").text
    assert "Anas fence" in page
    assert "Bens draft" in page
    assert "Ben Okafor" in page
    assert "Cleos pipe" not in page


def test_a_quote_shows_what_happened_to_it(browser_of, ana, olga, session):
    now = clock.now()
    quote = sent(ana, at=now - timedelta(days=3))
    quote.ask_for_changes(ana, "Blue, please.", version=1, by=by(ana), at=now - timedelta(days=2))
    quote.decline(ana, "Too dear", version=1, by=by(ana), at=now - timedelta(days=1))
    quote.revise(lines(), by=BY_SYSTEM, at=now - timedelta(hours=9))
    quote.accept(ana, SIGNED, [], version=2, shown=132_000, by=by(ana), at=now)
    page = browser_of(olga).get("/office/quotes/1").text.partition('id="events"')[2]
    happened = [
        "Ana Ruiz accepted",
        "Version 2 sent",
        "Ana Ruiz declined",
        "Too dear",
        "requested changes",
        "Blue, please.",
    ]
    places = [page.index(text) for text in happened]
    assert places == sorted(places)
    assert "Optional, not included" in browser_of(olga).get("/office/quotes/1").text


def test_a_draft_can_be_read_in_the_office(browser_of, ana, olga, session):
    draft(ana)
    page = browser_of(olga).get("/office/quotes/1")
    assert page.status_code == 200
    assert "Created" in page.text


def test_another_companys_quote_is_not_found(browser_of, world, quote):
    assert browser_of(world.rita).get("/office/quotes/1").status_code == 404


@pytest.mark.parametrize("path", ["/office/quotes", "/office/quotes/1"])
def test_a_customer_cannot_open_the_office(browser_of, ana, quote, path):
    response = browser_of(ana).get(path)
    assert response.status_code == 303
    assert "/office/sign-in" in response.location


@pytest.mark.parametrize("count", [1, 30])
def test_the_list_takes_two_statements_for_any_length(browser_of, ana, olga, statements, count):
    for _ in range(count):
        sent(ana)
    browser = browser_of(olga)
    with statements() as seen:
        assert browser.get("/office/quotes").status_code == 200
    assert len(seen) == 2


def test_a_quote_takes_four_statements(browser_of, ana, olga, session, statements, quote):
    quote.accept(ana, SIGNED, [], version=1, shown=132_000, by=by(ana), at=clock.now())
    browser = browser_of(olga)
    with statements() as seen:
        assert browser.get("/office/quotes/1").status_code == 200
    assert len(seen) == 4


def test_staff_see_looks_replies_reminders_and_acceptances_that_were_undone(browser_of, ana, olga, session, quote):
    quote.accept(ana, SIGNED, [], version=1, shown=132_000, by=by(ana), at=clock.now())
    quote.undo_acceptance("A mistake.", by=by(olga), at=clock.now())
    quote.ask_for_changes(ana, "Blue, please.", version=1, by=by(ana), at=clock.now())
    quote.reply("Gladly.", by=by(olga), at=clock.now())
    note_look(quote, ana, 1, at=clock.now())
    session.add(QuoteReminder(company=ana.company, quote_id=quote.id, version=1, kind="unanswered", at=clock.now()))
    session.commit()
    page = browser_of(olga).get("/office/quotes/1").text
    for text in (
        "Ana Ruiz accepted",
        "Olga Petrova canceled the acceptance",
        "A mistake.",
        "Olga Petrova replied",
        "Ana Ruiz viewed version 1",
        "The customer was reminded",
    ):
        assert text in page


def test_a_draft_takes_four_statements(browser_of, ana, olga, session, statements):
    draft(ana)
    browser = browser_of(olga)
    with statements() as seen:
        assert browser.get("/office/quotes/1").status_code == 200
    assert len(seen) == 4


def test_the_email_speaks_of_optional_work_only_where_there_is_some(session, ana, outbox):
    sent(ana)
    plain = draft(ana)
    plain.lines = plain.lines[:1]
    plain.send(by=BY_SYSTEM, at=clock.now())
    session.commit()
    with_choice, without = outbox.emails[-2:]
    assert "choose optional work" in with_choice.text
    assert "optional" not in without.text
    assert "You can request changes, accept, or decline online." in without.text
