"""The only module that speaks SMTP. Errors are told apart by their cause:

- The server refuses the connection, the sender or the password: `Unreachable`, all emails wait.
- The connection broke off: `CutShort`, perhaps because of this email.
- The server refuses this email for now (4xx): `NotNow`, this email is retried.
- The server refuses this email permanently (5xx, RFC 5321 4.2.1): its reply is returned.
"""

import smtplib
import socket
import ssl
from contextlib import ExitStack, suppress
from threading import Timer

from flask import current_app
from flask_mail import Connection, Mail, Message

from sergio import jobs
from sergio.config import Config
from sergio.jobs import CutShort, Unreachable
from sergio.lib import effects
from sergio.outbox.mime import mime_message
from sergio.outbox.models import OutgoingEmail

SECONDS = 10
"""Timeout for one reply."""
CONVERSATION = 30
"""Seconds for the whole conversation, even with a slow server; below a job's lease, which is renewed on the way."""
NOT_LET_IN = (421, 530, 534, 535)
"""Reply codes for a server that is closing or refuses our password (RFC 5321, RFC 4954), at any point."""
TOO_LARGE = 552


class NotNow(Exception):
    """The server refuses this email for now."""


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
        """Shut the socket down, so that a thread waiting for the server continues."""
        if self.sock:
            with suppress(OSError):
                socket.socket.shutdown(
                    self.sock, socket.SHUT_RDWR
                )  # the TLS socket's own method would continue in plain text

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
        # The outcome is known by now: an error while closing must not send the email again.
        with suppress(smtplib.SMTPException, OSError):
            super().__exit__(exc_type, exc_value, tb)


class MimeMessage(Message):
    """Flask-Mail's message, serialized by the standard library: Flask-Mail can read a company's name as an address.

    Failures are reported to `return_path`, or to the sender if that is empty.
    """

    def __init__(self, email: OutgoingEmail, sender: str, return_path: str = ""):
        self.written = mime_message(email, sender)
        self.return_path = return_path
        super().__init__(recipients=[self.written["To"].addresses[0].addr_spec], sender=sender)

    def as_bytes(self) -> bytes:
        return self.written.as_bytes()


class Mailer(Mail):
    """Flask-Mail with a time limit for the conversation."""

    def connect(self):
        effects.require("send email")
        return PunctualConnection(current_app.extensions["mail"])


mail = Mailer()


def settings(config: Config) -> dict:
    """Flask-Mail's settings."""
    return {
        "MAIL_SERVER": config.mail_server,
        "MAIL_PORT": config.mail_port,
        "MAIL_USERNAME": config.mail_username,
        "MAIL_PASSWORD": config.mail_password,
        "MAIL_USE_TLS": config.mail_tls,
    }


def hand_over(message: MimeMessage) -> str:
    """Send a message: "" if the server accepted it, its reply if it refused permanently. Raises `Unreachable` if the
    server does not work, `NotNow` if it may accept this email later.
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
    """The server's reply if it refuses this email permanently; "" if it accepted it."""
    try:
        connection.send(message, envelope_from=message.return_path or None)
    except smtplib.SMTPSenderRefused as refusal:
        return about_sender(refusal)
    except smtplib.SMTPRecipientsRefused as refusal:
        code, reply = next(iter(refusal.recipients.values()))
        return about_email(code, reply, refusal)
    except smtplib.SMTPDataError as refusal:
        return about_email(refusal.smtp_code, refusal.smtp_error, refusal)
    except OSError as error:  # all errors of smtplib are
        raise CutShort(f"The mail server disconnected: {error}") from error
    return ""


def about_sender(refusal: smtplib.SMTPSenderRefused) -> str:
    """A refusal of the sender: permanent for this email only if it is too large."""
    text = reply_text(refusal.smtp_code, refusal.smtp_error)
    if refusal.smtp_code == TOO_LARGE:
        return text
    raise Unreachable(f"The mail server does not allow us to send: {text}") from refusal


def about_email(code: int, reply, refusal: Exception) -> str:
    """A refusal of this recipient or this content; a temporary one is raised."""
    text = reply_text(code, reply)
    if code in NOT_LET_IN:
        raise Unreachable(f"The mail server does not allow us to send: {text}") from refusal
    if "relay" in text.lower():  # said of every address but its own by a server that does not know us
        raise CutShort(f"The mail server does not allow us to send: {text}") from refusal
    if code < 500:
        jobs.server_answered()
        raise NotNow(text) from refusal
    return text


def reply_text(code: int, reply) -> str:
    return f"{code} {reply.decode(errors='replace') if isinstance(reply, bytes) else reply}"
