"""The server stays up: clients that send half of what they announce, workers that are killed, a stop with both."""

import os
import signal
import socket
import time
from contextlib import ExitStack, contextmanager, suppress
from threading import Event, Thread

import pytest

from tests.faults.program import HOST, Web, ask
from tests.ports import free_port

ANNOUNCED = b"POST /portal/sign-in HTTP/1.1\r\nHost: sparkle.sergio.test\r\nContent-Length: 1000\r\n\r\n"
HALF_BODY = ANNOUNCED + b"x"
HALF_HEAD = b"GET /portal/sign-in HTTP/1.1\r\nHost: sparkle.ser"
SOON = 5  # seconds, on a machine where other tests run; the long form, which may have it to itself, asks for one


class Plain(Web):
    """The same application behind granian's own WSGI, with four threads: what all this would be without our server."""

    module = "granian"

    def __init__(self, port: int, *arguments, **kwargs):
        own = (
            "--interface",
            "wsgi",
            "--factory",
            "sergio:create_app",
            "--blocking-threads",
            4,
            "--respawn-failed-workers",
        )
        self.port = port
        super(Web, self).__init__("--port", port, *own, *arguments, **kwargs)


@pytest.fixture
def serve_plain(start):
    """`serve_plain("--workers", 2)`: the control."""
    return lambda *arguments: start(free_port(), *arguments, kind=Plain).wait_until_up()


@contextmanager
def senders(web: Web, sent: bytes, count: int):
    """So many clients that have sent this, and now keep still."""
    with ExitStack() as stack:
        connections = [stack.enter_context(socket.create_connection((HOST, web.port))) for _ in range(count)]
        for connection in connections:
            connection.sendall(sent)
        yield connections


@contextmanager
def trickling(connections):
    """Meanwhile each of them sends some bytes a second, quick enough not to be given up."""
    done = Event()

    def trickle():
        while not done.wait(0.5):
            for connection in connections:
                with suppress(OSError):
                    connection.sendall(b"y" * 200)

    thread = Thread(target=trickle)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def test_half_sent_requests_block_nobody(one_database, serve, world, long):
    """Neither those that lack a part of their head nor those that lack a part of their body."""
    web = serve()
    with senders(web, HALF_HEAD, 1200 if long else 20) as heads, senders(web, HALF_BODY, 100 if long else 20) as bodies:
        for path in ("/up", "/portal/sign-in", "/up"):
            assert web.get(path, timeout=1 if long else SOON).status == 200
        assert response_to(heads).split()[1:2] in ([], [b"408"])
        assert response_to(bodies).split()[1:2] == [b"408"]


def response_to(connections) -> bytes:
    """What the first of them got in the end."""
    connections[0].settimeout(20)
    return connections[0].recv(1000)


def test_control_without_our_server_four_half_bodies_block_everybody(one_database, serve_plain, world, long):
    if not long:
        pytest.skip("a long one")
    web = serve_plain()
    with senders(web, HALF_BODY, 4):
        time.sleep(2)
        with pytest.raises(TimeoutError):
            web.get("/up", timeout=SOON)


@pytest.mark.parametrize("kind", ["serve", "serve_plain"])
def test_a_slow_upload_does_not_block_another_form(request, kind, client_of, ana):
    """Nor under another server: the application opens nothing before the body is there."""
    web = request.getfixturevalue(kind)()
    client = client_of(web, ana)
    client.get("/portal/account")
    with senders(web, HALF_BODY, 2):
        assert client.post("/portal/sign-out", timeout=SOON).status == 303


def test_a_stop_waits_for_no_upload(one_database, serve, world, long):
    web = serve("--workers", 2)
    with (
        senders(web, ANNOUNCED.replace(b"1000", b"1000000"), 100 if long else 20) as connections,
        trickling(connections),
    ):
        time.sleep(6 if long else 1)
        assert web.stop(30) < 10
    assert web.process.returncode == 0, web.log


def test_control_without_our_server_a_stop_waits_for_them_all(one_database, serve_plain, world, long):
    if not long:
        pytest.skip("a long one")
    web = serve_plain()
    with senders(web, HALF_BODY, 4):
        web.process.terminate()
        time.sleep(25)
        assert web.process.poll() is None


def kill_again_and_again(web: Web, count: int):
    """Kill a worker, the older one in turn with the newer, a second after the last, and not before somebody answers."""
    for number in range(count):
        if web.process.poll() is not None:
            return
        workers = web.children
        os.kill(workers[number % len(workers)], signal.SIGKILL)
        time.sleep(1)
        until = time.monotonic() + 20
        while not is_up(web) and time.monotonic() < until:
            time.sleep(0.05)


def is_up(web: Web) -> bool:
    with suppress(OSError):
        return ask(web.port, "GET", "/up", HOST, timeout=SOON).status == 200
    return False


def test_workers_are_replaced_however_often_they_die(one_database, serve, world, long):
    web = serve("--workers", 2)
    kill_again_and_again(web, 30 if long else 5)
    assert web.process.poll() is None, web.log
    assert "Unexpected exit from worker" in web.log
    assert is_up(web)


def test_all_workers_are_replaced_at_once(one_database, serve, world):
    web = serve("--workers", 2)
    for _ in range(3):
        for worker in web.children:
            os.kill(worker, signal.SIGKILL)
        web.wait_until_up()
    assert web.stop(30) < 15


def test_control_without_our_supervisor_the_second_death_ends_everything(one_database, serve_plain, world, long):
    if not long:
        pytest.skip("a long one")
    web = serve_plain("--workers", 2)
    kill_again_and_again(web, 8)
    assert web.process.poll() is not None
