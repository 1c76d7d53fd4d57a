"""Static files: fingerprinted URLs, cached for a year, compressed once. The stylesheets are served as one."""

import hashlib
import mimetypes
from functools import cache
from pathlib import Path

import brotli
from flask import Flask, Response, abort, request
from werkzeug.security import safe_join

FOLDER = Path(__file__).parent.parent / "static"
STYLESHEET = "app.css"
LAYERS = ("tokens", "reset", "base", "layout", "components", "utilities", "print")
COMPRESSIBLE = ("text/", "application/javascript", "image/svg+xml", "application/json")
YEAR = 365 * 24 * 3600

mimetypes.add_type("text/javascript", ".js")


def init_app(app: Flask, *, reread: bool):
    """Read the stylesheets now; with `reread` (development), read all files again when one has changed."""
    asset(STYLESHEET)
    if reread:
        reread_changed_files(app)


@cache
def asset(name: str) -> str:
    """The URL of a static file; it changes when the file does."""
    return f"/static/{name}?v={_fingerprint(name)}"


def static(name: str) -> Response:
    """The file `name` of the static folder, or 404."""
    path = safe_join(str(FOLDER), name)
    if name != STYLESHEET and (path is None or not Path(path).is_file()):
        abort(404)
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    smaller = kind.startswith(COMPRESSIBLE) and "br" in request.accept_encodings
    response = Response(_compressed(name) if smaller else _content(name), mimetype=kind)
    if smaller:
        response.content_encoding = "br"
    response.vary.add("Accept-Encoding")
    response.cache_control.public = True
    keep(response, _fingerprint(name))
    return response


def keep(response: Response, fingerprint: str):
    """Let a response be cached for a year if `?v=` is its fingerprint, else for five minutes."""
    response.cache_control.immutable = request.args.get("v") == fingerprint
    response.cache_control.max_age = YEAR if response.cache_control.immutable else 300


def sheets() -> list[Path]:
    """The stylesheets in the order they are served: by layer, and within a layer's folder by name."""
    css = FOLDER / "css"
    return [sheet for layer in LAYERS for sheet in [*css.glob(f"{layer}.css"), *sorted(css.glob(f"{layer}/*.css"))]]


def reread_changed_files(app: Flask):
    """Before each request, clear the caches if a static file has changed."""
    read_at = _newest_change()

    @app.before_request
    def notice_changes():
        nonlocal read_at
        if (changed_at := _newest_change()) != read_at:
            read_at = changed_at
            for read in (asset, _fingerprint, _compressed):
                read.cache_clear()


def _newest_change() -> int:
    return max(path.stat().st_mtime_ns for path in FOLDER.rglob("*"))


def _content(name: str) -> bytes:
    if name == STYLESHEET:
        return b"\n".join(sheet.read_bytes() for sheet in sheets())
    return (FOLDER / name).read_bytes()


@cache
def _fingerprint(name: str) -> str:
    return hashlib.sha256(_content(name)).hexdigest()[:12]


@cache
def _compressed(name: str) -> bytes:
    return brotli.compress(_content(name))
