"""Contact support: what is sent, to whom, what is shown before, and what hostile text does."""

from dataclasses import replace
from html import unescape

import pytest

from sergio.companies.plans import PRO
from sergio.outbox.mime import mime_message

SUPPORT = "/office/support"
ASKED = {"subject": "The calendar is empty", "message": "I opened the schedule.\nNothing is there.", "error": ""}


@pytest.fixture
def support_email(app):
    config = app.config["SERGIO"]
    app.config["SERGIO"] = replace(config, support_email="help@sergio.example")
    yield "help@sergio.example"
    app.config["SERGIO"] = config


def test_a_message_reaches_the_operator_with_what_they_need(support_email, browser_of, theo, outbox):
    browser = browser_of(theo)
    page = browser.get(f"{SUPPORT}?error=0a1b2c3d4e5f").text
    for shown in ("Theo Laurent", "theo@sparkle.example", "Sparkle Cleaning", "0.1.0 (", 'value="0a1b2c3d4e5f"'):
        assert shown in page
    assert browser.post(SUPPORT, {**ASKED, "error": "0a1b2c3d4e5f"}).location == SUPPORT
    assert "The reply comes to theo@sparkle.example" in browser.get(SUPPORT).text
    [email] = outbox.emails
    assert (email.to, email.reply_to) == (support_email, theo.email)
    assert email.subject == "The calendar is empty (Sparkle Cleaning)"
    for words in ("Nothing is there.", "Theo Laurent, technician", "sparkle.sergio.test", "0.1.0 (", "0a1b2c3d4e5f"):
        assert words in email.text
    assert mime_message(email, sender="portal@sergio.example")["Reply-To"] == "theo@sparkle.example"


def test_other_emails_are_replied_to_at_the_company(ana, outbox, session):
    from sergio import outbox as post

    post.send(ana.company, ana.email, "customers/email/nobody", "Hello", customer=ana.customer, unsent="Hello")
    [email] = outbox.emails
    assert mime_message(email, sender="portal@sergio.example")["Reply-To"] == "hello@sparkle.example"


def test_a_request_on_the_pro_plan_is_marked(support_email, browser_of, olga, sparkle, session, outbox):
    sparkle.plan = PRO
    session.commit()
    browser_of(olga).post(SUPPORT, ASKED)
    assert outbox.subjects == ["[Priority] The calendar is empty (Sparkle Cleaning)"]


HOSTILE = [
    "Hi\r\nBcc: everyone@example.com",
    "Hi\nSubject: another",
    "<script>alert(1)</script> {{ company }} %(name)s",
    "\u202eevil \x00\x08 text",
    "=?utf-8?q?Hi=0D=0ABcc:_everyone@example.com?=",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(support_email, browser_of, olga, outbox, text):
    assert browser_of(olga).post(SUPPORT, {**ASKED, "subject": text, "message": text}).status_code == 303
    [email] = outbox.emails
    message = mime_message(email, sender="portal@sergio.example")
    assert message["Bcc"] is None
    assert message.get_all("Subject") == [message["Subject"]]
    assert "\n" not in email.subject
    assert "<script>" not in email.html
    assert message.as_bytes()


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"subject": ""}, "Enter a subject."),
        ({"subject": "a" * 121}, "cannot be longer than 120"),
        ({"message": "  "}, "Tell us what happened."),
        ({"message": "a" * 5001}, "cannot be longer than 5000"),
        ({"error": "<b>"}, "Copy it as the error page shows it."),
        ({"error": "a\nb"}, "Copy it as the error page shows it."),
    ],
)
def test_what_is_missing_or_too_long_is_said_and_nothing_is_lost(
    support_email, browser_of, olga, outbox, changed, sentence
):
    page = browser_of(olga).post(SUPPORT, {**ASKED, "message": "Keep me.", **changed})
    assert page.status_code == 422
    assert sentence in page.text
    assert outbox.emails == []
    assert "message" in changed or "Keep me." in page.text


def test_the_sixth_message_in_an_hour_waits_in_the_form(support_email, browser_of, olga, nora, outbox):
    browser = browser_of(olga)
    assert [browser.post(SUPPORT, ASKED).status_code for _time in range(5)] == [303] * 5
    page = browser.post(SUPPORT, ASKED)
    assert page.status_code == 429
    assert "You've sent several messages already." in unescape(page.text)
    assert "Nothing is there." in page.text
    assert len(outbox.emails) == 5
    assert browser_of(nora).post(SUPPORT, ASKED).status_code == 303


def test_without_an_address_the_page_says_what_to_do_instead(browser_of, olga, outbox):
    browser = browser_of(olga)
    assert "Support can't be reached from here" in unescape(browser.get(SUPPORT).text)
    assert browser.post(SUPPORT, ASKED).status_code == 422
    assert outbox.emails == []


def test_nothing_of_the_link_is_believed(support_email, browser_of, olga):
    page = browser_of(olga).get(f"{SUPPORT}?subject=%22%3E%3Cscript%3E&error=%22%3E%3Cscript%3E").text
    assert "<script>&" not in page
    assert '"><script>' not in page


def test_every_settings_page_leads_to_support(browser_of, olga):
    browser = browser_of(olga)
    for path in ("/office/settings/", "/office/settings/company", "/office/settings/plan"):
        assert f'href="{SUPPORT}"' in browser.get(path).text


def test_an_error_page_of_the_office_leads_there_with_its_number(browser_of, visitor, olga, sparkle):
    page = browser_of(olga).get("/office/quotes/99")
    assert page.status_code == 404
    assert f'href="{SUPPORT}?error={page.headers["X-Request-Id"]}"' in page.text
    assert SUPPORT not in visitor(sparkle).get("/portal/nothing").text


def test_signed_out_there_is_no_form(visitor, sparkle, session):
    session.commit()
    assert "/office/sign-in" in visitor(sparkle).get(SUPPORT).location
