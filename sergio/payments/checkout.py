"""The three steps of starting a payment: a row of ours, a call to Stripe, the intent's id in the row.

The steps commit themselves, because no transaction may stay open while Stripe responds. A crash between them leaves an
attempt without an intent: the next start sends the same key again and gets the same intent. An intent that was
created but never reached us cannot be paid, because nobody was shown its client secret.
"""

import logging
from collections.abc import Callable, Collection, Iterable
from typing import Any, NamedTuple

from sqlalchemy import select

from sergio import jobs
from sergio.audit.actor import BY_SYSTEM, Actor
from sergio.customers.models import Contact
from sergio.customers.roles import LIMITED
from sergio.database.company_scope import EVERY_COMPANY
from sergio.extensions import db
from sergio.invoices.models import Invoice
from sergio.lib import clock, tokens
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.payments import brakes, saving, sync
from sergio.payments.bills import Part, amounts_due
from sergio.payments.consents import Consent
from sergio.payments.mandates import DebitMandate
from sergio.payments.methods import CARD
from sergio.payments.models import TROUBLE, PaymentAttempt, PaymentAttemptPart
from sergio.payments.saved import SavedMethod
from sergio.payments.statuses import CANCELED, CREATING, FAILED, GONE, OPEN, PROCESSING
from sergio.payments.stripe.errors import Gone, NoAccess, Rejected, Unavailable
from sergio.payments.stripe.gateway import Gateway
from sergio.payments.stripe.methods import Methods
from sergio.payments.stripe.types import Intent, PaymentRequest

log = logging.getLogger(__name__)


class AttemptSnapshot(NamedTuple):
    """What is needed of an attempt after its transaction is over. `fits`: whether it may be paid as it is. `saved_id`
    is of the saved method it charges, or saves.
    """

    attempt_id: int
    request: PaymentRequest
    intent: str | None
    fits: bool
    saved_id: int | None = None


def begin(
    invoice_ids: Collection[int],
    contact_id: int,
    *,
    by: Actor,
    method: str = CARD,
    saved_id: int | None = None,
    consent: Consent | None = None,
    mandate: Consent | None = None,
    shown: int | None = None,
    part: Part | None = None,
):
    """Leave these invoices of one customer with one open attempt to pay what is due on them, or `part` of the only one,
    that contact's, whose intent a browser can pay, or which charges the method they saved as `saved_id`. Other attempts
    for any of them are withdrawn. With a `consent`, the method that pays is saved; a `mandate` to debit a bank account
    is kept with the attempt. Commits on the way.

    Raises `Refused` for what cannot be paid, also where Stripe says so, `TotalChanged` if it is not the total that was
    `shown`, `Unavailable` when Stripe does not answer.
    """
    brakes.admit(contact_id, invoice_ids, by=by)
    withdraw_others(contact_id, invoice_ids, by=by)
    how: dict[str, Any] = {"by": by, "method": method, "saved_id": saved_id, "consent": consent}
    how |= {"mandate": mandate, "shown": shown, "part": part}
    snapshot = start_attempt(invoice_ids, contact_id, **how)
    stripe = Gateway(snapshot.request.account)
    for _other in invoice_ids:
        if snapshot.intent is None and snapshot.fits:
            break
        refresh(snapshot, stripe, by=by)
        before, snapshot = snapshot, start_attempt(invoice_ids, contact_id, **how)
        stripe = Gateway(snapshot.request.account, stripe.until)
        if snapshot.attempt_id == before.attempt_id:
            break
    if snapshot.intent is None:
        try:
            open_intent(snapshot, stripe, by=by)
        except Rejected as trouble:
            log.warning("Stripe rejected payment attempt %s: %s", snapshot.attempt_id, trouble)
            company = attempt_of(snapshot).company
            sentence = _("This invoice can't be paid online right now.")
            raise Refused(f"{sentence} {company.how_to_reach}") from trouble


def withdraw_others(contact_id: int, invoice_ids: Collection[int], *, by: Actor):
    """Who has a daily limit pays one bill at a time: what else they began counts until it is withdrawn. Commits."""
    contact = db.session.get_one(Contact, contact_id, execution_options=EVERY_COMPANY)
    if contact.role != LIMITED:
        return
    these = select(PaymentAttemptPart.attempt_id).where(
        PaymentAttemptPart.company_id == contact.company_id, PaymentAttemptPart.invoice_id.in_(invoice_ids)
    )
    mine = PaymentAttempt.company_id == contact.company_id, PaymentAttempt.contact_id == contact_id
    can_finish = PaymentAttempt.closed_at.is_(None), PaymentAttempt.status != PROCESSING
    others = db.session.scalars(select(PaymentAttempt).where(*mine, *can_finish, PaymentAttempt.id.not_in(these)))
    snapshots = [snapshot_of(attempt) for attempt in others]
    db.session.commit()
    for snapshot in snapshots:
        withdraw(snapshot, Gateway(snapshot.request.account), by=by)


