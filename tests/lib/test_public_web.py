"""Reading files from public websites only: T26, a form that leads our server to where its sender cannot go."""

import socket
import ssl
import subprocess
import threading
import time

import pytest

from sergio.lib import public_web
from sergio.lib.public_web import ADDRESS, ANSWER, LARGE, PRIVATE, SLOW, Unreadable, is_public, public_addresses, read

PRIVATE_ADDRESSES = [
    *(
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
    ),
    *("100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192", "198.18.0.1", "224.0.0.1", "240.0.0.1"),
    *("255.255.255.255", "192.0.2.1", "192.88.99.1", "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1"),
    *("::ffff:0:7f00:1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2001:0:53aa:64c::"),
    *("fe80::1", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1", "5f00::1", "not an address", ""),
]


@pytest.mark.parametrize("address", PRIVATE_ADDRESSES)
def test_what_is_not_public_is_refused(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "172.32.0.1"]
)
def test_what_is_public_is_allowed(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        *("http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f.1/", "http://017700000001/"),
        *(
            "http://localhost/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://169.254.169.254/latest/meta-data",
        ),
        *("http://0/", "http://10.1:80/", "https://192.168.0.1/"),
    ],
)
def test_every_spelling_of_a_private_address_is_refused(url):
    with pytest.raises(Unreadable, match=PRIVATE):
        read(url)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "ftp://example.com/",
            "file:///etc/passwd",
            "gopher://example.com/",
            "/calendar.ics",
            "",
            "http://",
            "https:///x",
        ),
        *(
            "http://user:secret@example.com/",
            "http://example.com:99999/",
            "http://[::1/",
            "http://a..b/",
            "javascript:0",
        ),
    ],
)
def test_what_is_no_address_of_a_website_is_refused(url):
    with pytest.raises(Unreadable, match=ADDRESS):
        read(url)


def test_a_name_with_a_private_address_among_others_is_refused():
    def look_up(host, port, **_options):
        return [(0, 0, 0, "", ("8.8.8.8", port)), (0, 0, 0, "", ("10.0.0.1", port))]

    with pytest.raises(Unreadable, match=PRIVATE):
        public_addresses("both.example", 80, look_up)


def test_a_name_that_nobody_has_is_refused():
    def look_up(*_asked, **_options):
        raise socket.gaierror

    with pytest.raises(Unreadable, match=ADDRESS):
        public_addresses("nobody.example", 80, look_up)


