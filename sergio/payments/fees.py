"""The fee that the installation takes of payments on companies' own accounts at Stripe."""

from flask import current_app
from sqlalchemy.orm import Mapped, mapped_column


def current_rate(context) -> int:
    """The rate of a new attempt; nothing on the installation's own account."""
    account = context.get_current_parameters()["account"]
    return current_app.config["SERGIO"].application_fee_rate if account else 0


class ApplicationFee:
    """`fee_rate`, in basis points, is that of the day on which the attempt began, because a repeat of its request to
    Stripe must be the same (docs.stripe.com/api/idempotent_requests).
    """

    fee_rate: Mapped[int] = mapped_column(default=current_rate, server_default="0")
