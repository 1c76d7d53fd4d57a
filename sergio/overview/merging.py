"""Merging two customers of a company: everything of one becomes the other's, for good.

The tables are found by their columns, so that those of later features are included. What was signed or issued stays as
it is: it names its quote or invoice, whose customer changes.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Table, func, select, update

from sergio import jobs
from sergio.audit.actor import Actor
from sergio.audit.models import record
from sergio.auth.email_changes import EmailChange
from sergio.auth.invitation_runs import InvitationOutcome
from sergio.auth.invitations import PortalInvitation
from sergio.booking import holds
from sergio.booking.models import Appointment
from sergio.booking.waitlist import OWN_ENTRY, whose
from sergio.customers.models import Contact, Customer
from sergio.customers.note import CustomerNote
from sergio.customers.unwanted_emails import UnwantedEmail
from sergio.database.append_only import CHANGEABLE, TABLES
from sergio.extensions import Model, db
from sergio.invoices.models import Invoice
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.payments.autopay import AutoPay
from sergio.payments.models import StripeCustomer
from sergio.quotes.models import Quote

AGAIN = timedelta(minutes=1)
"""A request that began before a merge may add something to the merged customer right after it; it is moved then."""
APART = {Customer.__tablename__, Contact.__tablename__, StripeCustomer.__tablename__}
"""Tables whose rows are moved one by one."""


class Outcome(NamedTuple):
    """What a merge would do: how many of what go over, and the names of contacts that become one."""

    contacts: int
    places: int
    quotes: int
    invoices: int
    appointments: int
    notes: int
    same: list[str]


def outcome(kept: Customer, gone: Customer) -> Outcome:
    same = [contact.name for contact, _other in pairs(kept, gone)]
    counts = (count(table, gone) for table in (Quote, Invoice, Appointment, CustomerNote))
    quotes, invoices, appointments, notes = counts
    contacts = len(gone.present_contacts) - len(same)
    return Outcome(contacts, len(gone.properties), quotes, invoices, appointments, notes, same)


def count(table: Any, customer: Customer) -> int:
    return db.session.scalars(select(func.count()).select_from(table).where(customer.owns(table))).one()


def merge(kept: Customer, gone: Customer, *, by: Actor, at: datetime):
    """Give everything of `gone` to `kept`. Its number leads to `kept` from then on. It cannot be undone."""
    refuse(kept, gone)
    for customer_id in sorted((kept.id, gone.id)):  # first, as who books locks other rows after that
        holds.lock_of(customer_id)
    lock_invoices(kept.company_id, kept.id, gone.id)
    for customer in sorted((kept, gone), key=lambda each: each.id):
        customer.lock()
    before = {"customer": gone.name, "number": gone.number}
    for ours, theirs in pairs(kept, gone):
        unite(ours, theirs, by=by, at=at)
    move_contacts(kept, gone)
    archive_repeated_places(kept, gone, by=by, at=at)
    move_stripe_customers(kept, gone)
    stop_second_automatic_payments(kept, gone, by=by, at=at)
    gone.archived_at, gone.merged_into_id = gone.archived_at or at, kept.id
    db.session.flush()
    move_rows(gone.company_id, kept.id, gone.id)
    kept.bring_back(by=by, at=at)
    db.session.expire_all()
    record(kept, "merged", by=by, at=at, before=before, after={"name": kept.name})
    jobs.enqueue("overview.move_again", company=kept.company, at=at + AGAIN, customer_id=gone.id)


def lock_invoices(company_id: int, *customer_ids: int):
    """Before the customers: a payment locks an invoice, and at its commit the customer (`invoices/owed`)."""
    theirs = Invoice.company_id == company_id, Invoice.customer_id.in_(customer_ids)
    db.session.execute(select(Invoice.id).where(*theirs).order_by(Invoice.id).with_for_update())


def refuse(kept: Customer, gone: Customer):
    if kept.id == gone.id:
        raise Refused(_("Choose another customer to merge with."))
    if kept.is_test or gone.is_test:
        raise Refused(_("The test customer can't be merged."))


def pairs(kept: Customer, gone: Customer) -> list[tuple[Contact, Contact]]:
    """The contacts with the same email address, of each customer one."""
    ours = {contact.email_key: contact for contact in kept.contacts if contact.email_key}
    return [(ours[contact.email_key], contact) for contact in gone.contacts if contact.email_key in ours]


def unite(ours: Contact, theirs: Contact, *, by: Actor, at: datetime):
    """Let `theirs` be `ours` from now on. Their row stays with the merged customer, since what they signed names it."""
    if theirs.left_at is None:
        if ours.left_at is not None:
            ours.left_at, ours.role = None, theirs.role
            ours.daily_limit, ours.limit_currency = theirs.daily_limit, theirs.limit_currency
        ours.phone = ours.phone or theirs.phone
        ours.gets_receipts = ours.gets_receipts or theirs.gets_receipts
    theirs.left_at = theirs.left_at or at
    db.session.flush()
    PortalInvitation.unite(ours, theirs, at=at)
    if (held := holds.hold_of(theirs)) and holds.hold_of(ours):  # a contact has one hold at most
        held.give_up()
    if entry := db.session.scalar(OWN_ENTRY, whose(theirs)):  # and one wish for the waitlist
        entry.leave(by=by, now=at)
    EmailChange.end_waiting(theirs, at=at)
    UnwantedEmail.unite(ours, theirs)
    for table in tables_with("contact_id"):
        if table.name == InvitationOutcome.__tablename__:
            continue  # a run did that with them, and may have done another thing with `ours`
        mine = table.c.company_id == ours.company_id, table.c.contact_id == theirs.id
        db.session.execute(update(table).where(*mine).values(contact_id=ours.id))


def move_contacts(kept: Customer, gone: Customer):
    same = {contact.id for _ours, contact in pairs(kept, gone)}
    moved = Contact.company_id == gone.company_id, Contact.customer_id == gone.id, Contact.id.not_in(same)
    db.session.execute(update(Contact).where(*moved).values(customer_id=kept.id), execution_options=UNSEEN)


def archive_repeated_places(kept: Customer, gone: Customer, *, by: Actor, at: datetime):
    """Of two equal addresses, only the kept customer's can still be chosen."""
    ours = {place.address_key for place in kept.properties if place.archived_at is None}
    for place in gone.properties:
        if place.address_key in ours:
            place.archive(by=by, at=at)


