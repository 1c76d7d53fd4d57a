"""/brand.css, the company's colors as custom properties, which every page of its host loads; and its logo."""

import hashlib

from flask import Blueprint, Response, abort, g

from sergio.companies import colors, logos
from sergio.lib.language import spoken
from sergio.web.assets import YEAR, keep

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


@bp.get("/logo/<digest>/<any(picture, icon):part>.png")
def logo(digest: str, part: str):
    """A picture of the logo, or of the one before. Nobody has to be signed in: the sign-in page shows it."""
    if g.company is None or not logos.DIGEST.fullmatch(digest):
        abort(404)
    content = logos.read(g.company.id, digest, part) or abort(404)
    response = logo_file(content)
    response.cache_control.public = response.cache_control.immutable = True
    response.cache_control.max_age = YEAR
    return response


def logo_file(content: bytes) -> Response:
    """A PNG that is only ever a picture, even if somebody opens its URL."""
    return Response(content, mimetype="image/png", headers={"Content-Security-Policy": "sandbox; default-src 'none'"})


def fingerprint(company) -> str:
    """A digest of the company's colors, for the URL."""
    return hashlib.sha256(f"{company.brand}{company.accent}".encode()).hexdigest()[:12]


def company_of_page() -> dict:
    """Template variables: the page's company (None on the site itself), its colors' fingerprint, the reader's
    language.
    """
    company = g.get("company")
    version = fingerprint(company) if company else ""
    return {"company": company, "colors_version": version, "language": spoken.get()}
