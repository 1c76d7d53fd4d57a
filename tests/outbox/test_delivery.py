"""Emails are sent once, after the commit; whatever the server does, none is lost silently."""

import re
import socket
import threading
import time
from contextlib import contextmanager, suppress
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from sergio import outbox
from sergio.jobs.models import Job, Outage
from sergio.lib import clock
from sergio.outbox import delivery, smtp
from sergio.outbox.models import OutgoingEmail
from sergio.outbox.wording import Words
from sergio.sandbox.mailbox import html_of, text_of

TEMPLATE = "auth/email/sign_in"
WORDS = Words("Hello", "Hello Ana,\n\nOpen this link to sign in to Sparkle Cleaning:")


@pytest.fixture
def send(session, sparkle):
    """`send()`: put one email into the outbox and commit."""

    def put(to="ana@example.com", subject="Hello", **more):
        facts = {"words": WORDS, "link": "https://sparkle.sergio.test/x", "code": "ABCD-EFGH", "until": clock.now()}
        email = outbox.send(sparkle, to, TEMPLATE, subject, **facts, **more)
        session.commit()
        return email.message_id

    return put


def test_an_email_comes_from_the_company_and_replies_go_to_it(mailbox, send, work):
    message_id = send()
    assert work() == 1
    (came,) = mailbox.emails()
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


def test_an_email_has_text_and_html(mailbox, send, work):
    send()
    work()
    (came,) = mailbox.emails()
    lines = text_of(came).splitlines()
    assert lines[:5] == [
        "Hello Ana,",
        "",
        "Open this link to sign in to Sparkle Cleaning:",
        "",
        "https://sparkle.sergio.test/x",
    ]
    assert lines[-5:-2] == ["-- ", "Sparkle Cleaning", "(207) 555-0100"]
    assert all(part in html_of(came) for part in ("ABCD-EFGH", "#1f5f5b", "hello@sparkle.example"))
    assert not re.search(r"<link|@import|https?://(?!sparkle\.sergio\.test|www\.w3\.org)", html_of(came))


def test_an_attachment_arrives_byte_for_byte(mailbox, send, work):
    text = "BEGIN:VCALENDAR\r\nSUMMARY:Fenêtres\r\nEND:VCALENDAR\r\n"
    send(attachments=[("appointment.ics", "text/calendar; charset=utf-8; method=REQUEST", text)])
    work()
    (attached,) = mailbox.emails()[0].iter_attachments()
    assert (attached.get_content_type(), attached.get_filename()) == ("text/calendar", "appointment.ics")
    assert attached.get_payload(decode=True) == text.encode()


def test_an_email_that_is_not_committed_is_never_sent(mailbox, session, sparkle, work):
    outbox.send(sparkle, "ana@example.com", TEMPLATE, "x", words=WORDS, link="", code="", until=clock.now())
    session.rollback()
    assert (work(), mailbox.emails()) == (0, [])


def test_a_silent_server_does_not_block_the_worker(mailbox, send, work, later, email):
    send()
    mailbox.stall()
    before = clock.now()
    work()
    assert clock.now() - before < timedelta(seconds=3)
    assert (email().sent_at, email().refused_at) == (None, None)
    mailbox.work()
    later()
    assert len(mailbox.emails()) == 1


def test_a_server_that_is_down_is_tried_again(app, mailbox, send, work, later, email, monkeypatch):
    send()
    with monkeypatch.context() as patch:
        patch.setattr(app.extensions["mail"], "port", 1)
        assert (work(), email().sent_at) == (1, None)
    later()
    assert len(mailbox.emails()) == 1


def test_after_a_temporary_refusal_the_email_is_retried(mailbox, send, work, later, email, session):
    send()
    mailbox.refuse(451)
    assert work() == 1
    job = session.scalars(select(Job)).one()
    assert (email().deferred_at is not None, email().deferral) == (True, "451 The mailbox was told to refuse")
    assert (email().refused_at, job.finished_at, job.run_at > clock.now()) == (None, None, True)
    assert work() == 0
    mailbox.work()
    later()
    assert (len(mailbox.emails()), email().sent_at is not None) == (1, True)


def test_a_permanent_refusal_is_final_and_staff_can_see_it(mailbox, send, work, later, session, sparkle):
    send()
    mailbox.refuse(550)
    work()
    (undelivered,) = session.scalars(OutgoingEmail.undelivered(sparkle.id))
    assert undelivered.refusal == "550 The mailbox was told to refuse"
    mailbox.work()
    later()
    assert mailbox.emails() == []


def test_wrong_credentials_do_not_count_against_the_email(app, mailbox, send, work, email, monkeypatch):
    send()
    monkeypatch.setattr(app.extensions["mail"], "username", "nobody")
    monkeypatch.setattr(app.extensions["mail"], "password", "wrong")
    work()
    assert (email().sent_at, email().refused_at) == (None, None)


