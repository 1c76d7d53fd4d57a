"""The page (429) for customers while the fraud brakes hold: why, until when, and how to pay now."""

from flask import Blueprint

from sergio.extensions import db
from sergio.lib import clock
from sergio.payments.brakes import PaymentsPaused
from sergio.web.pages import page


def show_paused(door: Blueprint):
    """Let a door answer `PaymentsPaused` with that page."""

    @door.errorhandler(PaymentsPaused)
    def payments_paused(refusal: PaymentsPaused):
        db.session.rollback()
        response = page("payments/portal/paused.html", status=429, until=refusal.until)
        response.headers["Retry-After"] = str(max(1, int((refusal.until - clock.now()).total_seconds())))
        return response
