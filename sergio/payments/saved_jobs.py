"""Saved payment methods after the response: what Stripe reports of them, removing them there, cards that expire."""

import logging
from datetime import timedelta

from sqlalchemy.orm import joinedload

from sergio.extensions import db
from sergio.jobs import PAYMENTS, STRIPE, enqueue_once, job
from sergio.lib import clock
from sergio.lib.language import lazy_gettext as _l
from sergio.payments import declined, emails, saving
from sergio.payments.jobs import company_of
from sergio.payments.saved import SavedMethod
from sergio.payments.stripe import gateway
from sergio.payments.stripe.errors import Rejected
from sergio.payments.stripe.events import MISSING, REASONS, StripeEvent

log = logging.getLogger(__name__)
ABANDONED_AFTER = timedelta(days=1)


@job("payments.process_saved_event", lane=PAYMENTS, server=STRIPE, label=_l("Reading a saved payment method"))
def process_saved_event(event_id: int):
    """Read at Stripe the payment method that an event is about, and apply it."""
    event = db.session.get_one(StripeEvent, event_id)
    account, about, livemode = event.account, event.saved or "", event.livemode
    if livemode == gateway.is_live():
        declined.of_event(event)
    db.session.commit()
    set_aside = read_and_apply(account, about) if livemode == gateway.is_live() else "mode"
    event = db.session.get_one(StripeEvent, event_id)
    event.finish(set_aside, company_id=company_of(account, None), at=clock.now())
    if set_aside in REASONS:
        log.warning("Stripe event %s changed no payment method: %s", event.event, set_aside)


def read_and_apply(account: str, about: str) -> str:
    try:
        return saving.read_and_apply(account, about)
    except Rejected:
        return MISSING


@job("payments.find_saved", lane=PAYMENTS, label=_l("Finding payment methods to check"))
def find_saved():
    """Every few minutes: check methods that are being saved, in case their events never came."""
    waiting = SavedMethod.waiting(clock.now() - ABANDONED_AFTER).options(joinedload(SavedMethod.company))
    for row in db.session.scalars(waiting).all():
        enqueue_once("payments.check_saved", row.id, company=row.company, saved_id=row.id)


@job("payments.check_saved", lane=PAYMENTS, server=STRIPE, label=_l("Checking a saved payment method"))
def check_saved(saved_id: int):
    """Read a method at Stripe, or the SetupIntent that saves it, and apply it."""
    row = db.session.get_one(SavedMethod, saved_id)
    account, about = row.account, row.stripe_id or row.setup
    db.session.commit()
    if about and (why := read_and_apply(account, about)):
        log.warning("payment method %s could not be checked: %s", saved_id, why)


@job("payments.detach", lane=PAYMENTS, server=STRIPE, label=_l("Removing a payment method from Stripe"))
def detach(saved_id: int):
    saving.detach(saved_id)


@job("payments.end_authorization", lane=PAYMENTS, label=_l("Removing a bank account that took a payment back"))
def end_authorization(saved_id: int):
    saving.end_authorization(saved_id)


@job("payments.warn_of_expiry", label=_l("Finding cards that expire"))
def warn_of_expiry():
    """Every day: tell customers once that a card they saved expires within the month."""
    now = clock.now()
    for row in db.session.scalars(SavedMethod.expiring(now.date()).options(joinedload(SavedMethod.company))).all():
        row.expiry_told_at = now
        emails.card_expires(row)
