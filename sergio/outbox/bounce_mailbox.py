"""The only module that speaks IMAP: the messages in the mailbox to which undelivered emails are reported."""

import imaplib
import ssl
from collections.abc import Iterator

from sergio.config import Config
from sergio.config_checks import LOOPBACK

SECONDS = 20
"""Timeout for one reply."""
MOST, LARGEST = 200, 1_000_000
"""Messages that are read at once, and the bytes of each that are."""


def unread(config: Config) -> Iterator[bytes]:
    """The messages that were not read before, the oldest first. Each is marked as read when the next one is asked for,
    so that one whose reader fails comes again. Raises `OSError` or `imaplib.IMAP4.error`.
    """
    with connected(config) as mailbox:
        mailbox.login(config.bounces_username, config.bounces_password)
        mailbox.select("INBOX")
        _ok, [found] = mailbox.uid("SEARCH", "UNSEEN")
        for uid in found.decode().split()[:MOST]:
            _ok, parts = mailbox.uid("FETCH", uid, f"(BODY.PEEK[]<0.{LARGEST}>)")
            yield from (part[1] for part in parts if isinstance(part, tuple))
            mailbox.uid("STORE", uid, "+FLAGS.SILENT", r"(\Seen)")


def connected(config: Config) -> imaplib.IMAP4:
    """A connection with TLS, unless the server is on this machine."""
    if config.bounces_server in LOOPBACK:
        return imaplib.IMAP4(config.bounces_server, config.bounces_port, timeout=SECONDS)
    context = ssl.create_default_context()
    return imaplib.IMAP4_SSL(config.bounces_server, config.bounces_port, ssl_context=context, timeout=SECONDS)
