"""Saving and removing payment methods at Stripe.

Each step is a row of ours, a call, and what the response says. The steps commit themselves, because no transaction may
stay open while Stripe responds.
"""

import logging
from typing import NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError

from sergio.audit.actor import BY_STRIPE, Actor
from sergio.customers.models import Contact
from sergio.database.company_scope import EVERY_COMPANY
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import OFFICE, speaking
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.lib.refused import Refused
from sergio.payments import brakes
from sergio.payments.autopay import AutoPay, refuse_in_use
from sergio.payments.consents import Consent
from sergio.payments.saved import SavedMethod
from sergio.payments.stripe import gateway
from sergio.payments.stripe.customers import StripeCustomer
from sergio.payments.stripe.errors import Gone, Rejected
from sergio.payments.stripe.events import NOT_OURS
from sergio.payments.stripe.gateway import Gateway
from sergio.payments.stripe.methods import Methods
from sergio.payments.stripe.types import KeptMethod, MethodSetup

log = logging.getLogger(__name__)
METHOD_REMOVED = _l("The payment method was removed.")
BANK_TOOK_BACK = _l("Your bank took back a payment from this account.")
"""Reasons, kept in English and shown in the reader's language (`language.kept`)."""


def begin(contact_id: int, method: str, consent: Consent, *, by: Actor) -> int:
    """Begin to save a method, which a browser finishes: the id of its row. Commits on the way.

    `Refused` where that cannot be done, `Unavailable` when Stripe does not answer.
    """
    brakes.admit(contact_id, (), by=by)
    contact = db.session.get_one(Contact, contact_id, execution_options=EVERY_COMPANY)
    row = SavedMethod.begin(contact, method, consent, by=by)
    db.session.flush()
    row_id, account, company = row.id, row.account, row.company
    db.session.commit()
    stripe = Methods(Gateway(account))
    try:
        customer_at_stripe(row_id, stripe)
        request = db.session.get_one(SavedMethod, row_id).setup_request()
        db.session.commit()
        setup = stripe.set_up(request)
    except Rejected as trouble:
        log.warning("Stripe refused to save payment method %s: %s", row_id, trouble)
        raise Refused(f"{_('Payment methods cannot be saved right now.')} {company.how_to_reach}") from trouble
    db.session.scalars(SavedMethod.locked(row_id)).one().setup = setup.id
    db.session.commit()
    return row_id


class NewCustomer(NamedTuple):
    """What Stripe is told of a customer."""

    customer_id: int
    key: str
    name: str
    email: str
    metadata: dict[str, str]


def customer_at_stripe(row_id: int, stripe: Methods) -> str:
    """Stripe's id of the customer whose method is being saved, created there if needed, and kept with it. Commits."""
    row = db.session.get_one(SavedMethod, row_id, execution_options=EVERY_COMPANY)
    known = db.session.scalar(StripeCustomer.of(row.customer, row.account))
    company_id, account = row.company_id, row.account
    metadata = {"company": row.company.subdomain, "customer": str(row.customer.number)}
    new = NewCustomer(row.customer_id, row.key, row.customer.name, row.contact.email, metadata)
    stripe_id = known.stripe_id if known else ""
    db.session.commit()
    if not stripe_id:
        created = stripe.create_customer(new.key, new.name, new.email, new.metadata)
        stripe_id = keep_customer(company_id, new.customer_id, account, created)
    db.session.scalars(SavedMethod.locked(row_id)).one().stripe_customer = stripe_id
    db.session.commit()
    return stripe_id


def keep_customer(company_id: int, customer_id: int, account: str, stripe_id: str) -> str:
    """The customer's id at Stripe: the one that was just created, unless another request was quicker. Commits."""
    row = StripeCustomer(company_id=company_id, customer_id=customer_id, account=account, stripe_id=stripe_id)
    db.session.add(row)
    try:
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
        mine = StripeCustomer.company_id == company_id, StripeCustomer.customer_id == customer_id
        query = select(StripeCustomer.stripe_id).where(*mine, StripeCustomer.account == account)
        stripe_id = db.session.scalars(query).one()
        db.session.commit()
    return stripe_id


def apply_setup(found: MethodSetup) -> str:
    """Enter what a SetupIntent says; "" when that was done, else why not (see `sync.apply`). The caller commits."""
    key = found.metadata.get("saved_method")
    mine = or_(SavedMethod.setup == found.id, SavedMethod.key == key)
    ours = select(SavedMethod.id).where(SavedMethod.account == found.account, mine)
    row_id = db.session.scalar(ours, execution_options=EVERY_COMPANY)
    if row_id is None:
        return "unknown" if key else NOT_OURS
    if found.livemode != gateway.is_live():
        return "mode"
    row = db.session.scalars(SavedMethod.locked(row_id)).one()
    if found.kept:
        with speaking(OFFICE):
            row.keep(found.kept, at=clock.now())
    return ""


def apply_method(account: str, stripe_id: str, found: KeptMethod | None) -> str:
    """Enter what Stripe says of a saved method; None if it no longer has it. The caller commits."""
    ours = select(SavedMethod.id).where(SavedMethod.account == account, SavedMethod.stripe_id == stripe_id)
    row_id = db.session.scalar(ours, execution_options=EVERY_COMPANY)
    if row_id is None:
        return NOT_OURS
    auto_pay = db.session.scalar(AutoPay.with_method(row_id).with_for_update(), execution_options=EVERY_COMPANY)
    row = db.session.scalars(SavedMethod.locked(row_id)).one()
    with speaking(OFFICE):
        if found and found.customer:
            row.follow(found)
            return ""
        row.note_detached(at=clock.now())
        if auto_pay:
            auto_pay.stop(by=BY_STRIPE, at=clock.now(), reason=str(METHOD_REMOVED))
    return ""


def read_and_apply(account: str, about: str) -> str:
    """Read a SetupIntent or a payment method at Stripe, and enter what it says; as `apply_setup`."""
    stripe = Methods(Gateway(account))
    if about.startswith("seti_"):
        return apply_setup(stripe.read_setup(about))
    try:
        found = stripe.read(about)
    except Gone:
        found = None
    return apply_method(account, about, found)


def remove(row_id: int, *, by: Actor):
    """Remove a method for its customer; `Refused` while automatic payments charge it. The caller commits."""
    row = db.session.scalars(SavedMethod.locked(row_id)).one()
    refuse_in_use(row)
    row.remove(by=by, at=clock.now())


def end_authorization(row_id: int):
    """Remove a bank account that must not be debited any more, and turn automatic payments from it off. The caller
    commits.
    """
    now = clock.now()
    auto_pay = db.session.scalar(AutoPay.with_method(row_id).with_for_update(), execution_options=EVERY_COMPANY)
    row = db.session.scalars(SavedMethod.locked(row_id)).one()
    row.remove(by=BY_STRIPE, at=now)
    if auto_pay:
        with speaking(OFFICE):
            auto_pay.stop(by=BY_STRIPE, at=now, reason=str(BANK_TOOK_BACK))


def detach(row_id: int):
    """Have Stripe remove a method that was removed here. Commits."""
    row = db.session.get_one(SavedMethod, row_id)
    account, stripe_id = row.account, row.stripe_id
    db.session.commit()
    try:
        if stripe_id:
            Methods(Gateway(account)).detach(stripe_id)
    except Rejected as trouble:  # Stripe's own pages were quicker, or the account is gone
        log.warning("payment method %s could not be detached: %s", row_id, trouble)
    db.session.scalars(SavedMethod.locked(row_id)).one().note_detached(at=clock.now())
    db.session.commit()
