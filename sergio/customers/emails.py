"""Emails about customers, and the function that emails their contacts."""

from collections.abc import Sequence

from sergio import outbox
from sergio.audit.actor import BY_SYSTEM
from sergio.audit.models import record
from sergio.customers.roles import WORK_FIRST
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.lib.language import speaking


def to_contact(customer, person, template: str, subject: str, roles: Sequence[str] = WORK_FIRST, **context):
    """Email the contact `person` or, if they have left, have no email address or another role, the customer's first
    contact by `roles` (`contact` in the template).

    If no such contact has an email address, the customer's history says what was not sent; without any contact, the
    office gets an email about it.
    """
    if contact := customer.contact_for(person, roles):
        outbox.send(customer.company, contact.email, template, subject, contact=contact, **context)
    elif customer.present_contacts:
        record(customer, "not_emailed", by=BY_SYSTEM, at=clock.now(), after={"subject": subject})
    else:
        to_nobody(customer, subject)


def to_nobody(customer, subject: str):
    """To the office: an email to a customer without any contact was not sent."""
    company = customer.company
    with speaking(company.language):
        ours = _("%(name)s has no contact to email", name=customer.name)
    outbox.to_office(company, "customers/email/nobody", ours, customer=customer, unsent=subject)


def address_waits(change):
    """To the office: a customer entered or corrected a service address, which waits for approval."""
    company, name = change.company, change.contact.name
    with speaking(company.language):
        subject = _("%(name)s asks you to approve a service address", name=name)
    outbox.to_office(company, "customers/email/address_waits", subject, change=change, contact=change.contact)


def address_decided(change):
    """To the contact who asked: whether the address is used from now on."""
    company = change.company
    with speaking(company.language):
        approved = change.outcome == "approved"
        subject = _("Your service address is confirmed") if approved else _("About your service address")
    facts = {"change": change, "approved": approved}
    to_contact(change.customer, change.contact, "customers/email/address_decided", subject, **facts)


def address_changed(contact, changes: list[tuple[str, str, str]]):
    """To the office: a contact added, corrected or archived a service address. `changes` are (label, old, new)."""
    subject = _("%(name)s changed a service address", name=contact.name)
    outbox.to_office(contact.company, "customers/email/details_changed", subject, contact=contact, changes=changes)


def details_changed(contact, changes: list[tuple[str, str, str]]):
    """To the office: a contact changed their own details. `changes` are (label, old, new)."""
    subject = _("%(name)s changed their contact details", name=contact.name)
    outbox.to_office(contact.company, "customers/email/details_changed", subject, contact=contact, changes=changes)
