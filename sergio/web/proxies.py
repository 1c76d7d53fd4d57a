"""Requests behind trusted proxies: the client's IP address, scheme and host as the proxies forward them."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

IPV6_NETWORK = 64
UNKNOWN = "unknown"
INTERNAL = tuple(map(ip_network, (
    "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16",
    "::1/128", "fc00::/7", "fe80::/10",
)))  # fmt: skip
"""Addresses of one machine or network (RFC 1122, 1918, 3927, 4193, 4291). On the internet, nobody has one."""


def init_app(app: Flask, hops: int):
    """Trust the forwarded headers of `hops` proxies, each of which appends one value; with 0, none are trusted.

    Values that a client sends itself are further left than the last `hops` values, and are ignored. Each proxy must
    also drop header names with underscores (nginx does): WSGI cannot tell `X-Forwarded_For` from `X-Forwarded-For`.
    """
    if hops > 0:
        app.wsgi_app = ProxyFix(PlainValues(app.wsgi_app), x_for=hops, x_proto=hops, x_host=hops)


class PlainValues:
    """WSGI middleware behind `ProxyFix`: REMOTE_ADDR without its port, and no invalid values."""

    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        sent = environ["werkzeug.proxy_fix.orig"]
        ip = ip_of(environ.get("REMOTE_ADDR", ""))
        environ["REMOTE_ADDR"] = str(ip) if ip else sent["REMOTE_ADDR"] or ""
        if environ["wsgi.url_scheme"] not in ("http", "https"):
            environ["wsgi.url_scheme"] = sent["wsgi.url_scheme"]
        return self.app(environ, start_response)


def client_network(text: str | None) -> str:
    """The network that counts as one client: an IPv4 address, or the /64 of an IPv6 address (RFC 6177)."""
    ip = ip_of(text or "")
    if ip is None:
        return UNKNOWN
    if isinstance(ip, IPv4Address):
        return str(ip)
    network = int(ip) >> IPV6_NETWORK << IPV6_NETWORK
    return f"{IPv6Address(network)}/{IPV6_NETWORK}"


def is_internal(text: str | None) -> bool:
    """Whether it is an address of this machine or network: of a proxy, which we were not told of, rather than of one
    of its many clients.
    """
    ip = ip_of(text or "")
    return ip is not None and any(ip in network for network in INTERNAL)


@lru_cache(1000)
def ip_of(text: str) -> IPv4Address | IPv6Address | None:
    """The IP address in a proxy's value, with or without a port ("192.0.2.1:443", "[2001:db8::1]:443"); else None.

    An IPv4-mapped IPv6 address (::ffff:192.0.2.1) gives the IPv4 address.
    """
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        ip = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(ip, "ipv4_mapped", None) or ip
