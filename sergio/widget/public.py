"""The widget's script, which any website may load, and the sign-in link that it asks for.

Both are on the company's host below /portal/, but nobody is signed in here: no cookie is read or set. Nothing else of
this program may be read from other websites.
"""

from flask import Blueprint, Response, abort, g, jsonify, request

from sergio.auth.forms import EmailForm
from sergio.auth.models import MagicLink
from sergio.auth.ways import WIDGET, marked
from sergio.extensions import csrf, db
from sergio.lib import clock, tokens
from sergio.web import limits
from sergio.web.assets import YEAR
from sergio.web.pages import page
from sergio.widget import jobs  # noqa: F401 - the worker finds its job by name
from sergio.widget.models import WidgetScript
from sergio.widget.notes import note_script, note_website
from sergio.widget.script import Script

bp = Blueprint("widget", __name__, url_prefix="/portal")
CURRENT_FOR = 3600
"""Seconds for which browsers keep the script without a fixed name."""


@bp.before_request
def require_portal() -> Response | None:
    """As the portal's door: a company whose plan has a portal."""
    if g.company is None:
        abort(404)
    return None if g.company.has_portal else page("layouts/unavailable.html")


@bp.after_request
def share(response: Response) -> Response:
    """Let pages of other websites load and read what these views answer."""
    if g.company and g.company.has_portal:
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@bp.get("/widget.js")
def script():
    """The current script, whatever the colors are."""
    note_website()
    current = Script.of(g.company)
    return javascript(current.content, current.digest, CURRENT_FOR)


@bp.get("/widget.<string(length=16):digest>.js")
def fixed(digest: str):
    """A script that never changes: the current one, or one that was served by this name before."""
    current = Script.of(g.company)
    earlier = digest != current.digest and db.session.scalar(WidgetScript.named(g.company, digest))
    if digest != current.digest and not earlier:
        return Response("", 404, mimetype="text/javascript")  # without an error page, which would set a cookie
    note_website()
    if not earlier:
        note_script(current)
    response = javascript(earlier or current.content, digest, YEAR)
    response.cache_control.immutable = True
    return response


@bp.post("/widget/link")
@csrf.exempt
@limits.link_requests
def send_link():
    """Email a sign-in link to an address. The response and the work are the same for known and unknown addresses.

    The link asks every browser to press its button: no cookie says which browser requested it.
    """
    form = EmailForm(meta={"csrf": False})
    if not form.validate():
        return jsonify(sent=False), 422
    facts = {"nonce": tokens.token(), "next_path": marked("/portal/", WIDGET)}
    if MagicLink.request(g.company, "portal", str(form.email.data), now=clock.now(), **facts) is None:
        return jsonify(sent=False), 429
    db.session.commit()
    return jsonify(sent=True), 202


def javascript(content: str, digest: str, age: int) -> Response:
    response = Response(content, mimetype="text/javascript")
    response.cache_control.public = True
    response.cache_control.max_age = age
    response.set_etag(digest)
    response.make_conditional(request)
    return response
