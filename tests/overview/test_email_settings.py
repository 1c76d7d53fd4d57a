"""Settings -> Emails: staff read every email to customers, change its words, and send themselves a test."""

import re

import pytest
from sqlalchemy import func, select

from sergio.audit.models import AuditEntry
from sergio.auth.document_links import DocumentLink
from sergio.jobs.models import Job
from sergio.lib import clock
from sergio.lib.language import speaking
from sergio.outbox.kinds import DETAILS_CHANGED, KINDS, NEW_DEVICE, QUOTE_SENT, SIGN_IN
from sergio.outbox.models import OutgoingEmail
from sergio.outbox.wording import EmailWording, our_words, words_for
from sergio.overview.email_samples import SAMPLES, sample_of
from tests.booking.builders import at
from tests.overview import builders
from tests.quotes import builders as quotes

PATH = "/office/settings/emails"
WORDS = {
    "subject": "Your offer {number} from {company_name}",
    "opening": "Dear {contact_name},\n\nplease look: {title}",
}


@pytest.fixture
def office(browser_of, olga):
    return browser_of(olga)


def save(office, kind="quote_sent", **changes):
    page = office.get(f"{PATH}/{kind}").text
    seen = re.search(r'name="seen"[^>]*value="([^"]*)"', page)[1].replace("&#34;", '"').replace("&#39;", "'")
    return office.post(f"{PATH}/{kind}", {"seen": seen, **WORDS, **changes})


def test_every_kind_has_a_sample():
    assert {kind.name for kind in SAMPLES} == set(KINDS)


def test_every_email_is_complete_without_any_data(session, sparkle):
    for kind in KINDS.values():
        email = sample_of(kind, sparkle, clock.now())
        for part in (email.subject, email.text, email.html):
            assert not re.search(r"\{\w+\}|None|%\(", part), part
        assert kind.essential == ("/emails/unwanted/" not in email.text)
    assert not session.new


def test_an_email_of_real_documents_keeps_and_sends_nothing(session, sparkle, ana, theo):
    quotes.sent(ana)
    builders.invoice(ana)
    builders.pay(builders.invoice(ana))
    builders.appointment(ana, theo, at(25, 9))
    session.commit()
    tables = (OutgoingEmail, Job, DocumentLink, AuditEntry)
    before = [session.scalar(select(func.count()).select_from(table)) for table in tables]
    for kind in KINDS.values():
        sample_of(kind, sparkle, clock.now())
        session.commit()
        assert [session.scalar(select(func.count()).select_from(table)) for table in tables] == before, kind.name


def test_a_variable_is_named_for_what_it_is_in_that_email():
    assert KINDS["quote_sent"].offered["title"] == "The title"
    assert KINDS["appointment_booked"].offered["title"] == "The service"
    assert KINDS["payment_returned"].offered["reason"] == "The reason"


def test_the_page_lists_every_kind_and_marks_those_with_own_words(office):
    save(office)
    page = office.get(PATH).text
    assert all(f'href="{PATH}/{name}"' in page for name in KINDS)
    assert page.count("Customized") == 1


def test_own_words_are_in_the_next_email_and_in_the_activity_log(office, ana, session, outbox):
    assert save(office).status_code == 303
    quotes.sent(ana, title="Windows")
    session.commit()
    [email] = outbox.emails
    assert email.subject == "Your offer 1 from Sparkle Cleaning"
    assert email.text.startswith("Dear Ana Ruiz,\n\nplease look: Windows")
    assert "please look: Windows" in email.html
    assert "Changed the words of an email" in office.get("/office/activity").text


