"""Turning automatic payments off from an email, without signing in. Opening the link changes nothing."""

from flask import Blueprint, abort, flash, g, redirect, url_for
from sqlalchemy import select

from sergio.audit.actor import CONTACT, Actor
from sergio.auth.actors import origin
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.payments.autopay import AutoPay
from sergio.payments.autopay_emails import read_stop_token
from sergio.payments.autopay_formats import off
from sergio.web.pages import page

bp = Blueprint("automatic_payments", __name__, url_prefix="/automatic-payments")


@bp.get("/stop/<token>")
def show(token):
    """One button, or that they are off."""
    agreed = agreed_to(token)
    return page("payments/public/stop.html", auto_pay=db.session.scalar(AutoPay.of(agreed.customer)))


@bp.post("/stop/<token>")
def stop(token):
    """Turn off what is on now: the terms may have changed since the email."""
    agreed = agreed_to(token)
    row = db.session.scalar(AutoPay.of(agreed.customer).with_for_update())
    if row:
        by = Actor(CONTACT, agreed.contact.name, agreed.contact_id, **origin())
        sent = row.stop(by=by, at=clock.now(), reason=_("By the link in an email"))
        db.session.commit()
        flash(*off(sent))
    return redirect(url_for(".show", token=token), 303)


def agreed_to(token: str) -> AutoPay:
    """The consent that a link of ours is about; 404 for any other link."""
    found = read_stop_token(token)
    if g.company is None or found is None or found[0] != g.company.id:
        abort(404)
    return db.one_or_404(select(AutoPay).where(AutoPay.company_id == g.company.id, AutoPay.id == found[1]))
