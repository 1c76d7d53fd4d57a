"""/brand.css: the company's colors as custom properties, which every page of its host loads."""

import hashlib
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, g, request

from sergio.companies import colors
from sergio.companies.colors import HEX
from sergio.web.assets import keep

bp = Blueprint("brand", __name__)


@bp.get("/brand.css")
def stylesheet():
    """The brand colors with readable text colors; the URL carries their fingerprint, or colors that are not saved yet
    (`?brand=%23rrggbb`).
    """
    if g.company is None:
        abort(404)
    unsaved = {name: color for name in ("brand", "accent") if HEX.fullmatch(color := request.args.get(name, ""))}
    shown = {"brand": g.company.brand, "accent": g.company.accent, **unsaved}
    response = Response(colors.stylesheet(**shown), mimetype="text/css")
    response.cache_control.private = True
    if unsaved:
        response.headers["Cache-Control"] = "no-store"
        return response
    keep(response, fingerprint(g.company))
    return response


def fingerprint(company) -> str:
    """A digest of the company's colors, for the URL."""
    return hashlib.sha256(f"{company.brand}{company.accent}".encode()).hexdigest()[:12]


def company_of_page() -> dict:
    """Template variables: the page's company (None on the site itself), its colors, and its language."""
    company = g.get("company")
    if company is None:
        return {"company": None, "colors_query": "", "language": "en"}
    query = urlencode(g.get("unsaved_colors") or {"v": fingerprint(company)})
    return {"company": company, "colors_query": query, "language": company.language}
