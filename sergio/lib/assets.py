"""Static files: fingerprinted addresses, kept for a year, compressed once."""

import hashlib
import mimetypes
from functools import cache
from pathlib import Path

import brotli
from flask import Response, abort, request
from werkzeug.security import safe_join

FOLDER = Path(__file__).parent.parent / "static"
COMPRESSIBLE = ("text/", "application/javascript", "image/svg+xml", "application/json")
YEAR = 365 * 24 * 3600

mimetypes.add_type("text/javascript", ".js")


@cache
def asset(name: str) -> str:
    """The address of a static file; it changes when the file does."""
    return f"/static/{name}?v={hashlib.sha256((FOLDER / name).read_bytes()).hexdigest()[:12]}"


def static(name: str) -> Response:
    """The file `name` of the static folder, or 404."""
    path = safe_join(str(FOLDER), name)
    if path is None or not Path(path).is_file():
        abort(404)
    kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
    smaller = kind.startswith(COMPRESSIBLE) and "br" in request.accept_encodings
    answer = Response(_compressed(path) if smaller else Path(path).read_bytes(), mimetype=kind)
    if smaller:
        answer.content_encoding = "br"
    answer.vary.add("Accept-Encoding")
    answer.cache_control.max_age = YEAR if "v" in request.args else 300
    answer.cache_control.public = True
    answer.cache_control.immutable = "v" in request.args
    return answer


@cache
def _compressed(path: str) -> bytes:
    return brotli.compress(Path(path).read_bytes())
