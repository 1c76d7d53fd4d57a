"""What an owner asks Stripe for: to begin a subscription, change it, or save another card.

Each is a row or an audit entry of ours, a call, and what the response says. The steps commit themselves, because no
transaction may stay open while Stripe responds. A crash between them is healed by Stripe's events, or `billing.check`.
"""

import logging
from collections.abc import Callable
from typing import NamedTuple

from sqlalchemy import select

from sergio.audit.actor import Actor
from sergio.billing import sync
from sergio.billing.models import TROUBLE, Subscription
from sergio.billing.statuses import GONE
from sergio.companies.models import Company
from sergio.companies.plans import BY_CODE, SOLD
from sergio.extensions import db
from sergio.lib import clock, tokens
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.payments.stripe import declines
from sergio.payments.stripe.errors import Declined, Gone, Rejected, Unavailable
from sergio.payments.stripe.subscriptions import Subscriptions
from sergio.payments.stripe.types import SubscriptionRequest

log = logging.getLogger(__name__)


class Begun(NamedTuple):
    """What is needed of a subscription after its transaction is over."""

    id: int
    stripe_id: str | None
    request: SubscriptionRequest
    name: str
    email: str


def begin(company_id: int, plan: str, *, by: Actor):
    """Leave the company with one subscription to `plan` whose first payment a browser can make. Commits on the way.

    Raises `Refused` for what cannot be sold, `Unavailable` when Stripe does not answer.
    """
    if plan not in SOLD:
        raise Refused(_("Choose one of the plans."))
    stripe = Subscriptions()
    withdraw_other(company_id, plan, stripe, by=by)
    begun = start(company_id, plan, by=by)
    if begun.stripe_id is None:
        create(begun, stripe, by=by)


def start(company_id: int, plan: str, *, by: Actor) -> Begun:
    """The company's subscription to that plan, committed."""
    company = db.session.scalars(select(Company).where(Company.id == company_id).with_for_update()).one()
    row = Subscription.start(company, plan, by=by, at=clock.now())
    db.session.flush()
    begun = Begun(row.id, row.stripe_id, row.request(), company.name, company.email)
    db.session.commit()
    return begun


def create(begun: Begun, stripe: Subscriptions, *, by: Actor):
    """Have Stripe create it, and keep what it says. The same key gets the same subscription."""
    request, asked_at = begun.request, clock.now()
    metadata = {"company": request.metadata["company"]}
    try:
        customer = request.customer or stripe.create_customer(request.key, begun.name, begun.email, metadata)
        found = stripe.create(request._replace(customer=customer))
    except Unavailable as trouble:
        if trouble.key_is_spent:
            renew_key(begun)
        raise
    except Rejected as trouble:
        log.warning("Stripe rejected subscription %s: %s", begun.id, trouble)
        row = locked(begun.id)
        row.trouble = str(trouble)[:TROUBLE]
        row.end(GONE, by=by, at=clock.now())
        if isinstance(trouble, Gone):
            Subscription.forget_customer(row.company_id)
        db.session.commit()
        raise Refused(
            _("We couldn't start this plan. You haven't been charged. Try again later or contact support.")
        ) from trouble
    sync.apply(found, read_at=asked_at)
    db.session.commit()


def renew_key(begun: Begun):
    """After a server error Stripe repeats that error for the same key for a day. Nothing can have been paid: nobody was
    shown a client secret.
    """
    row = locked(begun.id)
    if row.stripe_id is None and row.key == begun.request.key:
        row.key = tokens.token()
    db.session.commit()


def withdraw_other(company_id: int, plan: str, stripe: Subscriptions, *, by: Actor):
    """End a subscription to another plan that waits for its first payment, because the owner has chosen this one."""
    row = db.session.scalar(Subscription.of(company_id))
    if row is None or row.plan == plan:
        return
    row = locked(row.id)
    row_id, stripe_id, waits = row.id, row.stripe_id, row.is_waiting
    if waits and stripe_id is None:
        row.end(GONE, by=by, at=clock.now())
    db.session.commit()
    if waits and stripe_id:
        withdraw(row_id, stripe_id, stripe)


