"""Error pages: plain words, a next step and an id; the trace goes to the log only."""

import logging

from flask import Flask, g, make_response, render_template
from werkzeug.exceptions import HTTPException

log = logging.getLogger(__name__)


def init_app(app: Flask):
    """Answer every error, expected or not, with the same plain page."""
    app.register_error_handler(HTTPException, expected)
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


def unexpected(error: Exception):
    """A bug, or something down: logged under the id the page shows."""
    log.error("request %s failed", g.request_id, exc_info=error)
    g.company = None  # the page must render without the database, which may be what is down
    return make_response(render_template("errors/error.html", code=500, request_id=g.request_id), 500)
