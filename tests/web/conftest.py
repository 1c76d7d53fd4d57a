"""A server of ours in front of an application that echoes, and raw requests to it."""

import json
import os
import socket
from contextlib import contextmanager
from http.client import HTTPResponse

import pytest

from tests.faults.program import HOST, ROOT, Response, Web, running
from tests.ports import free_port


class EchoServer(Web):
    """Our server, with limits of the test's own, in front of tests/web/echo.py."""

    module = "tests.web.echo"

    def __init__(self, log, *, host: str = HOST, **limits):
        self.host = host
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        super().__init__(free_port(), host, json.dumps(limits), log=log, env=env)

    @contextmanager
    def sending(self, request: bytes = b""):
        """A connection over which `request` was sent."""
        with socket.create_connection((self.host, self.port), timeout=20) as connection:
            connection.sendall(request)
            yield connection

    def answer_to(self, request: bytes) -> Response:
        """The response to these bytes."""
        with self.sending(request) as connection:
            return read(connection)

    def environ(self, request: bytes) -> dict:
        """What the application is told of these bytes."""
        return json.loads(self.answer_to(request).text)


def read(connection: socket.socket, method: str = "GET") -> Response:
    """The next response on a connection."""
    response = HTTPResponse(connection, method=method)
    response.begin()
    return Response(response)


@pytest.fixture(scope="session")
def echo_server(tmp_path_factory):
    """`with echo_server(grace=0.5) as echo`: a server with these limits."""

    @contextmanager
    def up(**kwargs):
        with running(EchoServer(tmp_path_factory.mktemp("echo") / "log", **kwargs)) as server:
            if server.host == HOST:
                server.wait_until_up()
            yield server

    return up


@pytest.fixture(scope="session")
def echo(echo_server):
    """A server with small limits that all tests of a run share."""
    with echo_server(grace=0.5, rate=1000, silence=1.0) as server:
        yield server
