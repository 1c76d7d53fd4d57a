"""The door without sign-in: the landing page, a company's colors, Stripe's webhook, and the health checks."""

from flask import Blueprint, g, redirect, url_for

from sergio.companies.public import bp as brand
from sergio.health import bp as health
from sergio.payments.stripe.webhook import bp as webhooks
from sergio.web.pages import page

bp = Blueprint("public", __name__)
for feature in (brand, webhooks, health):
    bp.register_blueprint(feature)


@bp.get("/")
def index():
    """The site's landing page; on a company's host, its portal."""
    if g.company:
        return redirect(url_for("portal.home.index"))
    return page("public/landing.html")
