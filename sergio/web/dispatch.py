"""Runs requests in threads, in the order in which they came, few at a time.

A page is some milliseconds of Python, of which only one thread runs at a time. With many pages at once, the turns of
their threads are unfair, and some take several times as long as others. A request that waits for another server, such
as Stripe's, does not count meanwhile. One that is no longer quick waits for something, too, such as a lock or a slow
disk: it no longer counts, so that nobody waits for it. Several stop counting one after the other. Who gets SQLite's
lock counts again, as if it had just begun: the writers of all processes wait until it is done.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from math import inf
from queue import SimpleQueue
from threading import Lock, Thread, get_ident
from time import monotonic
from typing import Any

from sergio.database.turns import Turns
from sergio.lib import elsewhere

LOOK = 0.02
"""Seconds after which requests that had to wait look again whether they may begin."""


@dataclass(eq=False)
class Request:
    """A request, when it began (monotonic seconds), and in which thread."""

    environ: Any
    response: asyncio.Future
    since: float = inf
    thread: int = 0


class Dispatcher:
    """Calls `respond` in one of up to `threads` threads, for `at_once` requests at a time that have run for less than
    `quick` seconds.

    A thread is started when it is first needed. `running` is in the order in which requests began.
    """

    def __init__(self, respond: Callable[[Any], Any], *, threads: int, at_once: int, quick: float):
        self.respond = respond
        self.limit = threads
        self.at_once = at_once
        self.quick = quick
        self.threads = 0
        self.waiting: deque[Request] = deque()
        self.running: dict[Request, None] = {}
        self.given: SimpleQueue[Request] = SimpleQueue()
        self.mutex = Lock()
        self.watched = False

    async def response_to(self, environ: Any) -> Any:
        """What `respond` returns, or raises."""
        response = asyncio.get_running_loop().create_future()
        self.waiting.append(Request(environ, response))
        self._begin()
        return await response

    def _begin(self):
        """Give waiting requests to threads; if too many are running, look again soon."""
        loop = asyncio.get_running_loop()
        with self.mutex:
            while len(self.running) < self.limit and (request := self._next()):
                self.given.put(request)
                if len(self.running) > self.threads:
                    self.threads += 1
                    Thread(target=self._work, args=[loop], name=f"web-{self.threads}", daemon=True).start()
        if self.waiting and not self.watched:
            self.watched = True
            loop.call_later(LOOK, self._look_again)

    def _look_again(self):
        self.watched = False
        self._begin()

    def _next(self) -> Request | None:
        """The next request, if it may begin."""
        now = monotonic()
        if not self.waiting or self._counting(now) >= self.at_once:
            return None
        request = self.waiting.popleft()
        request.since = now
        self.running[request] = None
        return request

    def _counting(self, now: float) -> int:
        """How many requests count. Each stops `quick` seconds after it began, but no sooner than that after the one
        before it: where the database is slow for a moment, all would make room at once for others, each with a
        connection of its own that has yet to prepare its statements.
        """
        counting, stops = 0, -inf
        for request in self.running:
            if not elsewhere.is_waiting(request.thread):
                stops = max(request.since, stops) + self.quick
                counting += now < stops
        return counting + (now - Turns.writing_since < self.quick)

    def _work(self, loop: asyncio.AbstractEventLoop):
        """A thread: respond to what is given, and then to what waits."""
        while True:
            request: Request | None = self.given.get()
            while request:
                outcome = self._outcome(request)
                with suppress(RuntimeError):  # the loop was closed: nobody waits any more
                    loop.call_soon_threadsafe(finish, request.response, *outcome)
                with self.mutex:
                    del self.running[request]
                    request = self._next()

    def _outcome(self, request: Request) -> tuple[Any, BaseException | None]:
        request.thread = get_ident()
        try:
            return self.respond(request.environ), None
        except BaseException as error:  # a thread must not end
            return None, error


def finish(response: asyncio.Future, result: Any, error: BaseException | None):
    if response.done():
        return
    if error:
        response.set_exception(error)
    else:
        response.set_result(result)
