"""The response on a host that a company left: reading leads on to its new one, everything else ends here."""

from flask import Response, current_app, make_response, redirect, render_template, request
from sqlalchemy import bindparam, select
from werkzeug.sansio.utils import get_current_url

from sergio.companies.current import host_of
from sergio.companies.models import Company
from sergio.companies.portal_address import FormerSubdomain
from sergio.database.engines import Utc
from sergio.extensions import db
from sergio.lib import clock

PRESENT = (
    select(Company.subdomain)
    .join(FormerSubdomain, FormerSubdomain.company_id == Company.id)
    .where(
        FormerSubdomain.subdomain == bindparam("subdomain"),
        FormerSubdomain.kept_until > bindparam("now", type_=Utc),
    )
)


def lead_on(subdomain: str) -> Response | None:
    """308 to the same page of the company's present host; for a form, a page (410) that says what happened. None if
    nobody left that subdomain lately. The present host never takes a cookie or a form of this one.
    """
    present = db.session.scalar(PRESENT, {"subdomain": subdomain, "now": clock.now()})
    if present is None:
        return None
    config = current_app.config["SERGIO"]
    host = host_of(present, config)
    if request.method in ("GET", "HEAD"):
        return make_response(
            redirect(get_current_url(config.scheme, host, "", request.path, request.query_string), 308)
        )
    return make_response(render_template("public/moved.html", host=host, url=f"{config.scheme}://{host}/"), 410)
