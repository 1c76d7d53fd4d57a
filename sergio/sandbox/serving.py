"""Serves a sandbox on 127.0.0.1: in a thread for tests, or in the foreground until a signal."""

import signal
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

HOST = "127.0.0.1"


class Quiet(WSGIRequestHandler):
    """A request handler without a log line for every request."""

    def log(self, type: str, message: str, *args: object) -> None:
        return


@contextmanager
def serving(app: Flask, port: int = 0) -> Generator[BaseWSGIServer]:
    """Serve the app on 127.0.0.1; port 0 takes any free one, which is the server's `port`."""
    server = make_server(HOST, port, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def run_until_signal(every_interval: Callable[[], None] = lambda: None, seconds: float = 0.5) -> None:
    """Return on SIGTERM or Ctrl-C; call `every_interval` every `seconds` meanwhile, and once at the end."""
    stop = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: stop.set())
    while not stop.wait(seconds):
        every_interval()
    every_interval()
