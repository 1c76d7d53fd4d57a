"""Error pages: plain words, a next step and an id; the trace goes to the log only."""

import logging

from flask import Flask, g, make_response, render_template, request
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException

from sergio.lib.disks import Trouble, trouble

log = logging.getLogger(__name__)
SAFE = ("GET", "HEAD", "OPTIONS")
RETRY_AFTER = "120"
"""Seconds after which somebody who met a full disk may try again."""


def init_app(app: Flask):
    """Answer every error, expected or not, with the same plain page."""
    app.register_error_handler(HTTPException, expected)
    app.register_error_handler(DBAPIError, database_failed)
    app.register_error_handler(Exception, unexpected)


def expected(error: HTTPException):
    """A refusal by HTTP: not found, not allowed, too large, too often."""
    if error.response is not None:
        return error.response
    answer = make_response(render_template("errors/error.html", code=error.code, request_id=g.request_id), error.code)
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            answer.headers[name] = value
    return answer


def database_failed(error: DBAPIError):
    """Trouble of the disk or the server passes, so come again; anything else the database says is a bug of ours."""
    found = trouble(error)
    if found is None or (found is Trouble.READ_ONLY and request.method in SAFE):  # a GET that writes
        return unexpected(error)
    log.critical("request %s failed: %s", g.request_id, found, exc_info=error)
    g.company = None  # the page must render without the database
    page = render_template("errors/error.html", code=503, request_id=g.request_id)
    return make_response(page, 503, {"Retry-After": RETRY_AFTER})


def unexpected(error: Exception):
    """A bug, or something down: logged under the id the page shows."""
    log.error("request %s failed", g.request_id, exc_info=error)
    g.company = None  # the page must render without the database, which may be what is down
    return make_response(render_template("errors/error.html", code=500, request_id=g.request_id), 500)
