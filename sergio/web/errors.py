"""Errors as pages: plain words, a next step and an id; the trace goes to the log only. The API's errors are JSON.

A door says which errors are refusals: a sentence on the page the person came from.
"""

import logging

from flask import Blueprint, Flask, Response, flash, g, jsonify, make_response, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.exc import DBAPIError, IntegrityError
from werkzeug.exceptions import HTTPException

from sergio.database.disks import Trouble, trouble
from sergio.database.errors import is_unique_violation
from sergio.extensions import db
from sergio.lib.refused import Refused
from sergio.web.origin import SAFE
from sergio.web.pages import go, page_asked_from

log = logging.getLogger(__name__)
RETRY_AFTER = "120"
"""Seconds after which somebody who met a full disk may try again."""

API_SENTENCES = {
    429: "Too many requests. Try again after the seconds in Retry-After.",
    500: "Something went wrong on our side. If you ask us about it, please give the request_id.",
    503: "We could not save or show that just now. Try again after the seconds in Retry-After.",
}


def init_app(app: Flask):
    """Answer every error, expected or not, with the same plain page."""
    app.register_error_handler(HTTPException, expected)
    app.register_error_handler(DBAPIError, database_failed)
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


def database_failed(error: DBAPIError):
    """Trouble of the disk or the server passes, so come again; anything else the database says is a bug of ours."""
    found = trouble(error)
    if found is None or (found is Trouble.READ_ONLY and request.method in SAFE):  # a GET that writes
        return unexpected(error)
    log.critical("request %s failed: %s", g.request_id, found, exc_info=error)
    g.company = None  # the page must render without the database
    answer = told(503, "")
    answer.headers["Retry-After"] = RETRY_AFTER
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


def turn_refusals_into_answers(door: Blueprint, *, home: str):
    """Under this door a `Refused` undoes what was begun and is told where the person was, else at `home`."""

    @door.errorhandler(Refused)
    def refused(refusal):
        db.session.rollback()
        flash(str(refusal), "warning")
        return go(page_asked_from(url_for(home)))

    @door.errorhandler(IntegrityError)
    def lost_a_race(error):
        if not is_unique_violation(error):
            raise error
        db.session.rollback()  # before the words, which are those of the company's language
        return refused(_("That has just been done. This is how it stands now."))
