"""Charging a saved method: while the customer is here (`pay`), and by itself on the day an invoice is due (`charge`).

An intent is created and known to us before it is confirmed, and one intent takes money once. So a kill, a second worker
or a lost reply at any point leads to one charge at most: whoever comes later finds the same attempt and its intent.
"""

import logging
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import select

from sergio import jobs
from sergio.audit.actor import BY_SYSTEM, Actor
from sergio.database.company_scope import EVERY_COMPANY
from sergio.extensions import db
from sergio.invoices.models import Invoice
from sergio.lib import clock
from sergio.lib.language import OFFICE, speaking
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.payments import checkout, sync
from sergio.payments.autopay import AutoPay
from sergio.payments.autopay_charges import WAITS_FOR, AutoPayCharge
from sergio.payments.autopay_statuses import CHARGING, DUE
from sergio.payments.autopay_statuses import PROCESSING as WITH_BANK
from sergio.payments.bills import Part, amounts_due
from sergio.payments.checkout import AttemptSnapshot
from sergio.payments.models import FRESH, PaymentAttempt
from sergio.payments.saved import SavedMethod
from sergio.payments.statuses import OPEN, PROCESSING
from sergio.payments.stripe.errors import Declined, Rejected, Unanswered, Unavailable
from sergio.payments.stripe.gateway import Gateway

log = logging.getLogger(__name__)


def pay(
    invoice_ids: Collection[int],
    contact_id: int,
    saved_id: int,
    *,
    by: Actor,
    shown: int | None = None,
    part: Part | None = None,
):
    """Charge what is due on these invoices, or a part of the only one, to a method that the customer has saved. The
    attempt then says what came of it: it is paid, declined, or waits for the customer to confirm it with their bank.
    Commits on the way.

    Raises what `checkout.begin` does; `shown` and `part` as there. `Unanswered` when Stripe may have charged it: what
    came of it is read as soon as Stripe answers again.
    """
    saved = db.session.get_one(SavedMethod, saved_id, execution_options=EVERY_COMPANY)
    saved.refuse_removed()
    asked: dict[str, Any] = {"shown": shown, "part": part}
    checkout.begin(invoice_ids, contact_id, by=by, method=saved.method, saved_id=saved_id, **asked)
    amounts = amounts_due(db.session.scalars(Invoice.locked(*invoice_ids)).all(), **asked)
    attempt = db.session.scalar(PaymentAttempt.open_for(*amounts).limit(1))
    saved = db.session.scalars(SavedMethod.locked(saved_id)).one()
    saved.refuse_removed()
    mine = attempt is not None and attempt.is_for(contact_id, saved.method, saved_id) and attempt.fits(amounts)
    if not mine or attempt.status == PROCESSING:
        raise Refused(_("This invoice just changed. Here is where it stands."))
    snapshot, method = checkout.snapshot_of(attempt), saved.stripe_id or ""
    db.session.commit()
    try:
        could_try = confirm(snapshot, method, Gateway(snapshot.request.account), off_session=False, by=by)
    except Unanswered:
        check_later(snapshot)
        raise
    if not could_try:
        raise Refused(_("This payment method can no longer be charged. Pay with another one."))


def check_later(snapshot: AttemptSnapshot):
    """Have the attempt read at Stripe as soon as Stripe answers: its events may take hours after an outage. Commits.

    A check that is running may have read it before the charge, so this one comes besides.
    """
    attempt = checkout.attempt_of(snapshot)
    jobs.enqueue("payments.check", company=attempt.company, attempt_id=attempt.id)
    db.session.commit()


def confirm(snapshot: AttemptSnapshot, method: str, stripe: Gateway, *, off_session: bool, by: Actor) -> bool:
    """Send the charge, and enter what comes of it; whether Stripe could try it. Commits. `Unanswered` when it may have
    been made.
    """
    try:
        found = stripe.confirm(snapshot.intent or "", method, off_session=off_session)
    except Unavailable as trouble:
        if trouble.nothing_done:
            raise
        raise Unanswered(str(trouble)) from trouble
    except Rejected as trouble:
        log.warning("payment attempt %s was not charged: %s", snapshot.attempt_id, trouble)
        if not isinstance(trouble, Declined):
            jobs.enqueue("payments.check_saved", saved_id=snapshot.saved_id)
            db.session.commit()
        checkout.apply_answer(snapshot, stripe.read_all, by=by)
        return isinstance(trouble, Declined)
    sync.apply(found)
    db.session.commit()
    return True


def charge(charge_id: int):
    """Charge an invoice automatically, if its day has come and nothing speaks against it. Commits on the way.

    Whether it may be charged is decided twice under the locks of the invoice and of the consent: before the attempt is
    started, and last in `may_send`, right before the charge is sent. Whoever turns it off until then is not charged. In
    the seconds after that Stripe is being asked: turning it off then says that this payment may still be taken.
    """
    snapshot = start(charge_id)
    if snapshot is None:
        return
    stripe = Gateway(snapshot.request.account)
    try:
        if snapshot.intent:
            checkout.refresh(snapshot, stripe)
        else:
            checkout.open_intent(snapshot, stripe, by=BY_SYSTEM)
        snapshot = again(snapshot)
        if snapshot.fits and (method := may_send(charge_id, snapshot)):
            confirm(snapshot, method, stripe, off_session=True, by=BY_SYSTEM)
        end_unless_on_its_way(snapshot, stripe)
    except Rejected as trouble:
        log.warning("automatic payment %s was not charged: %s", charge_id, trouble)
    follow(snapshot.attempt_id)


