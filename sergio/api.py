"""The door for other programs of a company: a bearer token (RFC 6750), answers and errors as JSON."""

from flask import Blueprint, abort, g, jsonify, request
from werkzeug.exceptions import HTTPException, Unauthorized

from sergio.auth.api_tokens import ApiToken
from sergio.extensions import db, limiter
from sergio.invoices.api import bp as invoices

bp = Blueprint("api", __name__, url_prefix="/api/v1")
bp.register_blueprint(invoices)
limiter.limit("120 per minute")(bp)


@bp.before_request
def require_token():
    """Let nobody in without a live token of this very company."""
    if g.company is None:
        abort(404)
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or db.session.scalar(ApiToken.matching(secret.strip())) is None:
        raise Unauthorized("Send a token of this company as 'Authorization: Bearer <token>'.")


@bp.after_request
def keep_private(answer):
    """What a token may see is for nobody else, and a browser without one is not asked for a password."""
    answer.headers["Cache-Control"] = "no-store"
    if answer.status_code == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


@bp.errorhandler(HTTPException)
def in_words(error):
    """An error as JSON."""
    return jsonify(error=error.description, request_id=g.request_id), error.code