def test_an_email_accepted_without_a_reply_is_sent_again_with_the_same_id(mailbox, send, work, later, email):
    message_id = send()
    mailbox.drop()
    work()
    assert email().sent_at is None
    mailbox.work()
    later()
    assert [came["Message-ID"] for came in mailbox.emails()] == [message_id] * 2


def test_a_crash_before_the_commit_sends_the_email_again_with_the_same_id(mailbox, send, work, later, monkeypatch):
    message_id = send()
    with monkeypatch.context() as patch:
        patch.setattr(OutgoingEmail, "mark_sent", lambda self, now: 1 / 0)
        work()
    later()
    assert [came["Message-ID"] for came in mailbox.emails()] == [message_id] * 2


def test_a_sent_email_is_not_sent_again(mailbox, send, session, work):
    send()
    work()
    session.add(Job(name="outbox.deliver", args={"email_id": session.scalars(select(OutgoingEmail.id)).one()}))
    session.commit()
    assert (work(), len(mailbox.emails())) == (1, 1)


def test_an_expired_email_is_not_sent(mailbox, send, work, email):
    send(expires_at=clock.now() - timedelta(seconds=1))
    work()
    assert (mailbox.emails(), email().refusal) == ([], "Not sent: it would have arrived too late.")


def test_the_text_of_an_email_that_expires_is_deleted(mailbox, send, work, email):
    send(expires_at=clock.now() + timedelta(minutes=15))
    work()
    assert "ABCD-EFGH" in text_of(mailbox.emails()[0])
    assert (email().text, email().html) == ("", "")


def test_the_text_of_other_emails_is_kept(mailbox, send, work, email):
    send()
    work()
    assert "ABCD-EFGH" in email().text


def job_of(session) -> Job:
    session.rollback()
    return session.scalars(select(Job)).one()


@pytest.mark.parametrize(
    ("code", "stage"),
    [(530, "MAIL"), (535, "MAIL"), (553, "MAIL"), (451, "MAIL"), (530, "RCPT"), (534, "RCPT"), (535, "DATA")],
)
def test_trouble_of_the_server_does_not_count_against_the_email(
    mailbox, send, work, later, email, session, code, stage
):
    send()
    mailbox.refuse(code, stage)
    assert work() == 1
    assert (email().refused_at, job_of(session).attempts) == (None, 0)
    assert str(code) in session.scalars(Outage.on()).one().reason
    mailbox.work()
    later()
    assert (len(mailbox.emails()), session.scalars(Outage.on()).all()) == (1, [])


@pytest.mark.parametrize(("code", "stage"), [(552, "MAIL"), (550, "RCPT"), (554, "DATA")])
def test_a_refusal_of_one_email_is_final_and_blocks_no_other(mailbox, send, work, email, session, code, stage):
    send()
    mailbox.refuse(code, stage)
    work()
    assert email().refusal == f"{code} The mailbox was told to refuse"
    assert session.scalars(Outage.on()).all() == []


def test_a_temporary_refusal_of_one_email_blocks_no_other(mailbox, send, work, session):
    send()
    mailbox.refuse(451)
    work()
    assert job_of(session).error == "NotNow: 451 The mailbox was told to refuse"
    assert session.scalars(Outage.on()).all() == []


def test_a_conversation_with_a_slow_server_ends(app, send, work, session, monkeypatch):
    with trickling_server() as port:
        post = app.extensions["mail"]
        for name, value in {"suppress": False, "server": "127.0.0.1", "port": port}.items():
            monkeypatch.setattr(post, name, value)
        monkeypatch.setattr(smtp, "CONVERSATION", 1)
        send()
        before = clock.now()
        work()
        assert clock.now() - before < timedelta(seconds=8)
    assert session.scalars(Outage.on()).one()


@contextmanager
def trickling_server():
    """A server that sends its greeting one character at a time, twice a second, and never finishes it."""

    def trickle():
        connection, _ = listener.accept()
        with suppress(OSError), connection:
            connection.sendall(b"220 ")
            for _ in range(60):
                connection.sendall(b"x")
                time.sleep(0.5)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=trickle, daemon=True).start()
        yield listener.getsockname()[1]


def test_an_email_that_waited_too_long_for_the_server_says_so(mailbox, send, work, email):
    start = clock.now()
    with time_machine.travel(start, tick=False) as traveler:
        send(expires_at=start + timedelta(minutes=15))
        mailbox.refuse(530, "MAIL")
        work()
        traveler.shift(timedelta(minutes=15))
        mailbox.work()
        work()
    assert mailbox.emails() == []
    assert email().refusal == "Not sent: our mail server could not be reached for 15 minutes."


def test_old_emails_are_deleted_sent_or_not(session, sparkle, send, email):
    send()
    email().mark_refused("no", clock.now())
    session.commit()
    for days, left in ((89, 1), (91, 0)):
        with time_machine.travel(clock.now() + timedelta(days=days)):
            delivery.delete_expired()
            session.commit()
        assert len(session.scalars(select(OutgoingEmail)).all()) == left
