"""What makes the portal an app on a phone: its manifest, its icons, and the script that shows a page without a network.

They are on the company's host below /portal/, which is as far as the script reaches. Nobody has to be signed in, and
nothing in them is private.
"""

from flask import Blueprint, Response, abort, g, jsonify, request

from sergio.companies import app_icons
from sergio.lib.images import Unusable
from sergio.web.assets import FOLDER, YEAR

bp = Blueprint("installable", __name__, url_prefix="/portal")
SHORT = 12
"""Characters that fit below an icon."""


@bp.before_request
def require_portal():
    if g.company is None or not g.company.has_portal:
        abort(404)


@bp.get("/app.webmanifest")
def manifest():
    """The manifest (w3.org/TR/appmanifest) of the company's portal, which browsers ask for again each time."""
    company = g.company
    current = app_icons.version(company)
    shapes = [(name, app_icons.SHAPES[name]) for name in app_icons.IN_MANIFEST]
    response = jsonify(
        id="/portal/",
        name=company.name,
        short_name=short_name(company.name),
        lang=company.language,
        start_url="/portal/",
        scope="/portal/",
        display="standalone",
        background_color="#ffffff",
        theme_color=company.brand,
        icons=[
            {
                "src": f"/portal/app-icon/{current}/{name}.png",
                "sizes": f"{shape.size}x{shape.size}",
                "type": "image/png",
                "purpose": shape.purpose,
            }
            for name, shape in shapes
        ],
    )
    response.mimetype = "application/manifest+json"
    return asked_again(response)


@bp.get("/app-icon/<version>/<name>.png")
def icon(version: str, name: str):
    """An icon of the current version."""
    if name not in app_icons.SHAPES or version != app_icons.version(g.company):
        abort(404)
    try:
        response = Response(app_icons.icon(g.company, name), mimetype="image/png")
    except Unusable:
        abort(503)
    response.cache_control.public = response.cache_control.immutable = True
    response.cache_control.max_age = YEAR
    return response


@bp.get("/worker.js")
def worker():
    """The service worker; it reaches the pages below its own path only."""
    return asked_again(Response((FOLDER / "js" / "worker.js").read_bytes(), mimetype="text/javascript"))


def asked_again(response: Response) -> Response:
    """Let the browser keep it, and ask each time whether it has changed."""
    response.cache_control.no_cache = True
    response.add_etag()
    response.make_conditional(request)
    return response


def short_name(name: str) -> str:
    """As many words as fit below an icon; the first one at least."""
    words = name.split()
    fitting = [" ".join(words[:count]) for count in range(1, len(words) + 1)]
    return max((each for each in fitting if len(each) <= SHORT), key=len, default=fitting[0])
