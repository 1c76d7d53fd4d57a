"""Run a sandbox's pages on 127.0.0.1: in a thread beside a test, or in the foreground until told to stop."""

import signal
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

HOST = "127.0.0.1"


class Quiet(WSGIRequestHandler):
    """Answers without a line for every request."""

    def log(self, type: str, message: str, *args: object) -> None:
        return


@contextmanager
def serving(app: Flask, port: int = 0) -> Generator[BaseWSGIServer]:
    """The app answering on 127.0.0.1; port 0 takes any free one, read it from the server's `port`."""
    server = make_server(HOST, port, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def wait_for_the_end(now_and_then: Callable[[], None] = lambda: None, seconds: float = 0.5) -> None:
    """Return on SIGTERM or Ctrl-C; meanwhile do something now and then."""
    stop = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: stop.set())
    while not stop.wait(seconds):
        now_and_then()
    now_and_then()
