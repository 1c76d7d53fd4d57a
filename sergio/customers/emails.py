"""Emails about customers, and the function that emails their contacts."""

from collections.abc import Sequence

from babel.support import LazyProxy

from sergio import outbox
from sergio.audit.actor import BY_SYSTEM
from sergio.audit.models import record
from sergio.customers.roles import WORK_FIRST
from sergio.lib import clock
from sergio.lib.language import OFFICE, speaking
from sergio.lib.language import gettext as _


def to_contact(customer, person, template: str, subject: str, roles: Sequence[str] = WORK_FIRST, **context):
    """Email the contact `person` or, if they have left, have no email address or another role, the customer's first
    contact by `roles` (`contact` in the template), in their language; write the subject in it, too
    (`Customer.language_for`).

    If no such contact has an email address, the customer's history says what was not sent; without any contact, the
    office gets an email about it.
    """
    if contact := customer.contact_for(person, roles):
        with speaking(contact.reads):
            outbox.send(customer.company, contact.email, template, subject, contact=contact, **context)
    elif customer.present_contacts:
        record(customer, "not_emailed", by=BY_SYSTEM, at=clock.now(), after={"subject": subject})
    else:
        to_nobody(customer, subject)


@speaking(OFFICE)
def to_nobody(customer, subject: str):
    """To the office: an email to a customer without any contact was not sent."""
    ours = _("%(name)s has no contact to email", name=customer.name)
    outbox.to_office(customer.company, "customers/email/nobody", ours, customer=customer, unsent=subject)


@speaking(OFFICE)
def details_changed(contact, changes: list[tuple[LazyProxy, str, str]]):
    """To the office: a contact changed their own details. `changes` are (label, old, new)."""
    subject = _("%(name)s changed their contact details", name=contact.name)
    outbox.to_office(contact.company, "customers/email/details_changed", subject, contact=contact, changes=changes)