def move_stripe_customers(kept: Customer, gone: Customer):
    """A customer has one at each of Stripe's accounts; where both have one, the kept customer's stays in use."""
    known = select(StripeCustomer.account).where(kept.owns(StripeCustomer))
    moved = gone.owns(StripeCustomer), StripeCustomer.account.not_in(known)
    db.session.execute(update(StripeCustomer).where(*moved).values(customer_id=kept.id), execution_options=UNSEEN)


def stop_second_automatic_payments(kept: Customer, gone: Customer, *, by: Actor, at: datetime):
    """A customer has one consent at most; where both have one, the kept customer's stays."""
    theirs = db.session.scalar(AutoPay.of(gone).with_for_update())
    if theirs and db.session.scalar(AutoPay.of(kept)):
        theirs.stop(by=by, at=at, reason=_("This account was merged into another one."))


UNSEEN = {"synchronize_session": False}
"""The session forgets all rows at the end of a merge."""


def move_rows(company_id: int, kept_id: int, gone_id: int):
    """Give the kept customer the rows of all other tables; a row that was moved before is found no more."""
    for table in tables_with("customer_id"):
        if table.name not in APART:
            column = table.c.customer_id
            mine = table.c.company_id == company_id, column == gone_id
            extra = unpin(table, company_id, kept_id)
            db.session.execute(update(table).where(*mine).values(customer_id=kept_id, **extra))
    merged = Customer.company_id == company_id, Customer.merged_into_id == gone_id
    db.session.execute(update(Customer).where(*merged).values(merged_into_id=kept_id), execution_options=UNSEEN)


def unpin(table: Table, company_id: int, kept_id: int) -> dict:
    """Of notes: those that come over are not pinned if the kept customer has a pinned one."""
    if table.name != CustomerNote.__tablename__:
        return {}
    pinned = CustomerNote.company_id == company_id, CustomerNote.customer_id == kept_id, CustomerNote.pinned
    return {"pinned": False} if db.session.scalar(select(func.count()).select_from(CustomerNote).where(*pinned)) else {}


def tables_with(column: str) -> Iterator[Table]:
    """The tables with that column which may be changed; those kept by triggers follow by themselves."""
    for table in Model.metadata.sorted_tables:
        fixed = table.name in TABLES and CHANGEABLE.get(table.name) != column
        if column in table.c and not fixed and not table.info.get("follows"):
            yield table
