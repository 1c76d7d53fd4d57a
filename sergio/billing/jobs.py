"""Plans after the response: processing Stripe's events, and reading from Stripe what no event reported."""

import logging
from contextlib import suppress

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from sergio.billing import sync
from sergio.billing.models import ABANDONED_AFTER, TROUBLE, Subscription
from sergio.billing.statuses import GONE, HAS_PLAN, OVER
from sergio.companies.models import Company
from sergio.extensions import db
from sergio.jobs import PAYMENTS, STRIPE, enqueue_once, job
from sergio.lib import clock
from sergio.lib.language import OFFICE, speaking
from sergio.lib.language import lazy_gettext as _l
from sergio.payments.stripe import gateway
from sergio.payments.stripe.errors import Declined, Gone, Rejected
from sergio.payments.stripe.events import ENDED, MISSING, REASONS, StripeEvent
from sergio.payments.stripe.subscriptions import Subscriptions
from sergio.payments.stripe.types import Subscribed

log = logging.getLogger(__name__)


@job("billing.process_event", lane=PAYMENTS, server=STRIPE, label=_l("Reading the payment for a plan"))
def process_event(event_id: int):
    """Read at Stripe the subscription an event is about, and apply it."""
    event = db.session.get_one(StripeEvent, event_id)
    stripe_id, livemode = event.subscription or "", event.livemode
    db.session.commit()
    set_aside = read_and_apply(stripe_id) if livemode == gateway.is_live() else "mode"
    event = db.session.get_one(StripeEvent, event_id)
    event.finish(set_aside, company_id=company_of(stripe_id), at=clock.now())
    if set_aside in REASONS:
        log.warning("Stripe event %s changed no plan: %s", event.event, set_aside)


def read_and_apply(stripe_id: str) -> str:
    """Apply the subscription as Stripe has it, and what follows from that; why it was not applied, "" if it was."""
    stripe, read_at = Subscriptions(), clock.now()
    try:
        found = stripe.read_all(stripe_id)
    except Gone:
        return miss(stripe_id)
    except Rejected:
        return MISSING
    set_aside = sync.apply(found, read_at=read_at)
    db.session.commit()
    return set_aside or follow_up(found, stripe)


def miss(stripe_id: str) -> str:
    """Note that Stripe does not have it. Commits."""
    row_id = db.session.scalar(select(Subscription.id).where(Subscription.stripe_id == stripe_id))
    if row_id is None:
        return MISSING
    row = db.session.scalars(Subscription.locked(row_id)).one()
    with speaking(OFFICE):
        row.miss(at=clock.now())
    db.session.commit()
    return MISSING


def follow_up(found: Subscribed, stripe: Subscriptions) -> str:
    """Use a card that has been saved, and end what has not been paid for too long; `ENDED` if that had charged after it
    was over here, else "". Commits.
    """
    row = db.session.get_one(Subscription, sync.find(found))
    row_id, setup, over = row.id, row.setup, row.ended_at is not None
    db.session.commit()
    if over:
        return cancel_living(found, stripe)
    if setup:
        use_saved_card(found, setup, stripe)
    if is_spent(row_id):
        end_unpaid(row_id, found.id, stripe)
    return ""


def cancel_living(found: Subscribed, stripe: Subscriptions) -> str:
    """Have Stripe end, too, what is over here: it would charge for a plan the company no longer has."""
    if found.status in OVER:
        return ""
    try:
        stripe.cancel(found.id)
    except Gone:  # another worker has just canceled it
        return ""
    return ENDED if found.status in HAS_PLAN else ""


def is_spent(row_id: int) -> bool:
    """Whether it has not been paid for too long, as far as we know now."""
    row = db.session.get_one(Subscription, row_id, populate_existing=True)
    spent = row.ended_at is None and row.is_spent(clock.now())
    db.session.commit()
    return spent


def end_unpaid(row_id: int, stripe_id: str, stripe: Subscriptions):
    """Cancel it, unless Stripe says that it has just been paid. Commits."""
    sync.read_and_apply(stripe_id, stripe)
    if is_spent(row_id):
        with suppress(Gone):  # another worker has just canceled it
            stripe.cancel(stripe_id)
        sync.read_and_apply(stripe_id, stripe)


def use_saved_card(found: Subscribed, setup: str, stripe: Subscriptions):
    """Let the subscription use a card once it is saved, and pay with it what is due. Commits."""
    saved = stripe.read_setup(setup)
    if saved.status == "succeeded":
        stripe.use_card(found.id, saved.method)
        for invoice in found.invoices:
            if invoice.status == "open":
                with suppress(Declined):
                    stripe.pay(invoice.id)
        sync.read_and_apply(found.id, stripe)
    elif saved.status != "canceled" and clock.now() - saved.created_at < ABANDONED_AFTER:
        return
    row = db.session.scalars(select(Subscription).where(Subscription.stripe_id == found.id)).one()
    row.finish_setup(setup)
    db.session.commit()


def company_of(stripe_id: str) -> int | None:
    """The company whose staff should see an event."""
    mine = Company.id == Subscription.company_id
    return db.session.scalar(select(Company.id).join(Subscription, mine).where(Subscription.stripe_id == stripe_id))


@job("billing.reconcile", lane=PAYMENTS, label=_l("Finding plans to check"))
def reconcile():
    """Every few minutes: check subscriptions, in case their events never came."""
    due = Subscription.due_for_check(clock.now()).options(joinedload(Subscription.company))
    for row in db.session.scalars(due).all():
        enqueue_once("billing.check", row.id, company=row.company, subscription_id=row.id)


@job("billing.check", lane=PAYMENTS, server=STRIPE, label=_l("Checking a plan in Stripe"))
def check(subscription_id: int):
    """Read a subscription at Stripe and apply it; end one that Stripe was never heard to have."""
    row = db.session.scalars(Subscription.locked(subscription_id)).one()
    stripe_id, now = row.stripe_id, clock.now()
    row.checked_at = now
    if stripe_id is None and row.is_abandoned(now):
        row.end(GONE, at=now)
    db.session.commit()
    if stripe_id and (why := read_and_apply(stripe_id)):
        log.warning("subscription %s could not be checked: %s", subscription_id, why)
        db.session.get_one(Subscription, subscription_id).trouble = why[:TROUBLE]
