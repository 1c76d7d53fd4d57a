"""Emails that come back, at once or by a report in a mailbox; after several, their address is paused."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from sergio import outbox
from sergio.lib import clock
from sergio.outbox import bounces, delivery
from sergio.outbox.models import OutgoingEmail
from sergio.outbox.paused import PausedAddress
from tests.factories import by
from tests.outbox.imap import running_inbox

ADDRESS = "bounces@sergio.test"
REPORT = """\
From: MAILER-DAEMON@mx.example.com
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

This is the mail system.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com

Final-Recipient: rfc822; gone@example.com
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {reply}

--b
Content-Type: {copy_type}

Message-ID: {message_id}
Subject: Hello

--b--
"""
NO_SUCH_USER = "550 5.1.1 <gone@example.com>: User unknown"


def report(email, *, to="", action="failed", reply=NO_SUCH_USER, message_id="", copy_type="text/rfc822-headers"):
    facts = {"action": action, "reply": reply, "copy_type": copy_type, "status": reply.split()[1]}
    named = {"to": to or bounces.return_path(email), "message_id": message_id or email.message_id}
    return REPORT.format(**facts, **named).replace("\n", "\r\n").encode()


@pytest.fixture
def inbox(app, monkeypatch):
    """The mailbox of the installation, which its worker reads."""
    with running_inbox() as inbox:
        address = {"bounces_address": ADDRESS, "bounces_server": "127.0.0.1", "bounces_port": inbox.port}
        user = {"bounces_username": "bounces", "bounces_password": inbox.password}
        monkeypatch.setitem(app.config, "SERGIO", replace(app.config["SERGIO"], **address, **user))
        yield inbox


@pytest.fixture
def sent(session, sparkle, ana):
    """`sent(to)`: an email that the mail server has accepted."""

    def put(to="gone@example.com"):
        email = outbox.send(sparkle, to, "customers/email/nobody", "Hello", customer=ana.customer, unsent="x")
        email.mark_sent(clock.now())
        session.commit()
        return email

    return put


@pytest.mark.parametrize("copy_type", ["text/rfc822-headers", "message/rfc822"])
def test_a_report_names_its_email_by_its_address_or_by_the_copy(inbox, sent, copy_type):
    email = sent()
    assert bounces.read(report(email, message_id="<other@x.test>")).email_id == email.id
    without = bounces.read(report(email, to=ADDRESS, copy_type=copy_type))
    assert (without.email_id, without.message_id, without.action) == (None, email.message_id, "failed")
    assert without.reply == NO_SUCH_USER


def test_a_forged_return_address_names_nothing(inbox, sent):
    email, other = sent(), sent()
    forged = bounces.return_path(email).replace(f"+{email.id}-", f"+{other.id}-")
    assert bounces.read(report(email, to=forged, message_id="<none@x.test>")).email_id is None
    assert bounces.read(report(email, to=bounces.return_path(email).upper())).email_id == email.id


@pytest.mark.parametrize("raw", [b"", b"Subject: Out of office\r\n\r\nBack on Monday.", b"\xff\xfe\x00" * 50])
def test_any_other_message_is_no_report(inbox, raw):
    assert bounces.read(raw) is None


def test_the_worker_reads_reports_once_and_marks_them(inbox, sent, session):
    email = sent()
    inbox.receive(b"Subject: Out of office\r\n\r\nBack on Monday.")
    inbox.receive(report(email))
    delivery.read_bounces()
    session.expire_all()
    assert (email.refusal, email.is_unknown_address, inbox.seen) == (NO_SUCH_USER, True, {1, 2})
    at = email.refused_at
    inbox.seen.clear()
    delivery.read_bounces()
    assert session.get_one(OutgoingEmail, email.id).refused_at == at


@pytest.mark.parametrize("header", ["<>", "<a@["])
def test_a_message_that_nobody_can_read_does_not_keep_the_next_from_being_read(inbox, sent, session, header):
    email = sent()
    inbox.receive(report(email, message_id=header, copy_type="message/rfc822"))
    inbox.receive(report(email))
    delivery.read_bounces()
    session.expire_all()
    assert (email.refusal, inbox.seen) == (NO_SUCH_USER, {1, 2})


def test_what_no_database_can_store_is_left_out_of_a_report(inbox, sent, session):
    email = sent()
    inbox.receive(report(email, reply="550 5.1.1 gone =?utf-8?q?=00?= away"))
    delivery.read_bounces()
    session.expire_all()
    assert email.refused_at
    assert "\0" not in email.refusal


def test_a_message_that_breaks_the_reader_comes_again(inbox, sent, monkeypatch):
    inbox.receive(report(sent()))
    monkeypatch.setattr(bounces, "note", lambda *args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        delivery.read_bounces()
    assert inbox.seen == set()


def test_a_delay_is_no_failure(inbox, sent, session):
    email = sent()
    inbox.receive(report(email, action="delayed", reply="451 4.4.1 no answer from mx.example.com"))
    delivery.read_bounces()
    session.expire_all()
    assert (email.refused_at, email.deferral) == (None, "451 4.4.1 no answer from mx.example.com")


@pytest.mark.parametrize(
    ("reply", "unknown"),
    [
        (NO_SUCH_USER, True),
        ("550 No such user here", True),
        ("550 5.4.1 Recipient address rejected: Access denied", True),
        ("550 5.7.1 Message rejected as spam", False),
        ("552 5.2.2 Mailbox full", False),
        ("554 Transaction failed", False),
    ],
)
def test_only_an_address_that_does_not_exist_counts_against_it(reply, unknown):
    assert bounces.says_no_mailbox(reply) == unknown


def bounce(session, *emails):
    for email in emails:
        bounces.refuse(email, NO_SUCH_USER, clock.now())
    session.commit()


def test_two_hard_bounces_pause_an_address_until_staff_lift_it(session, sparkle, ana, sent, olga):
    bounce(session, sent())
    assert PausedAddress.now_of(sparkle, "gone@example.com") is None
    bounce(session, sent("gone@example.com"))
    pause = PausedAddress.now_of(sparkle, "GONE@example.com")
    assert pause.reason == NO_SUCH_USER

    email = outbox.send(sparkle, "gone@example.com", "customers/email/nobody", "Hi", customer=ana.customer, unsent="x")
    assert email.refusal.startswith("Not sent: emails to this address came back, so we paused it.")
    pause.lift(by=by(olga), at=clock.now())
    session.commit()
    email = outbox.send(sparkle, "gone@example.com", "customers/email/nobody", "Hi", customer=ana.customer, unsent="x")
    assert email.refused_at is None
    bounce(session, email)
    assert PausedAddress.now_of(sparkle, "gone@example.com") is None


def test_a_month_apart_they_pause_nothing(session, sparkle, sent):
    bounce(session, sent())
    with time_machine.travel(clock.now() + timedelta(days=31)):
        bounce(session, sent())
        assert PausedAddress.now_of(sparkle, "gone@example.com") is None


def test_a_sign_in_that_somebody_asks_for_is_sent_to_a_paused_address(session, sparkle, ana, visitor, work):
    facts = {"company": sparkle, "email_key": ana.email, "paused_at": clock.now(), "reason": NO_SUCH_USER}
    session.add(PausedAddress(**facts))
    session.commit()
    visitor(sparkle).post("/portal/sign-in", {"email": ana.email})
    work()
    [email] = session.scalars(select(OutgoingEmail).where(OutgoingEmail.to == ana.email))
    assert (email.kind, email.refused_at) == ("sign_in", None)


def test_the_envelope_has_the_return_address(inbox, mailbox, session, sparkle, ana, work):
    outbox.send(sparkle, ana.email, "customers/email/nobody", "Hello", customer=ana.customer, unsent="x")
    session.commit()
    work()
    [came] = mailbox.emails()
    [email] = session.scalars(select(OutgoingEmail))
    assert came["From"].addresses[0].addr_spec == "portal@localhost"
    assert mailbox.senders == [bounces.return_path(email)]
