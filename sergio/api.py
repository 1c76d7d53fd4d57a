"""The door for other programs of a company: a bearer token (RFC 6750), JSON responses (errors too: `web.errors`)."""

from flask import Blueprint, abort, g, request
from werkzeug.exceptions import Unauthorized

from sergio.auth.models import ApiToken
from sergio.companies.plans import API
from sergio.extensions import db
from sergio.invoices.api import bp as invoices
from sergio.web import limits

bp = Blueprint("api", __name__, url_prefix="/api/v1")
bp.register_blueprint(invoices)


@bp.before_request
def find_token():
    """Set `g.api_token` to the valid token of this company in the request, or None."""
    if g.company is None:
        abort(404)
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    g.api_token = db.session.scalar(ApiToken.matching(g.company, secret.strip())) if kind.lower() == "bearer" else None


@bp.before_request
@limits.api
def require_token():
    """Refuse a request without a valid token (401), or to a company whose plan has no API (403)."""
    if g.api_token is None:
        raise Unauthorized("Send one of this company's API tokens as 'Authorization: Bearer <token>'.")
    if not g.company.has(API):
        abort(403, "This company's plan does not include the API.")


@bp.after_request
def keep_private(response):
    """Forbid caching, and name the Bearer scheme in a 401, so that browsers do not ask for a password."""
    response.headers["Cache-Control"] = "no-store"
    if response.status_code == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response