def withdraw(row_id: int, stripe_id: str, stripe: Subscriptions):
    """End it at Stripe, unless it has just been paid in another tab, and take over how it then stands. Commits."""
    try:
        stripe.withdraw(stripe_id)
        sync.read_and_apply(stripe_id, stripe)
    except Gone:
        locked(row_id).miss(at=clock.now())
        db.session.commit()


def switch(company_id: int, plan: str, *, by: Actor):
    """Change to another plan at once. The rest of the period is charged, or credited to the next invoice."""
    row = begun_subscription(company_id)
    if plan not in SOLD or plan == row.plan:
        raise Refused(_("You're already on this plan."))
    if row.ends_with_period:
        raise Refused(_("Your plan is about to end. Keep it first, then change it."))
    if row.unpaid_since:
        raise Refused(_("Pay what is due for your plan first, then change it."))
    offer = BY_CODE[plan]

    def change(stripe: Subscriptions, stripe_id: str):
        stripe.change_price(stripe.read(stripe_id), plan, str(offer.name), offer.price, offer.currency)

    ask(row, {"plan": plan}, change, by=by)


def end_with_period(company_id: int, *, by: Actor):
    """Do not renew it: the company keeps the plan until the end of the period it has paid for.

    One that is not paid ends at once, and Stripe stops charging for it.
    """
    row = begun_subscription(company_id)
    ask(row, {"ends": True}, Subscriptions.cancel if row.unpaid_since else Subscriptions.end_with_period, by=by)


def keep_renewing(company_id: int, *, by: Actor):
    """Take that back."""
    ask(begun_subscription(company_id), {"ends": False}, Subscriptions.keep_renewing, by=by)


def ask(row: Subscription, wanted: dict, call: Callable[[Subscriptions, str], object], *, by: Actor):
    """Note who asked for what, call Stripe, and read what that changed: a response that a worker has asked for before
    the change is older than that. A declined card changes nothing.
    """
    row_id, stripe_id = row.id, row.stripe_id or ""
    row.note_request(wanted, by=by, at=clock.now())
    db.session.commit()
    stripe = Subscriptions()
    try:
        call(stripe, stripe_id)
    except Declined as decline:
        why = declines.sentence_for(decline.code or "other")
        raise Refused(_("%(why)s Your plan has not changed.", why=why)) from decline
    except Rejected as trouble:
        log.warning("Stripe refused to change subscription %s: %s", row_id, trouble)
        raise Refused(_("We couldn't change your plan, so it stays as it is. Try again in a few minutes.")) from trouble
    sync.read_and_apply(stripe_id, stripe)


def set_up_card(company_id: int, *, by: Actor):
    """Begin to save another card for the next payments, or go on with the form that is open already."""
    row = begun_subscription(company_id)
    row_id, customer, stripe_id, before = row.id, row.customer or "", row.stripe_id or "", row.setup
    row.note_request({"card": True}, by=by, at=clock.now())
    db.session.commit()
    stripe = Subscriptions()
    if before and is_usable(before, stripe):
        return
    try:
        setup = stripe.set_up_card(customer, {"subscription": stripe_id})
    except Rejected as trouble:
        log.warning("Stripe refused to save a card for subscription %s: %s", row_id, trouble)
        raise Refused(
            _("We couldn't start saving a card. Your current card stays in use. Try again in a few minutes.")
        ) from trouble
    locked(row_id).begin_setup(setup, instead_of=before)
    db.session.commit()


def is_usable(setup: str, stripe: Subscriptions) -> bool:
    """Whether a card can still be saved with it, or was."""
    try:
        return stripe.read_setup(setup).status != "canceled"
    except Rejected:
        return False


def begun_subscription(company_id: int) -> Subscription:
    """The company's subscription whose first payment was made; `Refused` without one."""
    row = db.session.scalar(Subscription.of(company_id))
    if row is None or row.began_at is None:
        raise Refused(_("You have no subscription to change."))
    return row


def locked(subscription_id: int) -> Subscription:
    return db.session.scalars(Subscription.locked(subscription_id)).one()
