"""Customers choose not to get emails that are not essential: by a link in each of them, or by their mail program."""

import re

import pytest
from sqlalchemy import select

from sergio.audit.models import AuditEntry
from sergio.customers.emails import unsubscribe_url
from sergio.customers.unwanted_emails import UnwantedEmail
from sergio.lib import clock
from sergio.outbox.kinds import INVOICE_SENT, QUOTE_REMINDER, STATEMENT, WORK_DONE
from sergio.outbox.mime import mime_message
from sergio.outbox.models import OutgoingEmail
from sergio.quotes import emails
from tests.factories import by
from tests.quotes import builders as quotes

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def remind(contact):
    quote = quotes.sent(contact)
    emails.reminder(quote, quote.newest, "This quote is open until Friday.")


@pytest.fixture
def reminder(ana, session) -> OutgoingEmail:
    remind(ana)
    session.commit()
    return session.scalars(select(OutgoingEmail).where(OutgoingEmail.kind == "quote_reminder")).one()


def path_in(email) -> str:
    return re.search(r"https://[^/]+(/emails/unwanted/\S+)", email.text)[1]


def kinds_of(contact, session) -> set[str]:
    session.rollback()
    return UnwantedEmail.kinds_of(contact)


def test_an_optional_email_says_how_to_end_it_in_its_header_and_in_both_parts(reminder):
    message = mime_message(reminder, "portal@localhost")
    url = reminder.unsubscribe_url
    assert message["List-Unsubscribe"] == f"<{url}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert url in reminder.text
    assert url in reminder.html


def test_an_essential_email_never_offers_that(ana, session):
    quotes.sent(ana)
    email = session.scalars(select(OutgoingEmail).where(OutgoingEmail.kind == "quote_sent")).one()
    assert mime_message(email, "portal@localhost")["List-Unsubscribe"] is None
    assert "/emails/unwanted/" not in email.text


def test_a_mail_program_ends_them_by_one_post_without_a_session_or_an_origin(reminder, ana, visitor, session):
    response = visitor(ana.company).client.post(
        path_in(reminder), data=ONE_CLICK, base_url="https://sparkle.sergio.test/"
    )
    assert response.status_code == 303
    assert kinds_of(ana, session) == {"quote_reminder"}


def test_opening_the_link_or_sending_its_form_without_the_button_changes_nothing(reminder, ana, visitor, session):
    browser = visitor(ana.company)
    assert "want these emails?" in browser.get(path_in(reminder)).text
    browser.post(path_in(reminder), {})
    browser.post(path_in(reminder), {"stop": "no"})
    assert kinds_of(ana, session) == set()


def test_the_button_ends_them_and_brings_them_back(reminder, ana, visitor, session):
    browser = visitor(ana.company)
    page = browser.post(path_in(reminder), {"stop": "yes"}, follow_redirects=True)
    assert "You no longer get these emails" in page.text
    assert kinds_of(ana, session) == {"quote_reminder"}
    page = browser.post(f"{path_in(reminder)}/again", {}, follow_redirects=True)
    assert "get these emails again." in page.text
    assert kinds_of(ana, session) == set()


def test_a_forged_link_or_one_of_another_company_does_not_exist(reminder, rival, ana, visitor, session):
    assert visitor(rival).get(path_in(reminder)).status_code == 404
    assert visitor(ana.company).get(path_in(reminder)[:-2]).status_code == 404
    essential = unsubscribe_url(ana, INVOICE_SENT).removeprefix("https://sparkle.sergio.test")
    assert visitor(ana.company).post(essential, ONE_CLICK).status_code == 404
    assert kinds_of(ana, session) == set()


def test_who_does_not_want_a_kind_gets_none_of_it_and_all_others(ana, session, outbox):
    UnwantedEmail.choose(ana, [QUOTE_REMINDER.name, STATEMENT.name], by=by(ana), at=clock.now())
    remind(ana)
    session.commit()
    assert [email.kind for email in outbox.emails] == ["quote_sent"]
    entries = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert "chose_emails" in entries
    assert entries[-1] == "not_wanted"
    assert UnwantedEmail.kinds_of(ana) == {QUOTE_REMINDER.name}  # an essential one can't be chosen


def test_choosing_again_replaces_the_choice(ana, ben, session):
    for chosen in ([QUOTE_REMINDER.name], [WORK_DONE.name, QUOTE_REMINDER.name], [WORK_DONE.name]):
        UnwantedEmail.choose(ana, chosen, by=by(ana), at=clock.now())
        session.commit()
    assert kinds_of(ana, session) == {WORK_DONE.name}
    assert kinds_of(ben, session) == set()