@pytest.fixture
def website():
    """`website(*answers)`: a server that gives each connection the next answer: bytes, or a function of the connection.
    Returns how to resolve names, all to it; `asked` is what was asked.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    asked = []

    def serve(answers):
        for answer in answers:
            try:
                connection, _peer = listener.accept()
            except OSError:
                return
            with connection:
                try:
                    asked.append(connection.recv(65_536).decode(errors="replace"))
                    connection.sendall(answer) if isinstance(answer, bytes) else answer(connection)
                except OSError:
                    continue

    def start(*answers):
        threading.Thread(target=serve, args=[answers], daemon=True).start()
        return lambda host, port: [listener.getsockname()]

    start.asked = asked
    yield start
    listener.close()


OK = b"HTTP/1.1 200 OK\r\n"


def test_a_file_is_read_and_little_is_told(website):
    resolve = website(OK + b"Content-Length: 5\r\n\r\nhello")
    assert read("http://calendar.example/a%20b.ics?key=1&x=\u00e4", resolve=resolve) == b"hello"
    (asked,) = website.asked
    assert asked.startswith("GET /a%20b.ics?key=1&x=%C3%A4 HTTP/1.1\r\nHost: calendar.example\r\n")
    assert "User-Agent: Sergio\r\n" in asked
    assert "Cookie" not in asked


def redirect(to: str) -> bytes:
    return f"HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode()


def test_redirects_are_followed_and_each_name_is_resolved_again(website):
    resolve = website(redirect("http://second.example/b"), redirect("/c"), OK + b"\r\ndone")
    resolved = []

    def note(host, port):
        resolved.append((host, port))
        return resolve(host, port)

    assert read("http://first.example/a", resolve=note) == b"done"
    assert resolved == [("first.example", 80), ("second.example", 80), ("second.example", 80)]


@pytest.mark.parametrize(
    ("to", "reason"),
    [
        ("http://127.0.0.1/", PRIVATE),
        ("http://169.254.169.254/latest", PRIVATE),
        ("http://[::1]:8000/", PRIVATE),
        ("file:///etc/passwd", ADDRESS),
    ],
)
def test_a_redirect_to_a_private_address_is_refused(website, to, reason):
    resolve = website(redirect(to), OK + b"\r\nsecret")

    def first_only(host, port):
        return resolve(host, port) if host == "first.example" else public_addresses(host, port)

    with pytest.raises(Unreadable, match=reason):
        read("http://first.example/", resolve=first_only)
    assert len(website.asked) == 1


def test_endless_redirects_end(website):
    resolve = website(*[redirect("/again")] * 9)
    with pytest.raises(Unreadable, match=ANSWER):
        read("http://first.example/", resolve=resolve)
    assert len(website.asked) == 4


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (OK + b"\r\n" + b"x" * 1_000_001, LARGE),
        (OK + b"Content-Length: 99999999999\r\n\r\n" + b"x" * 1_000_001, LARGE),
        (OK + b"Content-Length: 100\r\n\r\nshort", ANSWER),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhel", ANSWER),
        (OK + b"Content-Encoding: gzip\r\n\r\nxx", ANSWER),
        (b"HTTP/1.1 404 Not Found\r\n\r\n", ANSWER),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500, ANSWER),
        (b"SSH-2.0-OpenSSH_9.2\r\n", ANSWER),
        (b"", ANSWER),
    ],
)
def test_an_answer_that_is_too_large_cut_off_or_none_is_refused(website, answer, reason):
    with pytest.raises(Unreadable, match=reason):
        read("http://calendar.example/", resolve=website(answer))


def drip_headers(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        connection.sendall(b"x")
        time.sleep(0.05)


def drip_content(connection):
    connection.sendall(OK + b"\r\n")
    while True:
        connection.sendall(b"x")
        time.sleep(0.05)


def go_on_for_ever(connection):
    while True:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        time.sleep(0.01)


@pytest.mark.parametrize("drip", [drip_headers, drip_content, go_on_for_ever, lambda _connection: time.sleep(2)])
def test_a_slow_website_is_given_up(website, drip, monkeypatch):
    """The control is the timer: without it, each byte would start the time anew."""
    monkeypatch.setattr(public_web, "SECONDS", 0.5)
    begun = time.monotonic()
    with pytest.raises(Unreadable, match=SLOW):
        read("http://calendar.example/", resolve=website(drip))
    assert time.monotonic() - begun < 1.5


def test_a_name_that_nobody_answers_for_is_given_up(monkeypatch):
    monkeypatch.setattr(public_web, "SECONDS", 0.2)
    hung = threading.Event()
    begun = time.monotonic()
    with pytest.raises(Unreadable, match=SLOW):
        read("http://calendar.example/", resolve=lambda _host, _port: hung.wait(5))
    assert time.monotonic() - begun < 1
    hung.set()


def test_a_certificate_of_somebody_else_is_refused(website, tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate]
    subprocess.run([*command, "-subj", "/CN=calendar.example"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        connection, _peer = listener.accept()
        with connection:
            try:
                context.wrap_socket(connection, server_side=True)
            except OSError:
                return

    threading.Thread(target=serve, daemon=True).start()
    with pytest.raises(Unreadable, match=ANSWER):
        read("https://calendar.example/", resolve=lambda host, port: [listener.getsockname()])
    listener.close()
