"""Error pages, with a next step and the request id, under which the log has the trace. The API's errors are JSON.

In the portal and the office, a `Refused` is flashed on the page the person came from.
"""

import logging

from flask import Blueprint, Flask, Response, flash, g, jsonify, make_response, render_template, request, url_for
from sqlalchemy.exc import DBAPIError, IntegrityError
from werkzeug.exceptions import HTTPException

from sergio.database.errors import Failure, failure_of, is_unique_violation
from sergio.extensions import db
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.web.origin import SAFE
from sergio.web.pages import go, page_asked_from

log = logging.getLogger(__name__)
DATABASE_RETRY_AFTER = "120"
"""Seconds; a full disk takes an operator longer than the default of `responses.RETRY_AFTER`."""

API_SENTENCES = {
    429: "Too many requests. Try again after the number of seconds in Retry-After.",
    500: "Something went wrong on our end. If you contact us about it, include the request_id.",
    503: "We could not save or load that right now. Try again after the number of seconds in Retry-After.",
}


def init_app(app: Flask):
    app.register_error_handler(HTTPException, expected)
    app.register_error_handler(DBAPIError, database_failed)
    app.register_error_handler(Exception, unexpected)


def expected(error: HTTPException):
    """An error with an HTTP status: not found, not allowed, too large, too many requests."""
    if error.response is not None:
        return error.response
    response = error_response(error.code or 500, error.description or "")
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


def database_failed(error: DBAPIError):
    """503 if the disk or the database server fails, which is temporary; any other database error is a bug."""
    failure = failure_of(error)
    if failure is None or (failure is Failure.READ_ONLY and request.method in SAFE):  # a GET that writes
        return unexpected(error)
    log.critical("request %s failed: %s", g.request_id, failure, exc_info=error)
    g.company = None  # the page must render without the database
    response = error_response(503, "")
    response.headers["Retry-After"] = DATABASE_RETRY_AFTER
    return response


def unexpected(error: Exception):
    """A bug (500), logged under the request id on the page."""
    log.error("request %s failed", g.request_id, exc_info=error)
    g.company = None  # the page must render without the database, which may be what is down
    return error_response(500, "")


def error_response(code: int, description: str) -> Response:
    """An error as a page; under /api/ as JSON."""
    if not f"{request.path}/".startswith("/api/"):
        return make_response(render_template("errors/error.html", code=code, request_id=g.request_id), code)
    sentence = API_SENTENCES.get(code, description)
    return make_response(jsonify(error=sentence, request_id=g.request_id), code)


def show_refusals(door: Blueprint, *, home: str):
    """In this blueprint, a `Refused` rolls back and flashes its sentence on the page it came from, else at `home`."""

    @door.errorhandler(Refused)
    def refused(refusal):
        db.session.rollback()
        flash(str(refusal), "warning")
        return go(page_asked_from(url_for(home)))

    @door.errorhandler(IntegrityError)
    def lost_a_race(error):
        if not is_unique_violation(error):
            raise error
        db.session.rollback()  # first: gettext asks the company for its language, which reads the database
        return refused(_("Someone else just did that. Here is where it stands."))
