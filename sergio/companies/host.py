"""Which company a request is for: the host says so, and nothing else does."""

from flask import abort, g, request

from sergio.companies.models import Company
from sergio.config import Config
from sergio.extensions import db
from sergio.web.origin import SAFE

ANY_HOST = ("public.health.up", "public.health.ready", "static")


def find_company(config: Config):
    """Set `g.company` from the host (None on the site itself) and keep the session inside it; 404 elsewhere."""
    g.company = None
    db.session.info["read_only"] = request.method in SAFE
    if request.endpoint in ANY_HOST or request.host == config.root_domain:
        return
    subdomain, dot, domain = request.host.partition(".")
    g.company = db.session.scalar(Company.at(subdomain)) if dot and domain == config.root_domain else None
    if g.company is None:
        abort(404)
    db.session.info["company_id"] = g.company.id
