"""/brand.css: the company's colors as custom properties, which every page of its host loads."""

import hashlib

from flask import Blueprint, Response, abort, g

from sergio.companies import colors
from sergio.web.assets import keep

bp = Blueprint("brand", __name__)


@bp.get("/brand.css")
def stylesheet():
    """The two brand colors with the inks that can be read on them; its address carries their fingerprint."""
    if g.company is None:
        abort(404)
    response = Response(colors.stylesheet(g.company.brand, g.company.accent), mimetype="text/css")
    response.cache_control.private = True
    keep(response, fingerprint(g.company))
    return response


def fingerprint(company) -> str:
    """Changes when the company's colors do."""
    return hashlib.sha256(f"{company.brand}{company.accent}".encode()).hexdigest()[:12]


def company_of_page() -> dict:
    """The company every page is for (None on the site itself), the fingerprint of its colors, and its language."""
    company = g.get("company")
    if company is None:
        return {"company": None, "colors_version": "", "language": "en"}
    return {"company": company, "colors_version": fingerprint(company), "language": company.language}
