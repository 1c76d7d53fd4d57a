"""Bodies are read at a minimum pace and within a total size; a refused client gets a response."""

import select
import time
from contextlib import ExitStack
from threading import Thread

import pytest

from tests.web.conftest import read

HELLO = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


def announcing(length: int) -> bytes:
    return b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % length


@pytest.mark.parametrize("part", [b"", b"x"])
def test_a_body_that_does_not_arrive_is_given_up(echo, part):
    started = time.monotonic()
    response = echo.answer_to(announcing(1000) + part)
    assert response.status == 408
    assert response.headers["Connection"] == "close"
    assert response.headers["Cache-Control"] == "no-store"
    assert time.monotonic() - started < 10


def test_a_slow_body_is_read_as_long_as_it_keeps_the_pace(echo):
    """At 1,000 bytes a second and half a second of grace, 2,400 bytes a second for two seconds are quick enough."""
    with echo.sending(announcing(6000)) as connection:
        for _ in range(20):
            connection.sendall(b"x" * 300)
            time.sleep(0.1)
        assert read(connection).status == 200


def test_a_slower_one_is_given_up(echo):
    with echo.sending(announcing(6000)) as connection:
        for _ in range(20):
            try:
                connection.sendall(b"x" * 20)
            except OSError:
                break
            time.sleep(0.1)
        assert read(connection).status == 408


def test_early_bytes_do_not_allow_a_long_pause(echo):
    started = time.monotonic()
    assert echo.answer_to(announcing(90_000) + b"x" * 80_000).status == 408
    assert time.monotonic() - started < 20  # its 80,000 bytes alone would be 80 seconds


def test_a_body_announced_too_large_gets_a_response_at_once(echo):
    told = echo.environ(announcing(100_001))
    assert (told["CONTENT_LENGTH"], told["body"]) == ("100001", "")


def test_a_chunked_body_that_grows_too_large_gets_a_response(echo):
    chunk = b"%x\r\n%s\r\n" % (60_000, b"x" * 60_000)
    told = echo.environ(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk * 2 + b"0\r\n\r\n")
    assert int(told["CONTENT_LENGTH"]) > 100_000
    assert told["body"] == ""


def test_a_client_that_sends_too_much_still_gets_the_response(echo):
    with echo.sending(announcing(20_000_000)) as connection:
        for _ in range(200):
            connection.sendall(b"x" * 100_000)
        assert read(connection).status == 200


@pytest.fixture(scope="module")
def narrow(echo_server):
    """A server with two threads, two places to wait for one, and room for one body and a half."""
    with echo_server(threads=2, waiting=2, sum=150_000, small=1000) as server:
        yield server


def test_the_sum_of_bodies_is_limited_and_small_ones_always_fit(narrow):
    full = narrow.sending(announcing(90_000) + b"x" * 80_000), narrow.sending(announcing(90_000) + b"x" * 69_500)
    with full[0], full[1]:
        time.sleep(0.2)
        refused = narrow.answer_to(announcing(90_000) + b"x" * 80_000)
        assert refused.status == 503
        assert refused.headers["Retry-After"] == "5"
        assert refused.headers["Cache-Control"] == "no-store"
        assert narrow.answer_to(announcing(900) + b"x" * 900).status == 200


def test_a_client_without_room_still_gets_the_response(narrow):
    with narrow.sending(announcing(90_000) + b"x" * 80_000), narrow.sending(announcing(90_000) + b"x" * 60_000):
        time.sleep(0.2)
        with narrow.sending(announcing(99_000)) as connection:
            for _ in range(99):
                connection.sendall(b"x" * 1000)
                time.sleep(0.01)
            assert read(connection).status == 503
    assert "did not reach the application: 503" in narrow.log


def test_room_is_freed(narrow):
    for _ in range(3):
        with narrow.sending(announcing(90_000) + b"x" * 80_000):
            pass
    time.sleep(0.2)
    assert narrow.answer_to(announcing(90_000) + b"x" * 90_000).status == 200


def test_half_bodies_hold_no_thread(narrow):
    with ExitStack() as stack:
        for _ in range(40):
            stack.enter_context(narrow.sending(announcing(1000) + b"x"))
        time.sleep(0.2)
        assert narrow.answer_to(HELLO).status == 200


def test_requests_that_would_wait_too_long_for_a_thread_get_a_503(narrow):
    responses = []
    slow = b"GET /after/1 HTTP/1.1\r\nHost: a\r\n\r\n"
    threads = [Thread(target=lambda: responses.append(narrow.answer_to(slow))) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    refused = [response for response in responses if response.status == 503]
    assert len(refused) == 6
    assert {response.headers["Retry-After"] for response in refused} == {"1"}
    assert narrow.answer_to(HELLO).status == 200


def test_requests_that_wait_for_something_delay_nobody(echo_server):
    with echo_server() as server, ExitStack() as stack:
        slow = b"GET /after/8 HTTP/1.1\r\nHost: a\r\n\r\n"
        waiting = [stack.enter_context(server.sending(slow)) for _ in range(15)]
        assert server.answer_to(HELLO).status == 200
        assert not select.select(waiting, [], [], 0)[0]


def test_a_request_in_flight_gets_its_response_before_the_server_stops(echo_server):
    with echo_server() as server, server.sending(b"GET /after/1 HTTP/1.1\r\nHost: a\r\n\r\n") as connection:
        time.sleep(0.3)
        assert server.stop() < 10
        assert read(connection).status == 200
