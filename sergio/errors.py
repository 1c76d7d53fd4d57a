"""Error pages: plain words, a next step and an id; the trace goes to the log only. The API's errors are JSON."""

import logging

from flask import Flask, Response, g, jsonify, make_response, render_template, request
from werkzeug.exceptions import HTTPException

log = logging.getLogger(__name__)

API_SENTENCES = {
    429: "Too many requests. Try again after the seconds in Retry-After.",
    500: "Something went wrong on our side. If you ask us about it, please give the request_id.",
}


def init_app(app: Flask):
    """Answer every error, expected or not, with the same plain page."""
    app.register_error_handler(HTTPException, expected)
    app.register_error_handler(Exception, unexpected)


def expected(error: HTTPException):
    """A refusal by HTTP: not found, not allowed, too large, too often."""
    if error.response is not None:
        return error.response
    answer = told(error.code or 500, error.description or "")
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            answer.headers[name] = value
    return answer


def unexpected(error: Exception):
    """A bug, or something down: logged under the id the page shows."""
    log.error("request %s failed", g.request_id, exc_info=error)
    g.company = None  # the page must render without the database, which may be what is down
    return told(500, "")


def told(code: int, description: str) -> Response:
    """An error as a page; under /api/, wherever it came from, as JSON."""
    if not f"{request.path}/".startswith("/api/"):
        return make_response(render_template("errors/error.html", code=code, request_id=g.request_id), code)
    sentence = API_SENTENCES.get(code, description)
    return make_response(jsonify(error=sentence, request_id=g.request_id), code)
