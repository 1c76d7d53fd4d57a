"""Staff answer a customer's message from the quote."""

import pytest

from sergio.audit.actor import BY_SYSTEM
from sergio.lib import clock
from sergio.lib.refused import Refused
from sergio.quotes import outcome_check
from tests.factories import by

AT = "/portal/quotes/1"


def ask(quote, contact, message="Blue, please."):
    quote.ask_for_changes(contact, message, version=quote.version, by=by(contact), at=clock.now())


def reply(quote, staff, message="Blue costs the same."):
    quote.reply(message, by=by(staff), at=clock.now())


def test_a_reply_is_emailed_and_shown_on_both_sides(browser_of, session, ana, olga, quote, outbox):
    ask(quote, ana)
    reply(quote, olga)
    session.commit()
    email = outbox.emails[-1]
    assert (email.to, email.subject) == ("ana@example.com", "Our answer about quote 1")
    for text in ("Blue costs the same.", "Olga Petrova", "Blue, please.", "https://sparkle.sergio.test/d/"):
        assert text in email.text
    for browser, path in ((browser_of(ana), AT), (browser_of(olga), "/office/quotes/1")):
        page = browser.get(path).text
        assert page.index("Blue, please.") < page.index("Blue costs the same.")


def test_after_a_reply_it_is_the_customers_turn(session, ana, olga, quote):
    ask(quote, ana)
    assert quote.outcome == "changes-requested"
    reply(quote, olga)
    assert quote.outcome == "sent"
    ask(quote, ana, "And lower.")
    assert quote.outcome == "changes-requested"
    session.flush()
    assert list(outcome_check.differences()) == []
    reply(quote, olga)
    session.flush()
    assert list(outcome_check.differences()) == []


def test_there_must_be_a_message_to_answer(session, olga, quote):
    with pytest.raises(Refused, match="no message to answer"):
        reply(quote, olga)


def test_a_reply_stays_with_its_version(browser_of, session, ana, olga, quote):
    ask(quote, ana)
    reply(quote, olga)
    quote.revise(by=BY_SYSTEM, at=clock.now())
    session.commit()
    browser = browser_of(ana)
    assert "Blue costs the same." not in browser.get(AT).text
    assert "Blue costs the same." in browser.get(f"{AT}?version=1").text


def test_a_conversation_takes_no_more_statements(browser_of, session, ana, olga, quote, statements):
    for _ in range(5):
        ask(quote, ana)
        reply(quote, olga)
    session.commit()
    browser = browser_of(ana)
    with statements() as seen:
        assert browser.get(AT).text.count("Blue costs the same.") == 5
    assert len(seen) == 2
