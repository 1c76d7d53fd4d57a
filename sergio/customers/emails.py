"""Emails about customers, and the one function that emails them."""

from flask_babel import force_locale
from flask_babel import gettext as _

from sergio import outbox


def to_contact(customer, person, template: str, subject: str, **context):
    """Email the contact that something concerns, or the customer's first one when they have left (`contact` in the
    template). When nobody is left, the office is told what did not go out.
    """
    company = customer.company
    if contact := customer.contact_for(person):
        outbox.send(company, contact.email, template, subject, contact=contact, **context)
        return
    with force_locale(company.language):
        ours = _("%(name)s has no contact to email", name=customer.name)
    outbox.to_office(company, "customers/email/nobody", ours, customer=customer, unsent=subject)


def details_changed(contact, changes: list[tuple[str, str, str]]):
    """A contact changed their own details. `changes` are (label, old, new)."""
    subject = _("%(name)s changed their contact details", name=contact.name)
    outbox.to_office(contact.company, "customers/email/details_changed", subject, contact=contact, changes=changes)