def start_attempt(
    invoice_ids: Collection[int],
    contact_id: int,
    *,
    by: Actor,
    method: str = CARD,
    saved_id: int | None = None,
    consent: Consent | None = None,
    mandate: Consent | None = None,
    shown: int | None = None,
    part: Part | None = None,
) -> AttemptSnapshot:
    """An open attempt for these invoices, committed. It does not fit when it is another contact's, pays by another
    method, or does not pay just what is asked.
    """
    amounts = amounts_due(db.session.scalars(Invoice.locked(*invoice_ids)).all(), shown=shown, part=part)
    contact = db.session.get_one(Contact, contact_id, execution_options=EVERY_COMPANY)
    if consent:
        saved_id = method_to_save(amounts, contact, method, consent, by=by)
    saved = {"saved_method_id": saved_id} if saved_id else {}
    attempt = PaymentAttempt.start(amounts, contact, by=by, at=clock.now(), method=method, **saved)
    fits = attempt.is_for(contact_id, method, saved_id) and attempt.fits(amounts)
    if mandate and fits:
        DebitMandate.keep(attempt, mandate)
    snapshot = snapshot_of(attempt, fits=fits)
    db.session.commit()
    return snapshot


def method_to_save(invoices: Iterable[Invoice], contact: Contact, method: str, consent: Consent, *, by: Actor) -> int:
    """The row of a method that is saved by paying: that of an open attempt, if this contact began it, or a new one."""
    attempt = db.session.scalars(PaymentAttempt.open_for(*invoices)).first()
    known = attempt.saved_method if attempt else None
    if attempt and known and not known.stripe_id and attempt.is_for(contact.id, method, known.id):
        return known.id
    return SavedMethod.begin(contact, method, consent, by=by).id


def snapshot_of(attempt: PaymentAttempt, *, fits: bool | None = None) -> AttemptSnapshot:
    """The values of an attempt that are needed after its transaction."""
    fits = attempt.fits() if fits is None else fits
    return AttemptSnapshot(attempt.id, attempt.payment_request(), attempt.intent, fits, attempt.saved_method_id)


def open_intent(snapshot: AttemptSnapshot, stripe: Gateway, *, by: Actor):
    """Ask Stripe for the intent and keep its id."""
    request = snapshot.request
    try:
        if snapshot.saved_id and not request.customer:
            request = request._replace(customer=saving.customer_at_stripe(snapshot.saved_id, Methods(stripe)))
        found = stripe.create(request)
    except Unavailable as trouble:
        if trouble.key_is_spent:
            renew_key(snapshot)
        raise
    except Rejected as trouble:
        end(snapshot, FAILED, trouble, by=by)
        raise
    attempt = attempt_of(snapshot, with_for_update=True)
    if attempt.closed_at is None and attempt.key == snapshot.request.key:
        attempt.intent = found.id
        attempt.status = OPEN if attempt.status == CREATING else attempt.status
    db.session.commit()


def attempt_of(snapshot: AttemptSnapshot, **options) -> PaymentAttempt:
    return db.session.get_one(PaymentAttempt, snapshot.attempt_id, execution_options=EVERY_COMPANY, **options)


def renew_key(snapshot: AttemptSnapshot):
    """After a server error Stripe repeats that error for the same key for a day, so the next try uses a new one
    (docs.stripe.com/api/idempotent_requests). No money can move: an intent without a known secret is never paid.
    """
    attempt = attempt_of(snapshot, with_for_update=True)
    if attempt.intent is None and attempt.key == snapshot.request.key:
        attempt.key = tokens.token()
    db.session.commit()


def refresh(snapshot: AttemptSnapshot, stripe: Gateway, *, by: Actor = BY_SYSTEM):
    """Give an attempt the status of its intent; withdraw one that no longer fits. Commits."""
    if not snapshot.fits:
        withdraw(snapshot, stripe, by=by)
    elif snapshot.intent:
        apply_answer(snapshot, stripe.read_all, by=by)


def withdraw(snapshot: AttemptSnapshot, stripe: Gateway, *, by: Actor = BY_SYSTEM):
    """End an attempt: cancel it at Stripe, or apply it if it was paid already. One whose money is on its way stays
    open, because a debit that a bank is working on is never canceled. Commits.
    """
    if snapshot.intent:
        apply_answer(snapshot, stripe.cancel, by=by)
    else:
        end(snapshot, CANCELED, by=by)


def apply_answer(snapshot: AttemptSnapshot, call: Callable[[str], Intent], *, by: Actor):
    """Apply the intent that `call` returns; where Stripe no longer has it, end the attempt. Commits."""
    try:
        found = call(snapshot.intent or "")
    except Gone as trouble:
        end(snapshot, GONE, trouble, by=by)
    else:
        sync.apply(found, canceled_by=by)
        db.session.commit()


def end(snapshot: AttemptSnapshot, status: str, trouble: Rejected | None = None, *, by: Actor):
    """End an attempt as it was claimed, unless it changed meanwhile. Commits.

    Without access to its account, a debit may still be processing: it stays open, and the invoice cannot be paid again.
    """
    attempt = attempt_of(snapshot)
    attempt.lock_invoices()
    if attempt.closed_at is None and attempt.intent == snapshot.intent:
        attempt.trouble = str(trouble or "")[:TROUBLE]
        if not (isinstance(trouble, NoAccess) and attempt.status == PROCESSING):
            attempt.close(status, by=by, at=clock.now())
    if trouble and snapshot.request.account:
        jobs.enqueue("payments.check_account", company=attempt.company, account=snapshot.request.account)
    db.session.commit()
