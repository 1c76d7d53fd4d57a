"""Converts an ASGI request to WSGI (PEP 3333), and collects the response."""

import sys
from collections.abc import Callable
from functools import lru_cache
from io import BytesIO
from urllib.parse import unquote_to_bytes

from werkzeug.exceptions import BadRequest

Response = tuple[int, list[tuple[str, str]], bytes]  # status, headers, body

FROM_THE_BODY = ("CONTENT_LENGTH", "TRANSFER_ENCODING")


def environ_of(scope, body: bytes | bytearray, length: int) -> dict:
    """The WSGI environment of an ASGI request. `length` is above that of `body` if it was too large to be read.

    Raises BadRequest for more than one Host header (RFC 9112, 3.2).
    """
    host, port = scope["server"]
    return {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": scope["client"][0],
        "CONTENT_LENGTH": str(length),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        **headers_of(scope["headers"]),
    }


def headers_of(lines: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """The headers by their WSGI names, repeated ones joined.

    A name with an underscore could pass for one with a hyphen, such as X-Forwarded-For, so it is dropped.
    """
    found: dict[str, str] = {}
    for line, value in lines:
        name = name_of(line)
        if name == "HTTP_HOST" and name in found:
            raise BadRequest("A request must have exactly one Host header.")
        if name in found:
            found[name] += ("; " if name == "HTTP_COOKIE" else ",") + value.decode("latin-1")
        elif name:
            found[name] = value.decode("latin-1")
    return found


@lru_cache(256)
def name_of(line: bytes) -> str:
    """The WSGI name of a header; "" for one that must be dropped."""
    name = line.decode("latin-1").upper().replace("-", "_")
    if b"_" in line or name in FROM_THE_BODY:
        return ""
    return name if name == "CONTENT_TYPE" else f"HTTP_{name}"


def response_of(app: Callable, environ: dict) -> Response:
    """The complete response of a WSGI application."""
    begun: list = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info=None):
        begun[:] = int(status[:3]), headers

    parts = app(environ, start_response)
    try:
        body = b"".join(parts)
    finally:
        if hasattr(parts, "close"):
            parts.close()
    status, headers = begun
    return status, headers, body
