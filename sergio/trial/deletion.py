"""Deleting a company's test customer with everything that belongs to it, whatever is otherwise kept for good.

The database allows that for test customers only (`database.append_only`). The audit trail stays: it says who made and
who deleted one.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, or_, select

from sergio import jobs
from sergio.audit.actor import Actor
from sergio.audit.models import record
from sergio.auth.models import MagicLink
from sergio.booking import photos
from sergio.customers.models import Customer
from sergio.database.company_scope import EVERY_COMPANY
from sergio.extensions import Model, db
from sergio.files.models import StoredFile
from sergio.jobs.models import Job
from sergio.lib.refused import Refused
from sergio.outbox.models import OutgoingEmail
from sergio.payments.models import PaymentAttempt
from sergio.payments.saved import SavedMethod
from sergio.payments.stripe.events import StripeEvent
from sergio.quotes import attachments

PARTS = (
    ("appointment", "customer_id", "customer"),
    ("quote", "customer_id", "customer"),
    ("invoice", "customer_id", "customer"),
    ("contact", "customer_id", "customer"),
    ("booking_hold", "contact_id", "contact"),
    ("payment_attempt", "customer_id", "customer"),
    ("payment", "invoice_id", "invoice"),
    ("saved_method", "customer_id", "customer"),
    ("auto_pay", "customer_id", "customer"),
    ("auto_pay_charge", "invoice_id", "invoice"),
    ("document_link", "customer_id", "customer"),
)
"""The tables whose rows have more that belongs to them: (table, its key, whose id that is)."""
LEAVES = (
    ("appointment_billing", "appointment_id", "appointment"),
    ("appointment_guarantee", "appointment_id", "appointment"),
    ("refund", "payment_id", "payment"),
    ("dispute", "payment_id", "payment"),
    ("moved_credit", "customer_id", "customer"),
    ("refund_request", "customer_id", "customer"),
    ("payment", "invoice_id", "invoice"),
    ("auto_pay_charge", "invoice_id", "invoice"),
    ("charge_outcome", "attempt_id", "payment_attempt"),
    ("payment_try", "contact_id", "contact"),
    ("pay_lock", "contact_id", "contact"),
    ("debit_mandate", "attempt_id", "payment_attempt"),
    ("payment_attempt_part", "attempt_id", "payment_attempt"),
    ("payment_attempt", "customer_id", "customer"),
    ("auto_pay", "customer_id", "customer"),
    ("saved_method", "customer_id", "customer"),
    ("ledger_entry", "invoice_id", "invoice"),
    ("invoice_email", "invoice_id", "invoice"),
    ("invoice_document", "invoice_id", "invoice"),
    ("invoice_line", "invoice_id", "invoice"),
    ("invoice", "customer_id", "customer"),
    ("quote_acceptance_undone", "quote_id", "quote"),
    ("quote_acceptance", "quote_id", "quote"),
    ("quote_decline", "quote_id", "quote"),
    ("quote_reply", "quote_id", "quote"),
    ("quote_change_request", "quote_id", "quote"),
    ("quote_look", "quote_id", "quote"),
    ("quote_reminder", "quote_id", "quote"),
    ("quote_version", "quote_id", "quote"),
    ("quote_line", "quote_id", "quote"),
    ("quote_attachment", "quote_id", "quote"),
    ("quote_package", "quote_id", "quote"),
    ("quote", "customer_id", "customer"),
    ("appointment_change_request", "appointment_id", "appointment"),
    ("appointment_reminder", "appointment_id", "appointment"),
    ("appointment_slice", "appointment_id", "appointment"),
    ("appointment_slice", "hold_id", "booking_hold"),
    ("appointment_photo", "hold_id", "booking_hold"),
    ("booking_hold", "contact_id", "contact"),
    ("waitlist_entry", "customer_id", "customer"),
    ("appointment_move", "appointment_id", "appointment"),
    ("appointment_step", "appointment_id", "appointment"),
    ("appointment_note", "appointment_id", "appointment"),
    ("appointment_photo", "appointment_id", "appointment"),
    ("appointment", "customer_id", "customer"),
    ("appointment_series", "customer_id", "customer"),
    ("stripe_customer", "customer_id", "customer"),
    ("preview", "customer_id", "customer"),
    ("customer_note", "customer_id", "customer"),
    ("import_line", "customer_id", "customer"),
    ("sign_in", "contact_id", "contact"),
    ("document_link", "customer_id", "customer"),
    ("address_change", "customer_id", "customer"),
    ("email_change", "contact_id", "contact"),
    ("portal_invitation", "contact_id", "contact"),
    ("invitation_outcome", "contact_id", "contact"),
    ("unwanted_email", "contact_id", "contact"),
    ("paused_address", "customer_id", "customer"),
    ("contact", "customer_id", "customer"),
    ("property", "customer_id", "customer"),
    ("customer", "id", "customer"),
)
"""All that is deleted, in this order; the search words go with their sources."""
NUMBERED = {"quote": "quotes", "invoice": "invoices", "payment": "receipts", "appointment": "appointments"}
"""The folder of the stored files of each table."""


def delete_test_customer(customer: Customer, *, by: Actor, now: datetime):
    """Delete the test customer and everything of it: documents, payments, appointments, jobs, emails, files, sign-ins.

    A payment that is open at Stripe is canceled there after the commit. The rows are gone for the session, too.
    """
    if not customer.is_test:
        raise Refused("Only a test customer can be deleted.")
    company = customer.company
    db.session.execute(
        select(Customer.id).where(mine(Customer, customer), Customer.id == customer.id).with_for_update()
    )
    email, since = customer.contacts[0].email, customer.created_at
    record(customer, "deleted", by=by, at=now, before={"name": customer.name, "email": email})
    ids = ids_of(customer)
    cancel_at_stripe(customer, ids["payment_attempt"])
    delete_loose_ends(customer, ids, email, since)
    attachments.lock_files(company.id)
    attached = attachments.digests_of(company.id, ids["quote"])
    photos.lock_files(company.id)
    photographed = photos.digests_of(company.id, ids["appointment"], ids["booking_hold"])
    for name, key, owner in LEAVES:
        table = Model.metadata.tables[name]
        run(table, table.c.company_id == company.id, table.c[key].in_(ids[owner]))
    attachments.delete_unused(company.id, attached)
    photos.delete_unused(company.id, photographed)
    db.session.expire_all()


def ids_of(customer: Customer) -> dict[str, list[int]]:
    """The ids of the customer and of the rows of `PARTS`, by table."""
    ids = {"customer": [customer.id]}
    for name, key, owner in PARTS:
        table = Model.metadata.tables[name]
        rows = select(table.c.id).where(table.c.company_id == customer.company_id, table.c[key].in_(ids[owner]))
        ids[name] = list(db.session.scalars(rows))
    return ids


def cancel_at_stripe(customer: Customer, attempts: list[int]):
    """Cancel the open intents after the commit, so that nobody can pay what is no longer there."""
    known = PaymentAttempt.id.in_(attempts), PaymentAttempt.intent.is_not(None)
    rows = select(PaymentAttempt.account, PaymentAttempt.intent).where(mine(PaymentAttempt, customer), *known)
    for account, intent in db.session.execute(rows.where(PaymentAttempt.closed_at.is_(None))):
        jobs.enqueue("payments.cancel", company=customer.company, account=account, intent=intent)


def delete_loose_ends(customer: Customer, ids: dict[str, list[int]], email: str, since: datetime):
    """Delete what names the customer's rows without a foreign key: files, emails, sign-in links, events, and jobs."""
    numbers = {name: numbers_of(name, customer, ids[name]) for name in NUMBERED}
    files = [StoredFile.path.like(f"{NUMBERED[name]}/{number}/%") for name in NUMBERED for number in numbers[name]]
    run(StoredFile.__table__, mine(StoredFile, customer), or_(False, *files))
    mailbox = MagicLink.mailbox_of(customer.company, "portal", email)
    links = and_(mine(MagicLink, customer), MagicLink.mailbox == mailbox, MagicLink.requested_at >= since)
    about_them = OutgoingEmail.customer_id == customer.id
    written = and_(mine(OutgoingEmail, customer), or_(about_them, is_sign_in_email(email, since)))
    intents = select(PaymentAttempt.intent).where(
        mine(PaymentAttempt, customer), PaymentAttempt.id.in_(ids["payment_attempt"])
    )
    saved = select(SavedMethod.setup, SavedMethod.stripe_id).where(
        mine(SavedMethod, customer), SavedMethod.id.in_(ids["saved_method"])
    )
    about_methods = [name for row in db.session.execute(saved) for name in row if name]
    about_payments = StripeEvent.intent.in_(db.session.scalars(intents).all())
    events = or_(about_payments, StripeEvent.saved.in_(about_methods))
    about = {
        "quote_id": ids["quote"],
        "invoice_id": ids["invoice"],
        "appointment_id": ids["appointment"],
        "attempt_id": ids["payment_attempt"],
        "saved_id": ids["saved_method"],
        "auto_pay_id": ids["auto_pay"],
        "charge_id": ids["auto_pay_charge"],
        "document_link_id": ids["document_link"],
        "number": numbers["payment"],
        "link_id": db.session.scalars(select(MagicLink.id).where(links)).all(),
        "email_id": db.session.scalars(select(OutgoingEmail.id).where(written)).all(),
        "event_id": db.session.scalars(select(StripeEvent.id).where(events), execution_options=EVERY_COMPANY).all(),
    }
    run(Job.__table__, Job.company_id == customer.company_id, or_(*(has(name, found) for name, found in about.items())))
    run(MagicLink.__table__, links)
    run(OutgoingEmail.__table__, written)
    run(StripeEvent.__table__, events, **EVERY_COMPANY)


def numbers_of(name: str, customer: Customer, ids: list[int]) -> list[int]:
    table = Model.metadata.tables[name]
    rows = select(table.c.number).where(table.c.company_id == customer.company_id, table.c.id.in_(ids))
    return [number for number in db.session.scalars(rows) if number is not None]


def is_sign_in_email(email: str, since: datetime) -> ColumnElement[bool]:
    """The condition for emails with links to the portal; of those that were sent, the text is gone."""
    unsent, sent = OutgoingEmail.text.contains("/portal/sign-in/"), OutgoingEmail.text == ""
    to_them = and_(OutgoingEmail.to == email, OutgoingEmail.created_at >= since)
    return and_(to_them, OutgoingEmail.expires_at.is_not(None), or_(unsent, sent))


def has(name: str, ids: Sequence[int]) -> ColumnElement[bool]:
    """The condition for jobs with one of these ids as their argument `name`."""
    return Job.args[name].as_integer().in_(ids)


def mine(table, customer: Customer) -> ColumnElement[bool]:
    return table.company_id == customer.company_id


def run(table: Any, *which: ColumnElement[bool], **options: Any):
    db.session.execute(delete(table).where(*which), execution_options=options)
