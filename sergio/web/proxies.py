"""Whose request it is behind trusted proxies: address, scheme and host as those proxies forward them."""

from ipaddress import IPv4Address, IPv6Address, ip_address

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

IPV6_NETWORK = 64
UNKNOWN = "unknown"


def init_app(app: Flask, hops: int):
    """Believe the forwarded headers of `hops` proxies, each of which adds one value at the end; with none, no header.

    What a client sends by itself stands further to the left than `hops` values, and is not looked at. Each proxy must
    also drop header names with underscores (nginx does): WSGI cannot tell `X-Forwarded_For` from `X-Forwarded-For`.
    """
    if hops > 0:
        app.wsgi_app = ProxyFix(PlainValues(app.wsgi_app), x_for=hops, x_proto=hops, x_host=hops)


class PlainValues:
    """WSGI middleware behind `ProxyFix`: a forwarded address without its port, and nothing that is none."""

    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        sent = environ["werkzeug.proxy_fix.orig"]
        address = ip_of(environ.get("REMOTE_ADDR", ""))
        environ["REMOTE_ADDR"] = str(address) if address else sent["REMOTE_ADDR"] or ""
        if environ["wsgi.url_scheme"] not in ("http", "https"):
            environ["wsgi.url_scheme"] = sent["wsgi.url_scheme"]
        return self.app(environ, start_response)


def client_network(address: str | None) -> str:
    """Who counts as one client: an IPv4 address, or the /64 that an IPv6 connection has to itself (RFC 6177)."""
    ip = ip_of(address or "")
    if ip is None:
        return UNKNOWN
    if isinstance(ip, IPv4Address):
        return str(ip)
    network = int(ip) >> IPV6_NETWORK << IPV6_NETWORK
    return f"{IPv6Address(network)}/{IPV6_NETWORK}"


def ip_of(text: str) -> IPv4Address | IPv6Address | None:
    """The address in what a proxy writes: bare, or with a port ("192.0.2.1:443", "[2001:db8::1]:443"); else None.

    An IPv4 address written as IPv6 (::ffff:192.0.2.1) is the IPv4 address.
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
