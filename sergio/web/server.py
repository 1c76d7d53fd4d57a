"""The web server: granian accepts connections, the event loop reads whole requests, and one of 16 threads responds.

A slow sender uses some memory of the event loop, but no thread or database connection, with or without a proxy in
front. Flask stays plain WSGI and only gets complete requests.
"""

import asyncio
import gc
import logging
import signal
from collections.abc import Callable
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from typing import Any

from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings
from granian.log import LogLevels
from sqlalchemy.orm import configure_mappers
from werkzeug.exceptions import ClientDisconnected, HTTPException, InternalServerError, ServiceUnavailable

from sergio.web import responses, wsgi
from sergio.web.bodies import Bodies, Limits, NoRoom, parts_of
from sergio.web.dispatch import Dispatcher
from sergio.web.request import largest_body_at
from sergio.web.shares import Share, shared_counts
from sergio.web.supervisor import Supervisor

log = logging.getLogger(__name__)

HEADERS_WITHIN = 5000  # milliseconds; also the longest an idle connection is kept
SHUTDOWN_WITHIN = 7  # seconds for requests in flight after SIGTERM
BACKLOG = 4096
COLLECT = 700, 10, 100
"""As Python does (`gc.set_threshold`), but all of memory ten times less often: that takes 35 ms, for which all wait."""
CLOSE = "Connection", "close"
LOGGING = {"loggers": {"_granian": {"propagate": True}}}
GRANIAN: dict[str, Any] = {
    "interface": Interfaces.ASGINL,
    "loop": Loops.asyncio,
    "http": HTTPModes.http1,
    "websockets": False,
    "backlog": BACKLOG,
    "http1_settings": HTTP1Settings(header_read_timeout=HEADERS_WITHIN),
    "workers_kill_timeout": SHUTDOWN_WITHIN,
    "log_level": LogLevels.warning,
    "log_dictconfig": LOGGING,
}


class Threaded:
    """An ASGI application that reads the whole request, then runs a WSGI application in a thread."""

    def __init__(self, app: Callable, limits: Limits, share: Share):
        self.app = app
        self.limits = limits
        self.share = share
        self.bodies = Bodies(limits)
        self.threads = Dispatcher(
            partial(wsgi.response_of, app), threads=limits.threads, at_once=limits.at_once, quick=limits.quick
        )

    async def __call__(self, scope, receive, send):
        try:
            async with self.bodies.read(scope, receive) as body:
                response = await self.response_to(wsgi.environ_of(scope, body.content, body.length))
        except ClientDisconnected:
            log.debug("a client disconnected before its request was complete")
        except HTTPException as error:
            log.warning("a request did not reach the application: %s %s", error.code, error.name)
            await send_response(send, *error_response(error))
            if isinstance(error, NoRoom):
                await self.discard(receive)
        else:
            status, headers, content = response
            if self.share.is_too_large:
                headers = [*headers, CLOSE]
            await send_response(send, status, headers, content)
            if body.unread:
                await self.discard(receive)

    async def response_to(self, environ: dict) -> wsgi.Response:
        """The application's response, from a thread; ServiceUnavailable if too many requests wait for one."""
        if self.share.open >= self.limits.threads + self.limits.waiting:
            raise ServiceUnavailable(retry_after=1)
        self.share.open += 1
        try:
            return await self.threads.response_to(environ)
        except Exception:
            log.exception("a request got no response")
            raise InternalServerError from None
        finally:
            self.share.open -= 1

    async def discard(self, receive):
        """Read on for a moment: a client that is still sending would not get its response on a closed connection."""
        with suppress(TimeoutError, ClientDisconnected):
            async with asyncio.timeout(self.limits.grace):
                async for _part in parts_of(receive):
                    pass


async def send_response(send, status: int, headers: list[tuple[str, str]], body: bytes):
    lines = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": body})


def error_response(error: HTTPException) -> wsgi.Response:
    """A plain-text response for a request that does not reach the application."""
    own = [("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store"), CLOSE]
    retry = [(name, value) for name, value in error.get_headers() if name == "Retry-After"]
    return error.code or 500, [*own, *retry, *responses.HEADERS.items()], f"{error.description}\n".encode()


@cache
def application(create_app: Callable) -> Any:
    """Created before the fork, so that the workers share its memory: it has no thread or connection yet, and no lock
    is held. A worker that was not forked creates its own.
    """
    return create_app()


def load(create_app: Callable, limits: dict, counts: Any, index: int) -> Threaded:
    """The application of the worker with that index, with threads of its own."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # until granian handles it: the parent's handler would ignore it
    app = application(create_app)
    gc.set_threshold(*COLLECT)
    own = Limits(app.config["MAX_CONTENT_LENGTH"], partial(largest_body_at, app), **limits)
    return Threaded(app, own, Share(counts, index))


def serve(
    create_app: Callable,
    *,
    host: str = "127.0.0.1",
    port: int,
    workers: int = 1,
    certificate: Path | None = None,
    key: Path | None = None,
    **limits,
):
    """Serve until SIGTERM or SIGINT; with a certificate over TLS 1.3 only. `limits` as in `Limits`."""
    application(create_app)
    configure_mappers()  # so that all workers share what this makes
    gc.freeze()  # a collection would write to this memory, and so copy it for each worker
    server = Supervisor(
        "sergio", address=host, port=port, workers=workers, ssl_cert=certificate, ssl_key=key, **GRANIAN
    )
    server.serve(target_loader=partial(load, create_app, limits, shared_counts(server.workers)), wrap_loader=False)
