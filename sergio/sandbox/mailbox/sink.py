"""An SMTP server on 127.0.0.1 that stores emails in a folder instead of delivering them, with faults on command."""

import asyncio
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from sergio.sandbox.mailbox import messages


class Silent(asyncio.Protocol):
    """Accepts a connection and never responds."""


@dataclass(frozen=True)
class Pause:
    """A delay before a reply; it ends early when another pause replaces it."""

    seconds: float


class Mailbox:
    """`host` and `port` accept SMTP; `emails()` are those received, `senders` the addresses for reports of failures."""

    host = "127.0.0.1"

    def __init__(self, folder: Path):
        self.folder = Path(folder)
        self.port = 0
        self.behavior = "works"
        self.code = 250
        self.stage = "RCPT"
        self.pauses = {"EHLO": Pause(0), "DATA": Pause(0)}
        self.connections = 0
        self.senders: list[str] = []

    def emails(self, to: str = "") -> list[EmailMessage]:
        """The emails received, oldest first; with `to`, only those whose recipients contain that text."""
        found = [messages.read(file) for file in messages.files(self.folder)]
        return [message for message in found if messages.is_for(message, to)]

    def wait_for(self, count: int, to: str = "", seconds: float = 5) -> list[EmailMessage]:
        """The emails, as soon as there are `count`; AssertionError after `seconds`."""
        deadline = time.monotonic() + seconds
        while len(found := self.emails(to)) < count:
            if time.monotonic() > deadline:
                raise AssertionError(f"{len(found)} of {count} emails arrived within {seconds} s.")
            time.sleep(0.02)
        return found

    def clear(self) -> None:
        for file in messages.files(self.folder):
            file.unlink()

    def work(self) -> None:
        """Accept emails again, after a fault."""
        self.behavior = "works"

    def stall(self) -> None:
        """Accept connections and never respond, like a server that hangs."""
        self.behavior = "stalls"

    def refuse(self, code: int, stage: str = "RCPT") -> None:
        """Refuse each MAIL, RCPT or DATA: 4xx is temporary, 5xx permanent."""
        self.behavior, self.code, self.stage = "refuses", code, stage

    def slow_down(self, seconds: float, stage: str = "DATA") -> None:
        """Wait that long before the reply to each EHLO, or after each DATA. Waiting clients get their reply at once."""
        self.pauses[stage] = Pause(seconds)

    async def delay(self, stage: str) -> None:
        pause = self.pauses[stage]
        end = time.monotonic() + pause.seconds
        while self.pauses[stage] is pause and (left := end - time.monotonic()) > 0:
            await asyncio.sleep(min(left, 0.05))

    def drop(self) -> None:
        """Store each message, then close the connection without a reply: the sender cannot know it was received."""
        self.behavior = "drops"

    def refuses(self, stage: str) -> bool:
        return self.behavior == "refuses" and self.stage == stage

    @property
    def refusal(self) -> str:
        return f"{self.code} The mailbox was told to refuse"

    def protocol(self) -> asyncio.Protocol:
        """The protocol for a new connection, by the current behavior."""
        self.connections += 1
        if self.behavior == "stalls":
            return Silent()
        loop = asyncio.get_running_loop()
        return SMTP(self, hostname="mailbox", ident="mailbox", enable_SMTPUTF8=True, loop=loop)

    async def handle_EHLO(  # noqa: N802 - aiosmtpd calls it by this name
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        await self.delay("EHLO")
        session.host_name = hostname
        return responses

    async def handle_MAIL(  # noqa: N802 - as above
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.refuses("MAIL"):
            return self.refusal
        envelope.mail_from = address
        self.senders.append(address)
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - as above
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.refuses("RCPT"):
            return self.refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        if self.refuses("DATA"):
            return self.refusal
        await self.delay("DATA")
        content = envelope.content if isinstance(envelope.content, bytes) else (envelope.content or "").encode()
        messages.keep(self.folder, content, envelope.rcpt_tos)
        if self.behavior == "drops" and isinstance(server.transport, asyncio.WriteTransport):
            server.transport.abort()
        return "250 Kept"


@contextmanager
def running_mailbox(folder: Path, port: int = 0) -> Generator[Mailbox]:
    """A mailbox that accepts mail on 127.0.0.1 (any free port for 0) within the block."""
    mailbox = Mailbox(folder)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="mailbox", daemon=True)
    thread.start()
    opening = loop.create_server(mailbox.protocol, mailbox.host, port)
    server = asyncio.run_coroutine_threadsafe(opening, loop).result()
    mailbox.port = server.sockets[0].getsockname()[1]
    try:
        yield mailbox
    finally:
        asyncio.run_coroutine_threadsafe(hang_up(server), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def hang_up(server: asyncio.Server) -> None:
    """Accept no more connections, and end the open ones."""
    server.close()
    conversations = asyncio.all_tasks() - {asyncio.current_task()}
    for each in conversations:
        each.cancel()
    await asyncio.gather(*conversations, return_exceptions=True)
