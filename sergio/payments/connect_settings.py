"""Settings -> Payments -> Stripe: connecting the company's own account."""

from flask import Blueprint, flash, g, redirect, url_for

from sergio.extensions import db
from sergio.lib.language import gettext as _
from sergio.payments import connecting
from sergio.payments.stripe.connections import StripeConnection
from sergio.web.pages import go

bp = Blueprint("stripe", __name__, url_prefix="/payments/stripe")
SETTINGS = "office.settings.payments.edit"


@bp.post("")
def create():
    """Connect, and go to Stripe's form."""
    return redirect(connecting.connect(g.company.id, by=g.actor), 303)


@bp.get("/form")
def show():
    """Stripe's form by a fresh link, for links that have expired or were used."""
    connection = own_connection()
    if connection is None or not connection.is_connected:
        return go(url_for(SETTINGS))
    return redirect(connecting.form_url(g.company.id, connection.account or ""), 303)


@bp.get("/return")
def returned():
    """Where Stripe's form leads back to. Stripe's events say what came of it."""
    return go(url_for(SETTINGS, returned=""))


@bp.post("/check")
def check():
    connecting.check(g.company.id)
    flash(_("This is what Stripe says now."), "success")
    return go(url_for(SETTINGS))


@bp.get("/dashboard")
def dashboard():
    """The company's payouts at Stripe."""
    connection = own_connection()
    if connection is None or not connection.is_connected:
        return go(url_for(SETTINGS))
    return redirect(connecting.dashboard_url(connection), 303)


@bp.post("/disconnection")
def disconnect():
    connecting.disconnect(g.company.id, by=g.actor)
    db.session.commit()
    flash(_("Stripe is disconnected. Customers can't pay online until you connect it again."), "success")
    return go(url_for(SETTINGS))


def own_connection() -> StripeConnection | None:
    return db.session.scalar(StripeConnection.of(g.company))