def test_the_preview_shows_the_latest_real_quote(office, ana, session):
    quotes.sent(ana, title="Windows and <gutters>")
    session.commit()
    save(office)
    response = office.get(f"{PATH}/quote_sent/preview")
    assert "please look: Windows and &lt;gutters&gt;" in response.text
    policy = response.headers["Content-Security-Policy"]
    assert "sandbox" in policy
    assert "script" not in policy
    assert response.headers["X-Frame-Options"] == "SAMEORIGIN"
    page = office.get(f"{PATH}/quote_sent")
    assert "please look: Windows and &lt;gutters&gt;" in page.text
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"subject": "Your {qoute}"}, "{qoute} is not a variable of this email."),
        ({"opening": "{until} {arrival} {browser}"}, "{arrival}, {browser} are not variables of this email."),
        ({"opening": "{first_name.__class__}"}, "{first_name.__class__} is not a variable"),
        ({"subject": ""}, "Enter a subject."),
        ({"opening": " "}, "Enter a text."),
        ({"subject": "x" * 151}, "Use at most 150 characters."),
        ({"opening": "x" * 2001}, "Use at most 2,000 characters."),
    ],
)
def test_wrong_words_are_refused_with_a_sentence(office, session, changes, sentence):
    response = save(office, **changes)
    assert response.status_code == 422
    assert sentence in response.text
    assert session.scalar(select(EmailWording)) is None


def test_our_words_come_back(office, session, ana, outbox):
    save(office)
    office.post(f"{PATH}/quote_sent/reset", {})
    quotes.sent(ana, title="Windows")
    session.commit()
    assert outbox.subjects == ["Quote 1: Windows"]
    session.rollback()
    assert session.scalar(select(EmailWording)) is None


def test_words_that_are_ours_are_not_kept(office, session):
    save(office, subject=str(QUOTE_SENT.subject), opening=str(QUOTE_SENT.opening))
    assert session.scalar(select(EmailWording)) is None


def test_a_variable_inside_a_value_stays_as_it_is(office, ana, session, outbox):
    save(office)
    quotes.sent(ana, title="{company_email} {0} %s {{7*7}}")
    session.commit()
    assert "please look: {company_email} {0} %s {{7*7}}" in outbox.emails[0].text


def test_readers_of_another_language_get_our_words(office, sparkle):
    save(office)
    assert words_for(sparkle, QUOTE_SENT).subject == WORDS["subject"]
    with speaking("fr"):
        assert words_for(sparkle, QUOTE_SENT) == our_words(QUOTE_SENT)


def test_a_test_goes_to_who_asks_and_is_about_nobody(office, olga, ana, session, outbox):
    quotes.sent(ana)
    session.commit()
    office.post(f"{PATH}/quote_reminder/test", {})
    email = outbox.emails[-1]
    assert (email.to, email.subject[:6], email.customer_id) == (olga.email, "Test: ", None)
    assert "/emails/unwanted/sample" in email.text
    assert "/d/" not in email.text


def test_tests_are_limited(office):
    found = [office.post(f"{PATH}/{SIGN_IN.name}/test", {}).status_code for _ in range(21)]
    assert (found[19], found[20]) == (303, 429)


FIXED = [name for name, kind in KINDS.items() if not kind.editable]


@pytest.mark.parametrize("name", FIXED)
def test_the_words_of_an_email_that_keeps_an_account_safe_are_read_and_tested_but_never_changed(
    office, session, outbox, name
):
    page = office.get(f"{PATH}/{name}").text
    assert "This email keeps an account safe" in page
    assert 'name="opening"' not in page
    assert office.post(f"{PATH}/{name}", WORDS).status_code == 404
    assert office.post(f"{PATH}/{name}/reset", {}).status_code == 404
    assert session.scalar(select(EmailWording)) is None
    office.post(f"{PATH}/{name}/test", {})
    assert outbox.subjects[-1].startswith("Test: ")


@pytest.mark.parametrize("kind", [NEW_DEVICE, DETAILS_CHANGED])
def test_own_words_of_before_an_email_kept_accounts_safe_do_not_count(office, session, sparkle, kind):
    session.add(EmailWording(company=sparkle, kind=kind.name, changed_at=clock.now(), **WORDS))
    session.commit()
    assert words_for(sparkle, kind) == our_words(kind)
    assert "Customized" not in office.get(PATH).text


def test_an_unknown_kind_does_not_exist(office):
    assert office.get(f"{PATH}/nonsense").status_code == 404
    assert office.post(f"{PATH}/nonsense/test", {}).status_code == 404


def test_a_rivals_words_are_its_own(office, world, browser_of, session):
    save(office)
    assert "Customized" not in browser_of(world.rita).get(PATH).text