def start(charge_id: int) -> AttemptSnapshot | None:
    """The attempt that charges it, committed: a new one, or the one that was begun before. None if it must wait."""
    charge, invoice, auto_pay = locked(charge_id)
    now = clock.now()
    with speaking(OFFICE):
        snapshot = attempt_for(charge, invoice, auto_pay, now)
    db.session.commit()
    if snapshot and snapshot.saved_id != auto_pay.saved_method_id:
        checkout.withdraw(snapshot, Gateway(snapshot.request.account))
        return None  # a person's form that was left open; the next run finds it gone
    return snapshot


def attempt_for(charge: AutoPayCharge, invoice: Invoice, auto_pay: AutoPay, now: datetime) -> AttemptSnapshot | None:
    attempt = charge.attempt
    if charge.status == CHARGING and attempt and not attempt.closed_at:
        return checkout.snapshot_of(attempt)
    if charge.status == CHARGING and attempt:
        charge.follow(attempt, at=now)
    too_soon = charge.next_on > charge.company.day(now)
    if charge.status not in DUE or too_soon or charge.stand_down(invoice, auto_pay, at=now):
        return None
    how = {"method": auto_pay.method.method, "off_session": True, "saved_method_id": auto_pay.saved_method_id}
    try:
        auto_pay.method.refuse_removed()
        attempt = PaymentAttempt.start({invoice: invoice.due}, None, by=BY_SYSTEM, at=now, **how)
    except Refused as refusal:
        charge.waits_for = str(refusal)[:WAITS_FOR]
        return None
    if attempt.off_session:
        charge.begin(attempt)
        return checkout.snapshot_of(attempt)
    charge.waits_for = _("Somebody is paying this invoice right now.")
    return None if now - attempt.created_at < FRESH else checkout.snapshot_of(attempt)._replace(saved_id=None)


def may_send(charge_id: int, snapshot: AttemptSnapshot) -> str:
    """Stripe's id of the method to charge, if it may still be charged; "" if not. Commits.

    It notes that the charge is about to be sent: what turns it off or skips it waits for the same lock, and so comes
    either before, and prevents the charge, or after, and says that it is too late for this one.
    """
    charge, invoice, auto_pay = locked(charge_id)
    attempt = charge.attempt
    method = db.session.scalars(SavedMethod.locked(auto_pay.saved_method_id)).one()
    ours = attempt is not None and attempt.id == snapshot.attempt_id and charge.status == CHARGING
    still_open = ours and attempt.closed_at is None and attempt.status != PROCESSING and not attempt.decline
    if still_open and attempt.fits({invoice: invoice.due}) and attempt.saved_method_id == method.id:
        with speaking(OFFICE):
            if not charge.stand_down(invoice, auto_pay, at=clock.now()):
                charge.send(at=clock.now())
                db.session.commit()
                return method.stripe_id or ""
    db.session.commit()
    return ""


def end_unless_on_its_way(snapshot: AttemptSnapshot, stripe: Gateway):
    """Nobody finishes what was declined or not sent: end the attempt, so that the invoice can be paid by hand."""
    snapshot = again(snapshot)
    if snapshot.intent and not is_over(snapshot):
        checkout.withdraw(snapshot, stripe)


def is_over(snapshot: AttemptSnapshot) -> bool:
    attempt = checkout.attempt_of(snapshot)
    over = attempt.closed_at is not None or attempt.status == PROCESSING
    db.session.commit()
    return over


def again(snapshot: AttemptSnapshot) -> AttemptSnapshot:
    """The values of the attempt as it is now."""
    attempt = checkout.attempt_of(snapshot, populate_existing=True)
    snapshot = checkout.snapshot_of(attempt)
    db.session.commit()
    return snapshot


def follow(attempt_id: int):
    """Let an automatic payment draw the consequences of how its attempt stands. Commits."""
    attempt = db.session.get_one(PaymentAttempt, attempt_id, execution_options=EVERY_COMPANY)
    mine = AutoPayCharge.company_id == attempt.company_id, AutoPayCharge.attempt_id == attempt_id
    charge_id = db.session.scalar(select(AutoPayCharge.id).where(*mine))
    if charge_id is None:
        return
    charge, _invoice, _auto_pay = locked(charge_id)
    db.session.refresh(attempt)
    with speaking(OFFICE):
        charge.follow(attempt, at=clock.now())
    returned = charge.status == WITH_BANK and attempt.status == OPEN
    snapshot = checkout.snapshot_of(attempt)
    db.session.commit()
    if returned:  # a bank returned a debit after days
        checkout.withdraw(snapshot, Gateway(snapshot.request.account))


def locked(charge_id: int) -> tuple[AutoPayCharge, Invoice, AutoPay]:
    """A charge with its invoice and its consent, locked in that order: invoice, consent, charge."""
    charge = db.session.get_one(AutoPayCharge, charge_id, execution_options=EVERY_COMPANY)
    invoice = db.session.scalars(Invoice.locked(charge.invoice_id)).one()
    auto_pay = db.session.scalars(AutoPay.locked(charge.auto_pay_id)).one()
    return db.session.scalars(AutoPayCharge.locked(charge_id)).one(), invoice, auto_pay
