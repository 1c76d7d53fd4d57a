"""Payments after the response: processing Stripe's events, and reading from Stripe what no event reported."""

import logging
from contextlib import suppress
from datetime import timedelta

from sqlalchemy import and_, delete, or_, select
from sqlalchemy.orm import joinedload

from sergio.companies.models import Company
from sergio.extensions import db
from sergio.invoices.models import Invoice
from sergio.jobs import DOCUMENTS, PAYMENTS, STRIPE, enqueue_once, job
from sergio.lib import clock
from sergio.lib.language import lazy_gettext as _l
from sergio.payments import checkout, declined, pdf, refunding, sync
from sergio.payments.models import TROUBLE, Payment, PaymentAttempt
from sergio.payments.refund_requests import RefundRequest
from sergio.payments.stripe import gateway
from sergio.payments.stripe.errors import Rejected, Unavailable
from sergio.payments.stripe.events import MISSING, NOT_OURS, REASONS, StripeEvent
from sergio.payments.stripe.gateway import Gateway
from sergio.payments.stripe.types import Intent
from sergio.payments.tries import PaymentTry

log = logging.getLogger(__name__)
KEPT, KEPT_WHEN_SET_ASIDE = timedelta(days=90), timedelta(days=365)


@job("payments.process_event", lane=PAYMENTS, server=STRIPE, label=_l("Reading a Stripe payment"))
def process_event(event_id: int):
    """Read at Stripe what an event is about, and apply it. While Stripe is unavailable the queue tries again later."""
    event = db.session.get_one(StripeEvent, event_id)
    account, intent, livemode = event.account, event.intent or "", event.livemode
    if livemode == gateway.is_live():
        declined.of_event(event)
    db.session.commit()
    found, set_aside = read_and_apply(account, intent) if livemode == gateway.is_live() else (None, "mode")
    event = db.session.get_one(StripeEvent, event_id)
    event.finish(set_aside, company_id=company_of(account, found), at=clock.now())
    if set_aside in REASONS:
        log.warning("Stripe event %s moved no money: %s", event.event, set_aside)


def read_and_apply(account: str, intent: str) -> tuple[Intent | None, str]:
    """The intent as Stripe has it, and why it was not applied; "" when it was."""
    try:
        found = Gateway(account).read_all(intent)
    except Rejected:
        return None, MISSING
    return found, sync.apply(found)


def company_of(account: str, found: Intent | None) -> int | None:
    """The company whose staff should see an event: the account's owner or, on our own, the one in the metadata."""
    named = found.metadata.get("company") if found else None
    owner = Company.stripe_account == account if account else Company.subdomain == named
    return db.session.scalar(select(Company.id).where(owner))


@job("payments.reconcile", lane=PAYMENTS, label=_l("Finding payments to check"))
def reconcile():
    """Every few minutes: check open attempts, in case their events never came, and refunds that were not sent."""
    open_attempts = PaymentAttempt.due_for_check(clock.now()).options(joinedload(PaymentAttempt.company))
    for attempt in db.session.scalars(open_attempts).all():
        enqueue_once("payments.check", attempt.id, company=attempt.company, attempt_id=attempt.id)
    for request in db.session.scalars(RefundRequest.unsent().options(joinedload(RefundRequest.company))).all():
        enqueue_once("payments.send_refund", request.id, company=request.company, request_id=request.id)


@job("payments.send_refund", lane=PAYMENTS, server=STRIPE, label=_l("Sending a refund to Stripe"))
def send_refund(request_id: int):
    """Send a refund that staff asked for, unless Stripe has made it already."""
    refunding.send(request_id)


@job("payments.check", lane=PAYMENTS, server=STRIPE, label=_l("Checking a card payment in Stripe"))
def check(attempt_id: int):
    """Read an open attempt at Stripe and apply it; cancel it when nobody will finish it or it no longer fits."""
    attempt = db.session.get_one(PaymentAttempt, attempt_id)
    if attempt.closed_at:
        return
    snapshot = checkout.snapshot_of(attempt)
    abandoned = attempt.is_abandoned(clock.now())
    attempt.checked_at = clock.now()
    db.session.commit()
    stripe = Gateway(snapshot.request.account)
    try:
        (checkout.withdraw if abandoned else checkout.refresh)(snapshot, stripe)
    except (Unavailable, Rejected) as trouble:
        log.warning("payment attempt %s could not be checked: %s", attempt_id, trouble)
        db.session.get_one(PaymentAttempt, attempt_id).trouble = str(trouble)[:TROUBLE]
        if isinstance(trouble, Unavailable):
            db.session.commit()
            raise


@job("payments.withdraw", lane=PAYMENTS, server=STRIPE, label=_l("Canceling an unneeded card payment"))
def withdraw(invoice_id: int):
    """Cancel an open attempt that no longer fits its invoice."""
    invoice = db.session.get_one(Invoice, invoice_id)
    attempt = db.session.scalar(PaymentAttempt.open_for(invoice))
    snapshot = checkout.snapshot_of(attempt) if attempt else None
    db.session.commit()
    if snapshot and not snapshot.fits:
        checkout.withdraw(snapshot, Gateway(snapshot.request.account))


@job("payments.cancel", lane=PAYMENTS, server=STRIPE, label=_l("Canceling a test payment"))
def cancel(account: str, intent: str):
    """Cancel the intent of an attempt that was deleted with its test customer, unless it is over."""
    with suppress(Rejected):
        Gateway(account).cancel(intent)


@job("payments.keep_receipt", lane=DOCUMENTS, label=_l("Rendering the PDF of a receipt"))
def keep_receipt(company_id: int, number: int):
    payment = select(Payment).where(Payment.company_id == company_id, Payment.number == number)
    pdf.pdf_of(db.session.scalars(payment).one()).keep()


@job("payments.delete_expired", label=_l("Deleting old Stripe events"))
def delete_expired():
    """Delete events after 90 days, those that were set aside after a year, and old tries to pay. Stripe resends an
    event for days at most.
    """
    quarter = clock.now() - KEPT
    year = clock.now() - KEPT_WHEN_SET_ASIDE
    received, set_aside = StripeEvent.received_at, StripeEvent.set_aside
    events = delete(StripeEvent).where(or_(received < year, and_(received < quarter, set_aside.in_(("", NOT_OURS)))))
    for statement in (events, PaymentTry.delete_expired(clock.now())):
        db.session.execute(statement.execution_options(synchronize_session=False))
