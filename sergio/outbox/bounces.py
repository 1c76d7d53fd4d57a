"""Emails that a mail server accepted and could not deliver: what it reports later (RFC 3464), and whose email that was.

An email names its own return address (`return_path`), which is signed, so that nobody can report emails of others. A
report that lost it is still recognized by the Message-ID in the copy of the email.
"""

import hmac
import re
from datetime import datetime
from email import message_from_bytes
from email.message import Message
from email.policy import default
from typing import NamedTuple

from flask import current_app
from sqlalchemy import select

from sergio.extensions import db
from sergio.outbox.models import OutgoingEmail
from sergio.outbox.paused import PausedAddress

FAILED, DELAYED = "failed", "delayed"
TO = ("To", "Delivered-To", "X-Original-To", "Envelope-To")
ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
NO_MAILBOX = (("5", "1"), ("5", "2", "1"), ("5", "4", "1"))
"""Enhanced status codes (RFC 3463) that say that an address does not exist or is switched off: 5.1.x, 5.2.1, 5.4.1."""
NO_MAILBOX_REPLIES = ("550", "551", "553")
"""The same as plain reply codes (RFC 5321, 4.2.3), where a server says nothing more exact."""


class Report(NamedTuple):
    """What a delivery status notification says of one email; `reply` are the words of the server that refused it."""

    email_id: int | None
    message_id: str
    action: str
    reply: str


def return_path(email: OutgoingEmail) -> str:
    """The address to which failures of that email are reported: "bounces+17-…@example.com"; "" for our sender."""
    address = current_app.config["SERGIO"].bounces_address
    if not address or email.id is None:
        return ""
    local, _at, host = address.rpartition("@")
    return f"{local}+{email.id}-{signature(email.id)}@{host}"


def signature(email_id: int) -> str:
    """Hex digits: some servers fold addresses to lower case."""
    key = str(current_app.secret_key).encode()
    return hmac.new(key, f"bounces {email_id}".encode(), "sha256").hexdigest()[:20]


def read(raw: bytes) -> Report | None:
    """The report in a message; None for any other message, such as an automatic reply."""
    message = message_from_bytes(raw, policy=default)
    fields = next((part for part in message.walk() if part.get_content_type() == "message/delivery-status"), None)
    recipient = recipient_of(fields) if fields else None
    if recipient is None:
        return None
    action = str(recipient.get("Action", "")).strip().lower()
    reply = str(recipient.get("Diagnostic-Code", "")).partition(";")[2] or str(recipient.get("Status", ""))
    return Report(named_in(message), printable(copied_message_id(message)), action, printable(" ".join(reply.split())))


def printable(text: str) -> str:
    """Without control characters: a NUL, for one, is refused by PostgreSQL."""
    return "".join(letter for letter in text if letter.isprintable())


def recipient_of(fields: Message) -> Message | None:
    """The block of fields about the recipient: the first with an `Action`."""
    blocks = fields.get_payload()
    return next((block for block in blocks if isinstance(block, Message) and "Action" in block), None)


def named_in(message: Message) -> int | None:
    """The id of the email in the signed return address that the report was sent to."""
    local, _at, host = current_app.config["SERGIO"].bounces_address.lower().rpartition("@")
    own = re.compile(rf"{re.escape(local)}\+(\d{{1,18}})-([0-9a-f]{{20}})@{re.escape(host)}")
    headers = " ".join(str(value) for name in TO for value in message.get_all(name, [])).lower()
    named = ((int(found[1]), found[2]) for found in own.finditer(headers))
    return next((number for number, mark in named if hmac.compare_digest(mark, signature(number))), None)


def copied_message_id(message: Message) -> str:
    """The Message-ID of the email of which a report has a copy, or only the header."""
    for part in message.walk():
        if part.get_content_type() == "message/rfc822":
            copy = part.get_payload(0)
            return str(copy.get("Message-ID", "")).strip() if isinstance(copy, Message) else ""
        if part.get_content_type() == "text/rfc822-headers":
            found = re.search(r"^Message-ID:\s*(<[^>\s]+>)", str(part.get_payload()), re.IGNORECASE | re.MULTILINE)
            return found[1] if found else ""
    return ""


def note(report: Report, now: datetime):
    """Note on the email what a report says of it; once, however often it comes."""
    email = email_of(report)
    if email is None or email.refused_at:
        return
    if report.action == FAILED:
        refuse(email, report.reply, now)
    elif report.action == DELAYED:
        email.mark_deferred(report.reply, now)


def refuse(email: OutgoingEmail, reply: str, now: datetime):
    """A mail server refused it for good, at once or later."""
    email.mark_refused(reply, now, is_unknown_address=says_no_mailbox(reply))
    if email.is_unknown_address:
        PausedAddress.after_bounce(email, now)


def email_of(report: Report) -> OutgoingEmail | None:
    if report.email_id is None and not report.message_id:
        return None
    by_id, by_message = OutgoingEmail.id == report.email_id, OutgoingEmail.message_id == report.message_id
    return db.session.scalar(select(OutgoingEmail).where(by_message if report.email_id is None else by_id))


def says_no_mailbox(reply: str) -> bool:
    """Whether a server's words say that the address does not exist; others refuse the content, or us."""
    if found := ENHANCED.search(reply):
        return any(found.groups()[: len(code)] == code for code in NO_MAILBOX)
    return reply.strip().startswith(NO_MAILBOX_REPLIES)
