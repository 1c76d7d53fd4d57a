"""The one place that speaks SMTP: a letter is handed over, put off, or given up."""

import smtplib
import ssl
from contextlib import suppress
from datetime import timedelta

from flask import current_app
from flask_mail import Connection, Mail, Message
from sqlalchemy import delete

from sergio.extensions import db
from sergio.jobs import job
from sergio.lib import clock
from sergio.lib.mailboxes import on_the_wire
from sergio.outbox.envelope import addressed
from sergio.outbox.models import OutgoingEmail

SECONDS = 10
KEPT = timedelta(days=90)


class PatientConnection(Connection):
    """Flask-Mail's connection, but one that does not wait for ever for a silent server."""

    def configure_host(self):
        host = smtplib.SMTP(self.mail.server, self.mail.port, timeout=SECONDS)
        try:
            if self.mail.use_tls:
                host.starttls(context=ssl.create_default_context())
            if self.mail.username:
                host.login(self.mail.username, self.mail.password)
        except Exception:
            host.close()
            raise
        return host

    def __exit__(self, exc_type, exc_value, tb):
        # The letter is with the server, or its refusal with us, by now: a bad goodbye must not send it again.
        with suppress(smtplib.SMTPException, OSError):
            super().__exit__(exc_type, exc_value, tb)


class Letter(Message):
    """Flask-Mail's message, but written by the standard library: Flask-Mail lets a company's name become an address."""

    def __init__(self, email: OutgoingEmail, sender: str):
        self.written = addressed(email, sender)
        super().__init__(recipients=[self.written["To"].addresses[0].addr_spec], sender=sender)

    def as_bytes(self) -> bytes:
        return self.written.as_bytes()


class Post(Mail):
    """Flask-Mail with the patient connection."""

    def connect(self):
        return PatientConnection(current_app.extensions["mail"])


mail = Post()


@job("outbox.deliver")
def deliver(email_id: int):
    """Send one letter. Errors that may pass rise, and the job is tried again; final refusals are kept with the letter.

    The conversation happens outside any transaction. A crash between the server's yes and our note of it sends the
    letter again under the same Message-ID.
    """
    email = db.session.get(OutgoingEmail, email_id)
    if email is None or email.sent_at or email.refused_at:
        return
    if email.stale(clock.now()):
        email.refused("too late to be of use", clock.now())
        return
    if on_the_wire(email.to) is None:
        email.refused("not an e-mail address we can write to", clock.now())
        return
    letter = Letter(email, sender=current_app.config["SERGIO"].mail_sender)
    db.session.commit()
    outcome = hand_over(letter)
    email = db.session.get_one(OutgoingEmail, email_id)
    email.refused(outcome, clock.now()) if outcome else email.sent(clock.now())


def hand_over(letter: Letter) -> str:
    """Speak to the server: empty when it took the letter, its words when it never will. Raises what may pass.

    Only what it says of this letter is final: that it does not let us in today is no fault of the letter's.
    """
    try:
        mail.send(letter)
    except smtplib.SMTPRecipientsRefused as refusal:
        code, words = next(iter(refusal.recipients.values()))
        return final(code, words, refusal)
    except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as refusal:
        return final(refusal.smtp_code, refusal.smtp_error, refusal)
    return ""


def final(code: int, words, refusal: Exception) -> str:
    """The words of a permanent refusal (5xx, RFC 5321 4.2.1); a temporary one is raised."""
    if code < 500:
        raise refusal
    return f"{code} {words.decode(errors='replace') if isinstance(words, bytes) else words}"


@job("outbox.forget")
def forget():
    """Delete letters three months after they left."""
    old = clock.now() - KEPT
    query = delete(OutgoingEmail).where(OutgoingEmail.sent_at < old)
    db.session.execute(query.execution_options(synchronize_session=False))
