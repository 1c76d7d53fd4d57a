"""Emails about customers, and the function that emails their contacts."""

from sergio import outbox
from sergio.lib.language import gettext as _
from sergio.lib.language import speaking


def to_contact(customer, person, template: str, subject: str, **context):
    """Email the contact `person` or, if they have left, the customer's first contact (`contact` in the template).
    Without any contact, the office gets an email about what was not sent.
    """
    company = customer.company
    if contact := customer.contact_for(person):
        outbox.send(company, contact.email, template, subject, contact=contact, **context)
        return
    with speaking(company.language):
        ours = _("%(name)s has no contact to email", name=customer.name)
    outbox.to_office(company, "customers/email/nobody", ours, customer=customer, unsent=subject)


def details_changed(contact, changes: list[tuple[str, str, str]]):
    """To the office: a contact changed their own details. `changes` are (label, old, new)."""
    subject = _("%(name)s changed their contact details", name=contact.name)
    outbox.to_office(contact.company, "customers/email/details_changed", subject, contact=contact, changes=changes)
