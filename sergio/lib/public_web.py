"""Reading a file at an address that somebody typed: from public servers only, never from the network we stand in."""

import http.client
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from threading import Thread, Timer
from urllib.parse import SplitResult, quote, urljoin, urlsplit

SECONDS = 10.0
"""For everything together: connecting, redirects, and the answer."""
MOST_BYTES = 1_000_000
MOST_REDIRECTS = 3
REDIRECTS = (301, 302, 303, 307, 308)
PORTS = {"http": 80, "https": 443}
KEPT = "/%:=&?~#+!$,;'@()*[]"
"""What stands in URLs as it is (RFC 3986), beside letters and digits."""
REASONS = ADDRESS, PRIVATE, ANSWER, SLOW, LARGE = "address", "private", "answer", "slow", "large"
NOT_PUBLIC = tuple(
    map(ipaddress.ip_network, ("168.63.129.16/32", "192.0.0.0/24", "192.88.99.0/24", "224.0.0.0/4", "2002::/16"))
)
"""Beside those that Python does not count as global: services of Azure's machines, protocol assignments (RFC 6890),
6to4 (RFC 7526), and multicast.
"""
UNICAST = ipaddress.ip_network("2000::/3")
"""All IPv6 addresses of the public internet (RFC 4291, IANA)."""
NAT64 = ipaddress.ip_network("64:ff9b::/96")
"""IPv6 addresses of IPv4 servers (RFC 6052)."""

Target = tuple[str, int]
"""An IP address and a port."""
Resolve = Callable[[str, int], list[Target]]


class Unreadable(Exception):
    """One of the `REASONS`."""


def read(url: str, *, resolve: Resolve | None = None) -> bytes:
    """The content at a URL of http or https. Raises `Unreadable`.

    Each name, of each redirect too, is resolved once, and that very address is connected to, so that nobody can show us
    a public address and lead us to another one. `resolve` gives the addresses of a host, by default `public_addresses`.
    """
    until = time.monotonic() + SECONDS
    for _hop in range(1 + MOST_REDIRECTS):
        parts = checked(url)
        targets = resolved(resolve or public_addresses, parts, until)
        content, location = answer(parts, targets, until)
        if not location:
            return content
        following = urljoin(url, location)
        if parts.scheme == "https" and not following.startswith("https:"):
            raise Unreadable(ADDRESS)
        url = following
    raise Unreadable(ANSWER)


def checked(url: str) -> SplitResult:
    """The parts of a URL that can be asked. Raises `Unreadable`."""
    try:
        parts = urlsplit(url)
        port_of(parts)
        host = (parts.hostname or "").encode("idna").decode()
    except ValueError:
        raise Unreadable(ADDRESS) from None
    if parts.scheme not in PORTS or not host or parts.username is not None:
        raise Unreadable(ADDRESS)
    return parts


def port_of(parts: SplitResult) -> int:
    return parts.port or PORTS.get(parts.scheme, 0)


def resolved(resolve: Resolve, parts: SplitResult, until: float) -> list[Target]:
    """The addresses of a URL's host. The system's resolver has no time limit, so it is asked in a thread, which is left
    to itself once the time is over.
    """
    found: Future[list[Target]] = Future()
    Thread(target=settle, args=(found, resolve, parts.hostname or "", port_of(parts)), daemon=True).start()
    try:
        return found.result(left(until))
    except TimeoutError:
        raise Unreadable(SLOW) from None


def settle(found: Future, resolve: Resolve, host: str, port: int):
    try:
        found.set_result(resolve(host, port))
    except Exception as error:
        found.set_exception(error)


def public_addresses(host: str, port: int, look_up=socket.getaddrinfo) -> list[Target]:
    """The addresses of a host, all of them public. Raises `Unreadable`."""
    try:
        found = [info[4] for info in look_up(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError):
        raise Unreadable(ADDRESS) from None
    if not found or not all(is_public(str(address[0])) for address in found):
        raise Unreadable(PRIVATE if found else ADDRESS)
    return [(str(address[0]), port) for address in found]


def is_public(text: str) -> bool:
    """Whether an IP address belongs to the public internet; one of IPv6 that stands for one of IPv4, as that one."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        mapped = address.ipv4_mapped
        if address in NAT64:
            mapped = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if mapped:
            return is_public(str(mapped))
        if address not in UNICAST:
            return False
    return address.is_global and not any(address in network for network in NOT_PUBLIC)


def answer(parts: SplitResult, targets: list[Target], until: float) -> tuple[bytes, str]:
    """The content of the answer, or the location it redirects to."""
    try:
        with connected(targets, until) as plain:
            return over(plain, parts, until)
    except (OSError, http.client.HTTPException, ValueError):
        raise Unreadable(ANSWER if time.monotonic() < until else SLOW) from None


def connected(targets: list[Target], until: float) -> socket.socket:
    """A connection to the first of these that takes one."""
    for place, target in enumerate(targets, 1):
        try:
            return socket.create_connection(target, timeout=left(until))
        except OSError:
            if place == len(targets):
                raise
    raise Unreadable(ADDRESS)


def over(plain: socket.socket, parts: SplitResult, until: float) -> tuple[bytes, str]:
    """Ask over a connection. It is ended when the time is over, however slowly the other side goes on sending."""
    host = (parts.hostname or "").encode("idna").decode()
    wrapped = parts.scheme == "https"
    context = ssl.create_default_context()
    sock = context.wrap_socket(plain, server_hostname=host, do_handshake_on_connect=False) if wrapped else plain
    end = Timer(left(until), ended, [sock])
    end.daemon = True
    end.start()
    try:
        if isinstance(sock, ssl.SSLSocket):
            sock.do_handshake()
        connection = http.client.HTTPConnection(host, port_of(parts))
        connection.sock = sock
        path = quote(parts.path or "/", safe=KEPT) + (f"?{quote(parts.query, safe=KEPT)}" if parts.query else "")
        connection.request("GET", path, headers=HEADERS)
        found = content_of(connection.getresponse())
        left(until)  # what was cut off then looks like the end
        return found
    finally:
        end.cancel()
        sock.close()


HEADERS = {
    "Accept": "text/calendar, */*;q=0.5",
    "Accept-Encoding": "identity",
    "Connection": "close",
    "User-Agent": "Sergio",
}


def content_of(response: http.client.HTTPResponse) -> tuple[bytes, str]:
    location = response.headers.get("Location", "")
    if response.status in REDIRECTS and location:
        return b"", location
    if response.status != http.client.OK or response.headers.get("Content-Encoding", "identity") != "identity":
        raise Unreadable(ANSWER)
    content = response.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise Unreadable(LARGE)
    if response.length:
        raise Unreadable(ANSWER)  # it promised more
    return content, ""


def ended(sock: socket.socket):
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


def left(until: float) -> float:
    """The seconds that are left. Raises `Unreadable` if none are."""
    seconds = until - time.monotonic()
    if seconds <= 0:
        raise Unreadable(SLOW)
    return seconds
