"""The one module that speaks SMTP. What becomes of an email depends on whose fault a refusal is.

- The server lets nobody in, or wants another sender or password: `Unreachable`, all emails wait for it.
- It went away in the middle: `CutShort`, which may be this email's doing.
- It may have this email later (4xx): `NotNow`, this one is tried again.
- It will never have this email (5xx, RFC 5321 4.2.1): its words are returned.
"""

import smtplib
import socket
import ssl
from contextlib import ExitStack, suppress
from threading import Timer

from flask import current_app
from flask_mail import Connection, Mail, Message

from sergio import jobs
from sergio.jobs import CutShort, Unreachable
from sergio.outbox.mime import mime_message
from sergio.outbox.models import OutgoingEmail

SECONDS = 10
"""How long we wait for one answer."""
CONVERSATION = 30
"""Seconds for all of it, however slowly the server trickles: below a job's lease, which is confirmed on the way."""
NOT_LET_IN = (421, 530, 534, 535)
"""Closing down, or not content with our password (RFC 5321, RFC 4954), at whatever point it says so."""
TOO_LARGE = 552


class NotNow(Exception):
    """The server may take this email later, and says so."""


class PunctualSMTP(smtplib.SMTP):
    """An SMTP connection that is closed after `CONVERSATION` seconds."""

    def connect(self, *args, **kwargs):
        self.end = Timer(CONVERSATION, self.hang_up)
        self.end.daemon = True
        self.end.start()
        try:
            return super().connect(*args, **kwargs)
        except OSError:
            self.end.cancel()
            raise

    def hang_up(self):
        """Shut the socket, so that a thread waiting for the server goes on."""
        if self.sock:
            with suppress(OSError):
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)  # TLS's own would go on in plain text

    def close(self):
        self.end.cancel()
        super().close()


class PunctualConnection(Connection):
    """Flask-Mail's connection over a `PunctualSMTP`."""

    def configure_host(self):
        host = PunctualSMTP(self.mail.server, self.mail.port, timeout=SECONDS)
        try:
            if self.mail.use_tls:
                host.starttls(context=ssl.create_default_context())
            if self.mail.username:
                host.login(self.mail.username, self.mail.password)
            host.ehlo_or_helo_if_needed()
        except Exception:
            host.close()
            raise
        return host

    def __exit__(self, exc_type, exc_value, tb):
        # The email is with the server, or its refusal with us, by now: a bad goodbye must not send it again.
        with suppress(smtplib.SMTPException, OSError):
            super().__exit__(exc_type, exc_value, tb)


class MimeMessage(Message):
    """Flask-Mail's message, but written by the standard library: Flask-Mail lets a company's name become an address."""

    def __init__(self, email: OutgoingEmail, sender: str):
        self.written = mime_message(email, sender)
        super().__init__(recipients=[self.written["To"].addresses[0].addr_spec], sender=sender)

    def as_bytes(self) -> bytes:
        return self.written.as_bytes()


class Mailer(Mail):
    """Flask-Mail with a limit on the length of a conversation."""

    def connect(self):
        return PunctualConnection(current_app.extensions["mail"])


mail = Mailer()


def hand_over(message: MimeMessage) -> str:
    """Send a message: "" when the server accepted it, its words when it never will. Raises `Unreachable` while the
    server is in trouble, `NotNow` when it may take this email later.
    """
    with ExitStack() as conversation:
        try:
            connection = conversation.enter_context(mail.connect())
        except OSError as error:
            raise Unreachable(f"The mail server could not be reached: {error}") from error
        jobs.confirm_lease()
        refusal = refusal_of(connection, message)
    jobs.server_answered()
    return refusal


def refusal_of(connection: PunctualConnection, message: MimeMessage) -> str:
    """Why the server refuses this email for good; "" when it accepted it."""
    try:
        connection.send(message)
    except smtplib.SMTPSenderRefused as refusal:
        return about_sender(refusal)
    except smtplib.SMTPRecipientsRefused as refusal:
        code, words = next(iter(refusal.recipients.values()))
        return about_email(code, words, refusal)
    except smtplib.SMTPDataError as refusal:
        return about_email(refusal.smtp_code, refusal.smtp_error, refusal)
    except OSError as error:  # all errors of smtplib are
        raise CutShort(f"The mail server disconnected: {error}") from error
    return ""


def about_sender(refusal: smtplib.SMTPSenderRefused) -> str:
    """A refusal before the recipient was named: only the size is this email's fault."""
    words = said(refusal.smtp_code, refusal.smtp_error)
    if refusal.smtp_code == TOO_LARGE:
        return words
    raise Unreachable(f"The mail server does not allow us to send: {words}") from refusal


def about_email(code: int, words, refusal: Exception) -> str:
    """A refusal of this recipient or this text; a temporary one is raised."""
    spoken = said(code, words)
    if code in NOT_LET_IN:
        raise Unreachable(f"The mail server does not allow us to send: {spoken}") from refusal
    if "relay" in spoken.lower():  # for every address but its own, when it does not know us
        raise CutShort(f"The mail server does not allow us to send: {spoken}") from refusal
    if code < 500:
        jobs.server_answered()
        raise NotNow(spoken) from refusal
    return spoken


def said(code: int, words) -> str:
    return f"{code} {words.decode(errors='replace') if isinstance(words, bytes) else words}"
