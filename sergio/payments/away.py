"""The page (503) for when Stripe does not respond. Nothing is lost, and the rest of the portal works.

It says whether a charge was sent, which Stripe may have made.
"""

from flask import Blueprint, current_app, request

from sergio.extensions import db
from sergio.payments.stripe.errors import Unanswered, Unavailable
from sergio.web.pages import page


def show_stripe_away(bp: Blueprint):
    """Let the views of a blueprint show that page."""

    @bp.errorhandler(Unavailable)
    def stripe_unavailable(trouble):
        current_app.logger.warning("Stripe: %s", trouble)
        db.session.rollback()
        return page("payments/portal/away.html", status=503, url=request.path, sent=isinstance(trouble, Unanswered))
