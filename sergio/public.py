"""The door without sign-in: landing page, sign-up, a company's colors, Stripe's webhook, health checks."""

from flask import Blueprint, current_app, g, redirect, url_for

from sergio.auth.document_pages import bp as document
from sergio.auth.language import bp as language
from sergio.booking.calendar_pages import public as calendar_feed
from sergio.companies.installable import bp as installable
from sergio.companies.public import bp as brand
from sergio.customers.public import bp as unwanted_emails
from sergio.health import bp as health
from sergio.payments.autopay_public import bp as automatic_payments
from sergio.payments.stripe.webhook import bp as webhooks
from sergio.sign_up.public import bp as sign_up
from sergio.sign_up.public import find
from sergio.web.pages import page
from sergio.widget.public import bp as widget

bp = Blueprint("public", __name__)
for feature in (
    *(brand, installable, document, language, widget, sign_up, find, webhooks, automatic_payments, unwanted_emails),
    *(calendar_feed, health),
):
    bp.register_blueprint(feature)


@bp.get("/book")
def book():
    """A company's page for booking, for customers and, if it allows them, for everybody."""
    return redirect(url_for("portal.booking.index")) if g.company else redirect(url_for(".index"))


@bp.get("/")
def index():
    """The site's landing page; on a company's host, its portal."""
    if g.company:
        return redirect(url_for("portal.home.index"))
    return page("public/landing.html", may_sign_up=not current_app.config["SERGIO"].company)
