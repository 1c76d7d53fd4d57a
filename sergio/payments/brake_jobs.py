"""The fraud brakes after the response: ending at Stripe what was begun before a lock."""

from contextlib import suppress
from datetime import timedelta

from sqlalchemy import select

from sergio.extensions import db
from sergio.jobs import PAYMENTS, STRIPE, enqueue_once, job
from sergio.lib.language import lazy_gettext as _l
from sergio.payments import checkout
from sergio.payments.models import PaymentAttempt
from sergio.payments.saved import SavedMethod
from sergio.payments.statuses import PROCESSING
from sergio.payments.stripe.errors import Rejected
from sergio.payments.stripe.gateway import Gateway
from sergio.payments.stripe.methods import Methods
from sergio.payments.tries import STARTED, PayLock, PaymentTry

OPEN_FOR = timedelta(days=1)
"""For how long a client secret that was given out is looked for; older attempts are withdrawn as abandoned."""


@job("payments.stop_begun", lane=PAYMENTS, label=_l("Stopping payments after many declined cards"))
def stop_begun(lock_id: int):
    """Have Stripe end what those whom a lock covers began, so that the client secrets they have are of no use."""
    lock = db.session.get_one(PayLock, lock_id)
    since, mine = lock.started_at - OPEN_FOR, PaymentTry.company_id == lock.company_id
    on_network = select(PaymentTry.contact_id).where(mine, PaymentTry.network == lock.network, PaymentTry.at > since)
    theirs = set(db.session.scalars(on_network.where(PaymentTry.kind == STARTED))) if lock.network else set()
    contact_ids = theirs | {lock.contact_id}
    attempt, saved = PaymentAttempt, SavedMethod
    begun = attempt.company_id == lock.company_id, attempt.contact_id.in_(contact_ids), attempt.status != PROCESSING
    for row_id in db.session.scalars(select(attempt.id).where(*begun, attempt.closed_at.is_(None))).all():
        enqueue_once("payments.stop_attempt", row_id, company=lock.company, attempt_id=row_id)
    setups = saved.company_id == lock.company_id, saved.contact_id.in_(contact_ids)
    for row in db.session.scalars(saved.waiting(since).where(*setups)).all():
        enqueue_once("payments.stop_saving", row.id, company=lock.company, saved_id=row.id)


@job("payments.stop_attempt", lane=PAYMENTS, server=STRIPE, label=_l("Canceling a card payment"))
def stop_attempt(attempt_id: int):
    """Cancel an attempt, or apply it if it was paid."""
    attempt = db.session.get_one(PaymentAttempt, attempt_id)
    snapshot = checkout.snapshot_of(attempt) if attempt.closed_at is None else None
    db.session.commit()
    if snapshot:
        checkout.withdraw(snapshot, Gateway(snapshot.request.account))


@job("payments.stop_saving", lane=PAYMENTS, server=STRIPE, label=_l("Canceling the saving of a card"))
def stop_saving(saved_id: int):
    """Cancel a SetupIntent, unless it is over."""
    row = db.session.get_one(SavedMethod, saved_id)
    account, setup = row.account, row.setup
    db.session.commit()
    with suppress(Rejected):
        Methods(Gateway(account)).cancel_setup(setup or "")
