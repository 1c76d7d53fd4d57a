"""The WSGI environment equals the request, however it was written."""

import socket
import time
from contextlib import suppress

import pytest

from tests.web.conftest import read

HEAD = b"\r\nHost: a\r\n\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"


def test_a_path_is_decoded_once_and_a_query_not_at_all(echo):
    told = echo.environ(b"GET /a%20b%2Fc%2520/%C3%A9%ff?x=%20&y=%C3%A9 HTTP/1.1" + HEAD)
    assert told["PATH_INFO"].encode("latin-1") == b"/a b/c%20/\xc3\xa9\xff"
    assert told["QUERY_STRING"] == "x=%20&y=%C3%A9"
    assert told["SCRIPT_NAME"] == ""


def test_the_environ_has_the_request_line_and_the_addresses(echo):
    told = echo.environ(b"DELETE / HTTP/1.1" + HEAD)
    assert (told["REQUEST_METHOD"], told["SERVER_PROTOCOL"]) == ("DELETE", "HTTP/1.1")
    assert (told["REMOTE_ADDR"], told["wsgi.url_scheme"]) == ("127.0.0.1", "http")
    assert (told["SERVER_NAME"], told["SERVER_PORT"]) == ("127.0.0.1", str(echo.port))


def test_an_ipv6_address_has_no_port(echo_server):
    with echo_server(host="::1") as echo:
        assert up(echo)["REMOTE_ADDR"] == "::1"


def up(echo) -> dict:
    """What it tells when it is first up."""
    until = time.monotonic() + 40
    while time.monotonic() < until:
        with suppress(OSError):
            return echo.environ(b"GET / HTTP/1.1" + HEAD)
        time.sleep(0.05)
    raise AssertionError(echo.log)


def test_headers_that_come_twice_are_joined(echo):
    told = echo.environ(b"GET / HTTP/1.1\r\nHost: a\r\nCookie: a=1\r\nX-B: 1\r\nCookie: b=2\r\nX-B: 2\r\n\r\n")
    assert told["HTTP_COOKIE"] == "a=1; b=2"
    assert told["HTTP_X_B"] == "1,2"


def test_a_cookie_with_odd_characters_does_not_hide_ours(echo):
    told = echo.environ(b"GET / HTTP/1.1\r\nHost: a\r\nCookie: name=Zo\xc3\xab; __Host-session=ours\r\n\r\n")
    assert told["HTTP_COOKIE"].endswith("__Host-session=ours")


def test_a_name_with_an_underscore_does_not_pass_for_one_with_a_hyphen(echo):
    told = echo.environ(b"GET / HTTP/1.1\r\nHost: a\r\nX_Forwarded_For: 6.6.6.6\r\nContent_Length: 7\r\n\r\n")
    assert "HTTP_X_FORWARDED_FOR" not in told
    assert told["CONTENT_LENGTH"] == "0"


def test_a_second_host_is_refused(echo):
    response = echo.answer_to(b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
    assert response.status == 400
    assert response.headers["Cache-Control"] == "no-store"


def test_an_absolute_url_in_the_request_line_is_read_as_its_path(echo):
    told = echo.environ(b"GET http://evil.example/x?y=1 HTTP/1.1" + HEAD)
    assert (told["PATH_INFO"], told["QUERY_STRING"], told["HTTP_HOST"]) == ("/x", "y=1", "a")


@pytest.mark.parametrize("line", [b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0", b"POST / HTTP/1.1\r\nHost: a"])
def test_a_body_may_be_empty(echo, line):
    told = echo.environ(line + b"\r\n\r\n")
    assert (told["CONTENT_LENGTH"], told["body"]) == ("0", "")


def test_a_body_has_its_content_type_and_length(echo):
    told = echo.environ(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: text/x\r\nContent-Length: 3\r\n\r\nabc")
    assert (told["CONTENT_TYPE"], told["CONTENT_LENGTH"], told["body"]) == ("text/x", "3", "abc")
    assert "HTTP_CONTENT_LENGTH" not in told
    assert "HTTP_CONTENT_TYPE" not in told


def test_a_chunked_body_gets_a_length(echo):
    told = echo.environ(CHUNKED + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
    assert (told["CONTENT_LENGTH"], told["body"]) == ("5", "abcde")
    assert "HTTP_TRANSFER_ENCODING" not in told


@pytest.mark.parametrize(
    "broken", [CHUNKED + b"3\r\nabc\r\nzz\r\n\r\n", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc"]
)
def test_a_body_that_breaks_off_is_not_accepted(echo, broken):
    with echo.sending(broken) as connection:
        connection.shutdown(socket.SHUT_WR)
        response = connection.recv(1000)
    assert b" 200 " not in response


def test_a_head_response_has_the_length_of_the_body(echo):
    with echo.sending(b"HEAD / HTTP/1.1" + HEAD) as connection:
        response = read(connection, "HEAD")
        assert int(response.headers["Content-Length"]) > 100
        connection.sendall(b"GET /next HTTP/1.1" + HEAD)
        assert "/next" in read(connection).text


def test_an_application_error_is_only_in_the_log(echo):
    response = echo.answer_to(b"GET /broken HTTP/1.1" + HEAD)
    assert response.status == 500
    assert "secret" not in response.text
    assert "the secret detail" in echo.log


def test_a_client_that_is_gone_leaves_no_trace(echo):
    before = len(echo.log)
    with echo.sending(b"GET /after/0.3 HTTP/1.1" + HEAD):
        pass
    with echo.sending(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc"):
        pass
    time.sleep(0.6)
    assert echo.environ(b"GET / HTTP/1.1" + HEAD)
    assert "Traceback" not in echo.log[before:]
