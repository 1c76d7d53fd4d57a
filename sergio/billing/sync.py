"""Applies how a subscription stands at Stripe.

The rows are the same for any order of events and any number of repetitions: an event only says what to read again, and
a response that was asked for earlier never replaces one that was asked for later.
"""

from datetime import datetime

from sqlalchemy import or_, select

from sergio.billing.models import Subscription
from sergio.database.company_scope import EVERY_COMPANY
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import OFFICE, speaking
from sergio.payments.stripe import gateway
from sergio.payments.stripe.events import NOT_OURS
from sergio.payments.stripe.subscriptions import Subscriptions
from sergio.payments.stripe.types import Subscribed


def apply(found: Subscribed, *, read_at: datetime) -> str:
    """Enter what `found` says, asked for at `read_at`. "" when that was done, else why not: a key of `events.REASONS`,
    or `NOT_OURS`. The caller commits, and held no transaction while `found` was read.
    """
    known = find(found)
    if known is None:
        return "unknown" if "subscription" in found.metadata else NOT_OURS
    if found.livemode != gateway.is_live():
        return "mode"
    row = db.session.scalars(Subscription.locked(known)).one()
    if row.stripe_id not in (None, found.id):
        return "unknown"
    with speaking(OFFICE):
        row.follow(found, read_at=read_at, at=clock.now())
    return ""


def read_and_apply(stripe_id: str, stripe: Subscriptions):
    """Enter how it stands at Stripe now. Commits."""
    read_at = clock.now()
    apply(stripe.read_all(stripe_id), read_at=read_at)
    db.session.commit()


def find(found: Subscribed) -> int | None:
    """The id of the row that a subscription was created for: the one that knows it, or whose secret key it carries."""
    key = found.metadata.get("subscription", "")
    rows = select(Subscription.id).where(or_(Subscription.stripe_id == found.id, Subscription.key == key))
    return db.session.scalar(rows.order_by(Subscription.stripe_id.is_(None)), execution_options=EVERY_COMPANY)
