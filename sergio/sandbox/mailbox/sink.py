"""An SMTP server on 127.0.0.1 that delivers nothing: emails land in a folder. It can be told to misbehave."""

import asyncio
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from . import messages


class Silent(asyncio.Protocol):
    """Takes a connection and never says a word."""


@dataclass(frozen=True)
class Pause:
    """How long to think before an answer, until another pause takes its place."""

    seconds: float


class Mailbox:
    """`host` and `port` take mail by SMTP; `letters()` are the emails that came."""

    host = "127.0.0.1"

    def __init__(self, folder: Path):
        self.folder = Path(folder)
        self.port = 0
        self.mood = "works"
        self.code, self.stage = 250, "RCPT"
        self.pauses = {"EHLO": Pause(0), "DATA": Pause(0)}
        self.connections = 0

    def letters(self, to: str = "") -> list[EmailMessage]:
        """What came, oldest first; only what was for `to` if it is named (any part of a name or address)."""
        found = [messages.read(file) for file in messages.files(self.folder)]
        return [message for message in found if messages.is_for(message, to)]

    def wait_for(self, count: int, to: str = "", seconds: float = 5) -> list[EmailMessage]:
        """The emails, as soon as there are `count`; AssertionError when time is up."""
        give_up = time.monotonic() + seconds
        while len(found := self.letters(to)) < count:
            if time.monotonic() > give_up:
                raise AssertionError(f"{len(found)} of {count} emails arrived within {seconds} s.")
            time.sleep(0.02)
        return found

    def clear(self) -> None:
        """Throw every message away."""
        for file in messages.files(self.folder):
            file.unlink()

    def work(self) -> None:
        """Take emails again, after a fault."""
        self.mood = "works"

    def stall(self) -> None:
        """Accept connections and say nothing, like a server that hangs."""
        self.mood = "stalls"

    def refuse(self, code: int, stage: str = "RCPT") -> None:
        """Say no to each MAIL, RCPT or DATA: 4xx asks to come back later, 5xx is final."""
        self.mood, self.code, self.stage = "refuses", code, stage

    def slow_down(self, seconds: float, stage: str = "DATA") -> None:
        """Think for that long before each EHLO is answered, or after each DATA. Whoever waits is answered at once."""
        self.pauses[stage] = Pause(seconds)

    async def think(self, stage: str) -> None:
        pause = self.pauses[stage]
        end = time.monotonic() + pause.seconds
        while self.pauses[stage] is pause and (left := end - time.monotonic()) > 0:
            await asyncio.sleep(min(left, 0.05))

    def drop(self) -> None:
        """Keep each message, then hang up before saying so: the sender cannot know it came."""
        self.mood = "drops"

    def refuses(self, stage: str) -> bool:
        return self.mood == "refuses" and self.stage == stage

    @property
    def refusal(self) -> str:
        return f"{self.code} The mailbox was told to refuse"

    def answer(self) -> asyncio.Protocol:
        """The protocol for one new connection, in the present mood."""
        self.connections += 1
        if self.mood == "stalls":
            return Silent()
        loop = asyncio.get_running_loop()
        return SMTP(self, hostname="mailbox", ident="mailbox", enable_SMTPUTF8=True, loop=loop)

    async def handle_EHLO(  # noqa: N802 - aiosmtpd calls it by this name
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        await self.think("EHLO")
        session.host_name = hostname
        return responses

    async def handle_MAIL(  # noqa: N802 - as above
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.refuses("MAIL"):
            return self.refusal
        envelope.mail_from = address
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
        await self.think("DATA")
        content = envelope.content if isinstance(envelope.content, bytes) else (envelope.content or "").encode()
        messages.keep(self.folder, content, envelope.rcpt_tos)
        if self.mood == "drops" and isinstance(server.transport, asyncio.WriteTransport):
            server.transport.abort()
        return "250 Kept"


@contextmanager
def running_mailbox(folder: Path, port: int = 0) -> Generator[Mailbox]:
    """A mailbox taking mail on 127.0.0.1 (any free port when 0) for as long as the `with` lasts."""
    mailbox = Mailbox(folder)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="mailbox", daemon=True)
    thread.start()
    opening = loop.create_server(mailbox.answer, mailbox.host, port)
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
    """Take no more mail, and end the conversations that are still going on."""
    server.close()
    talking = asyncio.all_tasks() - {asyncio.current_task()}
    for each in talking:
        each.cancel()
    await asyncio.gather(*talking, return_exceptions=True)
