"""Reading request bodies on the event loop, each at a minimum pace, all within a total size."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from werkzeug.exceptions import ClientDisconnected, RequestTimeout, ServiceUnavailable

from sergio.database.engines import THREADS

MEGABYTE = 1024 * 1024


class Limits(NamedTuple):
    """Limits of one process, in bytes and seconds. The pace is that of Kestrel's MinRequestBodyDataRate.

    A body may pause for `grace` seconds, and a second longer for each `rate` bytes received, but never longer than
    `silence` seconds. `sum` limits the bytes of all bodies; the first `small` bytes of each always fit, so that forms
    do not wait for uploads. `body_at` says how many bytes a method and path may have that announce more than `body`.
    `threads` respond, `at_once` of them to requests that have run for less than `quick` seconds: more than one is of
    use if requests wait for a database on a server.
    """

    body: int = 4 * MEGABYTE
    body_at: Callable[[str, str], int] | None = None
    sum: int = 64 * MEGABYTE
    small: int = MEGABYTE // 16
    grace: float = 5
    rate: int = 240
    silence: float = 20
    threads: int = THREADS
    at_once: int = 1
    quick: float = 0.02
    waiting: int = 64


class NoRoom(ServiceUnavailable):
    """The bodies of this process have reached `Limits.sum`, so this one is not read."""


@dataclass
class Body:
    """A request's body. One that is too large is not kept: `length` is then its actual or announced size."""

    content: bytearray = field(default_factory=bytearray)
    length: int = 0

    @property
    def unread(self) -> bool:
        return self.length > len(self.content)


class Bodies:
    """The bodies in memory of one process: those being read, and those of requests without a response yet."""

    def __init__(self, limits: Limits):
        self.limits = limits
        self.held = 0

    @asynccontextmanager
    async def read(self, scope, receive) -> AsyncGenerator[Body]:
        """The request's whole body, kept until the end of the block.

        Raises RequestTimeout if it is slower than the pace, NoRoom if there is no room for it, and ClientDisconnected
        if it breaks off.
        """
        headers = dict(scope["headers"])
        body = Body()
        announced = int(headers.get(b"content-length", 0))
        try:
            most = self._most(scope, announced)
            if announced > most:
                body.length = announced
            elif announced or b"transfer-encoding" in headers:
                await self._fill(body, receive, most)
            yield body
        finally:
            self._drop(body)

    def _most(self, scope, announced: int) -> int:
        """How many bytes this request may have."""
        if announced <= self.limits.body or self.limits.body_at is None:
            return self.limits.body
        return self.limits.body_at(scope["method"], scope["path"])

    async def _fill(self, body: Body, receive, most: int):
        try:
            await self._read_at_pace(body, receive, most)
        except TimeoutError:
            raise RequestTimeout from None
        body.length = len(body.content)
        if body.length > most:
            self._drop(body)

    async def _read_at_pace(self, body: Body, receive, most: int):
        limits = self.limits
        now = asyncio.get_running_loop().time
        deadline = now() + limits.grace
        async with asyncio.timeout_at(deadline) as pace:
            async for part in parts_of(receive):
                body.content += part
                self.held += len(part)
                if len(body.content) > most:
                    return
                if self.held > limits.sum and len(body.content) > limits.small:
                    raise NoRoom(retry_after=5)
                deadline = min(deadline + len(part) / limits.rate, now() + limits.silence)
                pace.reschedule(deadline)

    def _drop(self, body: Body):
        self.held -= len(body.content)
        body.content.clear()


async def parts_of(receive) -> AsyncIterator[bytes]:
    """The parts of a body as they arrive; ClientDisconnected if it breaks off."""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnected
        yield message["body"]
        more = message["more_body"]
