"""/brand.css: the company's colors as custom properties, which every page of its host loads."""

import hashlib

from flask import Blueprint, Response, abort, g

from sergio.companies import colors
from sergio.web.assets import keep

bp = Blueprint("brand", __name__)


@bp.get("/brand.css")
def stylesheet():
    """The brand colors with readable text colors; the URL carries their fingerprint."""
    if g.company is None:
        abort(404)
    response = Response(colors.stylesheet(g.company.brand, g.company.accent), mimetype="text/css")
    response.cache_control.private = True
    keep(response, fingerprint(g.company))
    return response


def fingerprint(company) -> str:
    """A digest of the company's colors, for the URL."""
    return hashlib.sha256(f"{company.brand}{company.accent}".encode()).hexdigest()[:12]


def company_of_page() -> dict:
    """Template variables: the page's company (None on the site itself), its colors' fingerprint, and its language."""
    company = g.get("company")
    if company is None:
        return {"company": None, "colors_version": "", "language": "en"}
    return {"company": company, "colors_version": fingerprint(company), "language": company.language}
