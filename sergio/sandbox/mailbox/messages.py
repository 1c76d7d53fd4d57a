"""Emails in a folder: one `.eml` file each, named by the time it was received."""

import itertools
import re
import time
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from pathlib import Path

URL = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)\]']")
NAME = re.compile(r"\d{19}-\d+\.eml")
COUNT = itertools.count(1)


def keep(folder: Path, content: bytes, recipients: list[str]) -> Path:
    """Write a message atomically as it was received, with its SMTP recipients in an `X-RcptTo` header."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{time.time_ns()}-{next(COUNT)}.eml"
    fresh = file.with_suffix(".new")
    fresh.write_bytes(f"X-RcptTo: {', '.join(recipients)}\r\n".encode() + content)
    return fresh.replace(file)


def files(folder: Path) -> list[Path]:
    """Every message's file, oldest first."""
    return sorted(file for file in folder.glob("*.eml") if NAME.fullmatch(file.name))


def read(file: Path) -> EmailMessage:
    return message_from_bytes(file.read_bytes(), policy=policy.default)


def headers_of(file: Path) -> EmailMessage:
    """A message's headers without its body, for lists."""
    with file.open("rb") as opened:
        return BytesHeaderParser(policy=policy.default).parse(opened)


def received_at(file: Path) -> datetime:
    return datetime.fromtimestamp(int(file.name[:19]) / 1e9, UTC)


def text_of(message: EmailMessage) -> str:
    """The plain text part; "" if there is none."""
    part = message.get_body(("plain",))
    return part.get_content() if part else ""


def html_of(message: EmailMessage) -> str:
    part = message.get_body(("html",))
    return part.get_content() if part else ""


def links_of(message: EmailMessage) -> list[str]:
    """Every URL in the plain text part, in order."""
    return URL.findall(text_of(message))


def is_for(message: EmailMessage, recipient: str) -> bool:
    """Whether the recipients' names or addresses contain this text, ignoring case."""
    return recipient.casefold() in f"{message['To']} {message['X-RcptTo']}".casefold()
