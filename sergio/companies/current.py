"""The company of a request, found by its host only, and the company's current day."""

from datetime import date

from flask import abort, g, request

from sergio.companies.models import Company
from sergio.config import Config
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import ENGLISH, spoken

ANY_HOST = ("public.health.up", "public.health.ready", "static")


def subdomain_of(config: Config) -> str | None:
    """The subdomain in the request's host, None on the site itself; 404 for a host that is not ours."""
    if request.endpoint in ANY_HOST or request.host == config.root_domain:
        return None
    subdomain, dot, domain = request.host.partition(".")
    return subdomain if dot and domain == config.root_domain else abort(404)


def enter(company: Company | None):
    """Set `g.company`, limit the session to its rows, and use its language."""
    g.company = company
    if company is not None:
        db.session.info["company_id"] = company.id
    spoken.set(company.language if company else ENGLISH)


def today() -> date:
    """The current day in the company's time zone, which decides what is due, open or expired."""
    return g.company.day(clock.now())
