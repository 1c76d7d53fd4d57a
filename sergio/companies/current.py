"""The company of a request, found by its host only, and the company's current day."""

from datetime import date

from flask import abort, g, request

from sergio.companies.models import Company
from sergio.config import Config
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import ENGLISH, spoken

ANY_HOST = ("public.health.up", "public.health.ready", "static")


def find_company(config: Config):
    """Set `g.company` from the host (None on the site itself) and limit the session to it; 404 for any other host."""
    g.company = None
    spoken.set(ENGLISH)
    if request.endpoint in ANY_HOST or request.host == config.root_domain:
        return
    subdomain, dot, domain = request.host.partition(".")
    g.company = db.session.scalar(Company.at(subdomain)) if dot and domain == config.root_domain else None
    if g.company is None:
        abort(404)
    db.session.info["company_id"] = g.company.id
    spoken.set(g.company.language)


def today() -> date:
    """The current day in the company's time zone, which decides what is due, open or expired."""
    return g.company.day(clock.now())
