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
    return f"/static/{name}?v={_fingerprint(FOLDER / name)}"


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
    answer.cache_control.public = True
    keep(answer, _fingerprint(Path(path)))
    return answer


def keep(answer: Response, fingerprint: str):
    """Let an answer be kept for a year if the address asks for just this state of it (`?v=`), else for five minutes."""
    answer.cache_control.immutable = request.args.get("v") == fingerprint
    answer.cache_control.max_age = YEAR if answer.cache_control.immutable else 300


@cache
def _fingerprint(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


@cache
def _compressed(path: str) -> bytes:
    return brotli.compress(Path(path).read_bytes())
