"""Letters leave after the commit, once, as they should read; whatever the server does, none is lost in silence."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from sergio import outbox
from sergio.jobs.models import Job
from sergio.lib import clock
from sergio.outbox.models import OutgoingEmail
from sergio.sandbox.mailbox import html_of, text_of

TEMPLATE = "auth/email/sign_in"


@pytest.fixture
def send(session, sparkle):
    """`send()`: one letter put into the outbox and committed."""

    def put(to="ana@example.com", subject="Hello", **more):
        facts = {"name": "Ana", "link": "https://sparkle.sergio.test/x", "code": "ABCD-EFGH", "until": clock.now()}
        email = outbox.send(sparkle, to, TEMPLATE, subject, **facts, **more)
        session.commit()
        return email.message_id

    return put


def test_a_letter_comes_from_the_company_and_answers_go_to_it(mailbox, send, work):
    message_id = send()
    assert work() == 1
    (came,) = mailbox.letters()
    assert (came["From"].addresses[0].display_name, came["From"].addresses[0].addr_spec) == (
        "Sparkle Cleaning",
        "portal@localhost",
    )
    assert (came["Reply-To"], came["To"], came["Message-ID"]) == (
        "hello@sparkle.example",
        "ana@example.com",
        message_id,
    )
    assert came["Date"].datetime


def test_a_letter_reads_well_as_text_and_as_html(mailbox, send, work):
    send()
    work()
    (came,) = mailbox.letters()
    lines = text_of(came).splitlines()
    assert lines[:4] == [
        "Hello Ana,",
        "",
        "open this link to sign in to Sparkle Cleaning:",
        "https://sparkle.sergio.test/x",
    ]
    assert lines[-5:-2] == ["-- ", "Sparkle Cleaning", "+1 207 555 0100"]
    assert all(part in html_of(came) for part in ("ABCD-EFGH", "#1f5f5b", "hello@sparkle.example"))


def test_an_attachment_arrives_byte_for_byte(mailbox, send, work):
    text = "BEGIN:VCALENDAR\r\nSUMMARY:Fenêtres\r\nEND:VCALENDAR\r\n"
    send(attachments=[("visit.ics", "text/calendar; charset=utf-8; method=REQUEST", text)])
    work()
    (attached,) = mailbox.letters()[0].iter_attachments()
    assert (attached.get_content_type(), attached.get_filename()) == ("text/calendar", "visit.ics")
    assert attached.get_payload(decode=True) == text.encode()


def test_what_is_not_committed_never_leaves(mailbox, session, sparkle, work):
    outbox.send(sparkle, "ana@example.com", TEMPLATE, "x", name="", link="", code="", until=clock.now())
    session.rollback()
    assert (work(), mailbox.letters()) == (0, [])


def test_a_silent_server_does_not_hold_the_worker(mailbox, send, work, later, letter):
    send()
    mailbox.stall()
    before = clock.now()
    work()
    assert clock.now() - before < timedelta(seconds=3)
    assert (letter().sent_at, letter().refused_at) == (None, None)
    mailbox.work()
    later()
    assert len(mailbox.letters()) == 1


def test_a_server_that_is_down_is_tried_again(app, mailbox, send, work, later, letter, monkeypatch):
    send()
    with monkeypatch.context() as patch:
        patch.setattr(app.extensions["mail"], "port", 1)
        assert (work(), letter().sent_at) == (1, None)
    later()
    assert len(mailbox.letters()) == 1


def test_a_server_that_says_later_is_asked_later(mailbox, send, work, later, letter, session):
    send()
    mailbox.refuse(451)
    assert work() == 1
    job = session.scalars(select(Job)).one()
    assert (letter().refused_at, job.finished_at, job.run_at > clock.now()) == (None, None, True)
    assert work() == 0
    mailbox.work()
    later()
    assert (len(mailbox.letters()), letter().sent_at is not None) == (1, True)


def test_a_server_that_says_never_is_believed_and_staff_can_see_it(mailbox, send, work, later, session):
    send()
    mailbox.refuse(550)
    work()
    (undelivered,) = session.scalars(OutgoingEmail.undelivered())
    assert undelivered.refusal == "550 The mailbox was told to refuse"
    mailbox.work()
    later()
    assert mailbox.letters() == []


def test_wrong_credentials_are_no_fault_of_the_letter(app, mailbox, send, work, letter, monkeypatch):
    send()
    monkeypatch.setattr(app.extensions["mail"], "username", "nobody")
    monkeypatch.setattr(app.extensions["mail"], "password", "wrong")
    work()
    assert (letter().sent_at, letter().refused_at) == (None, None)


def test_a_letter_taken_without_a_word_is_sent_again_under_the_same_id(mailbox, send, work, later, letter):
    message_id = send()
    mailbox.drop()
    work()
    assert letter().sent_at is None
    mailbox.work()
    later()
    assert [came["Message-ID"] for came in mailbox.letters()] == [message_id] * 2


def test_a_crash_before_the_letter_is_ticked_off_sends_it_again_under_the_same_id(
    mailbox, send, work, later, monkeypatch
):
    message_id = send()
    with monkeypatch.context() as patch:
        patch.setattr(OutgoingEmail, "sent", lambda self, at: 1 / 0)
        work()
    later()
    assert [came["Message-ID"] for came in mailbox.letters()] == [message_id] * 2


def test_a_letter_that_left_does_not_leave_again(mailbox, send, session, work):
    send()
    work()
    session.add(Job(name="outbox.deliver", args={"email_id": session.scalars(select(OutgoingEmail.id)).one()}))
    session.commit()
    assert (work(), len(mailbox.letters())) == (1, 1)


def test_a_letter_past_its_time_is_dropped_rather_than_sent(mailbox, send, work, letter):
    send(expires_at=clock.now() - timedelta(seconds=1))
    work()
    assert (mailbox.letters(), letter().refusal) == ([], "too late to be of use")


def test_what_was_secret_for_a_while_is_not_kept(mailbox, send, work, letter):
    send(expires_at=clock.now() + timedelta(minutes=15))
    work()
    assert "ABCD-EFGH" in text_of(mailbox.letters()[0])
    assert (letter().text, letter().html) == ("", "")


def test_what_is_no_secret_is_kept_for_the_office(mailbox, send, work, letter):
    send()
    work()
    assert "ABCD-EFGH" in letter().text
