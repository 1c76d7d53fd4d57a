"""The request before its company is looked up: host, body, and whether it may write."""

from collections.abc import Callable

from flask import Flask, abort, current_app, request
from werkzeug.exceptions import HTTPException

from sergio.config import Config
from sergio.extensions import db
from sergio.lib import effects
from sergio.web.origin import SAFE

FORM = "application/x-www-form-urlencoded"
LARGEST_FORM = 1024 * 1024
"""Bytes of a form without files. The largest is a quote's with a drawn signature, of up to 300,000 characters."""
WITHOUT_SESSION = ("public.health.up", "static")
"""Endpoints that do without the database."""
DEFAULT_PORTS = {"https": ":443", "http": ":80"}


def normalize_host(config: Config):
    """Normalize the host: lower case, without the default port, which browsers leave out of `Origin`.

    The default port is that of the browser's scheme, even if a proxy in front speaks http to us.
    """
    request.host = normalized(request.host, config)


def normalized(host: str, config: Config) -> str:
    return host.lower().removesuffix(DEFAULT_PORTS[config.scheme])


def takes_up_to(size: int) -> Callable:
    """Mark a view whose request body may have so many bytes, more than others."""

    def mark(view):
        view.largest_body = size
        return view

    return mark


def largest_body(app: Flask, endpoint: str | None) -> int:
    """How many bytes a request to an endpoint may have."""
    view = app.view_functions.get(endpoint or "")
    return getattr(view, "largest_body", app.config["MAX_CONTENT_LENGTH"])


def largest_body_at(app: Flask, method: str, path: str) -> int:
    """The same by method and path, for the server, which reads the body first."""
    try:
        endpoint, _arguments = app.url_map.bind("").match(path, method)
    except HTTPException:
        endpoint = None
    return largest_body(app, endpoint)


def read_body():
    """Read the body of an unsafe request before it uses a connection or a lock (413 if it is too large).

    Our own server has already read it; other servers pass on requests whose body is still arriving.
    """
    if request.method in SAFE:
        return
    if request.mimetype == FORM and (request.content_length or 0) > LARGEST_FORM:
        abort(413)
    request.max_content_length = largest_body(current_app, request.endpoint)
    request.get_data()


def set_access():
    """Make a safe request (GET, HEAD, OPTIONS) read-only; the database refuses its writes."""
    effects.refused.set(False)
    if request.endpoint in WITHOUT_SESSION:
        return
    db.session.info["read_only"] = request.method in SAFE


def forbid_writing():
    """Make this request read-only, whatever its method."""
    db.session.info["read_only"] = True


def refuse_effects():
    """Let this request change nothing and reach nobody, whatever its method and whatever its code tries."""
    forbid_writing()
    effects.refused.set(True)


def allow_writing():
    """Let this request write, even if it is a GET. Rows are read again, since they may have changed."""
    effects.require("write to the database")
    db.session.rollback()
    db.session.info["read_only"] = False
