"""The emails the demo has sent, read from the folder it keeps them in."""

import email
import email.policy
import re
import time
from dataclasses import dataclass
from email.message import EmailMessage
from functools import cache
from pathlib import Path


@dataclass
class Email:
    """One email, as its reader sees it."""

    message: EmailMessage

    @property
    def subject(self) -> str:
        return self.message["Subject"]

    @property
    def text(self) -> str:
        part = self.message.get_body(("plain",))
        assert part, f"{self.subject}: no text part"
        return part.get_content()

    @property
    def links(self) -> list[str]:
        return re.findall(r"https?://[^\s<>\"]+", self.text)

    @property
    def code(self) -> str:
        """The code of a sign-in email."""
        return re.findall(r"\b[A-Z0-9]{4}[ -]?[A-Z0-9]{4}\b", re.sub(r"https?://\S+", "", self.text))[0]


@dataclass
class Emails:
    """The folder <instance>/mail of one demo."""

    folder: Path

    def to(self, recipient: str) -> list[Email]:
        """The emails a recipient has received, newest first."""
        found = sorted(self.folder.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
        return [Email(message) for message in map(parsed, found) if recipient in message["To"]]

    def next_to(self, recipient: str, after: int, seconds: float = 15) -> Email:
        """The newest email to a recipient, once it has received more than `after` of them."""
        deadline = time.monotonic() + seconds
        while len(received := self.to(recipient)) <= after:
            assert time.monotonic() < deadline, f"No new email to {recipient} in {seconds} s, {after} before"
            time.sleep(0.05)
        return received[0]


@cache
def parsed(path: Path) -> EmailMessage:
    """An email, which is looked for in all of them many times and never changes."""
    return email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
