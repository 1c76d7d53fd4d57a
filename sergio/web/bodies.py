"""Reading request bodies on the event loop: each at a pace, all of them within a sum."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from werkzeug.exceptions import ClientDisconnected, RequestTimeout, ServiceUnavailable

from sergio.database.engines import THREADS

MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """What senders may take of one process. The pace is that of Kestrel's MinRequestBodyDataRate.

    A body may pause for `grace` seconds, and for a second more with each `rate` bytes it has brought, but never for
    more than `silence` seconds. `sum` bounds the bytes of all bodies; the first `small` bytes of each always have
    room, so that nobody's forms wait for somebody's uploads.
    """

    body: int = 4 * MEGABYTE
    sum: int = 64 * MEGABYTE
    small: int = MEGABYTE // 16
    grace: float = 5
    rate: int = 240
    silence: float = 20
    threads: int = THREADS
    waiting: int = 64


class NoRoom(ServiceUnavailable):
    """The bodies of this process have reached their sum, so this one is not read."""


@dataclass
class Body:
    """A request's body. One larger than may be is left unread: `length` is then what it has or announces."""

    content: bytearray = field(default_factory=bytearray)
    length: int = 0

    @property
    def unread(self) -> bool:
        return self.length > len(self.content)


class Bodies:
    """The bodies that one process holds: those it reads, and those of requests it has not answered yet."""

    def __init__(self, limits: Limits):
        self.limits = limits
        self.held = 0

    @asynccontextmanager
    async def read(self, scope, receive) -> AsyncGenerator[Body]:
        """The request's body, whole, and held until the end of the block.

        Raises RequestTimeout when it falls below the pace, NoRoom when there is no room for it, and
        ClientDisconnected when it breaks off.
        """
        headers, body = dict(scope["headers"]), Body()
        announced = int(headers.get(b"content-length", 0))
        try:
            if announced > self.limits.body:
                body.length = announced
            elif announced or b"transfer-encoding" in headers:
                await self._fill(body, receive)
            yield body
        finally:
            self._drop(body)

    async def _fill(self, body: Body, receive):
        try:
            await self._read_at_pace(body, receive)
        except TimeoutError:
            raise RequestTimeout from None
        body.length = len(body.content)
        if body.length > self.limits.body:
            self._drop(body)

    async def _read_at_pace(self, body: Body, receive):
        limits, now = self.limits, asyncio.get_running_loop().time
        deadline = now() + limits.grace
        async with asyncio.timeout_at(deadline) as pace:
            async for part in parts_of(receive):
                body.content += part
                self.held += len(part)
                if len(body.content) > limits.body:
                    return
                if self.held > limits.sum and len(body.content) > limits.small:
                    raise NoRoom(retry_after=5)
                deadline = min(deadline + len(part) / limits.rate, now() + limits.silence)
                pace.reschedule(deadline)

    def _drop(self, body: Body):
        self.held -= len(body.content)
        body.content.clear()


async def parts_of(receive) -> AsyncIterator[bytes]:
    """The parts of a body as they arrive; ClientDisconnected when it breaks off."""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnected
        yield message["body"]
        more = message["more_body"]
