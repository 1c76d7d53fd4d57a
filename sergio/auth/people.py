"""What a customer does with their own people: inviting them, changing what they can do, removing them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from sergio.audit.actor import Actor
from sergio.auth import emails
from sergio.auth.invitations import PortalInvitation
from sergio.customers.models import Contact, Customer
from sergio.customers.roles import LABELS, LIMITED, PEOPLE, may
from sergio.extensions import db
from sergio.lib.language import OFFICE, speaking
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused

MOST = 20
"""Contacts of a customer who are there, when they invite another one."""


def invite(inviter: Contact, *, name: str, email: str, access: Mapping[str, Any], by: Actor, at: datetime) -> Contact:
    """Add a contact and email them an invitation. `access` has the columns of `Contact` that say what they may do."""
    customer = locked(inviter)
    if len(customer.present_contacts) >= MOST:
        raise Refused(f"{_('You already invited many people.')} {customer.company.how_to_reach}")
    contact = customer.add_contact(name, email=email, **access, by=by, at=at)
    db.session.flush()
    PortalInvitation.email_to(contact, db.session.scalar(PortalInvitation.current(contact)), by=by, at=at)
    with speaking(OFFICE):
        what = _("%(name)s (%(email)s) was invited: %(role)s.", name=name, email=email, role=described(contact))
    emails.people_changed(contact, what, by.name)
    return contact


def change_access(contact: Contact, inviter: Contact, access: Mapping[str, Any], *, by: Actor, at: datetime):
    """Let one of the inviter's people do more or less from now on. Needs the customer's lock."""
    refuse_own(contact, inviter)
    with speaking(OFFICE):
        before = described(contact)
    contact.change(**access, by=by, at=at)
    with speaking(OFFICE):
        facts = {"name": contact.name, "before": before, "after": described(contact)}
        what = _("%(name)s's access changed from “%(before)s” to “%(after)s.”") % facts
    if facts["after"] != before:
        emails.people_changed(contact, what, by.name)


def remove(contact: Contact, inviter: Contact, *, by: Actor, at: datetime):
    """Let one of the inviter's people no longer sign in. Needs the customer's lock."""
    refuse_own(contact, inviter)
    contact.leave(by=by, at=at)
    with speaking(OFFICE):
        what = _("%(name)s was removed.", name=contact.name)
    emails.people_changed(contact, what, by.name)


def locked(inviter: Contact) -> Customer:
    """Their customer, locked; `Refused` if the inviter may no longer do this, as is known only under the lock."""
    customer = inviter.customer
    customer.lock()
    role, left_at = db.session.execute(
        select(Contact.role, Contact.left_at).where(Contact.company_id == customer.company_id, Contact.id == inviter.id)
    ).one()
    if left_at or not may(role, PEOPLE):
        raise Refused(_("You can no longer change who uses this account."))
    return customer


def refuse_own(contact: Contact, inviter: Contact):
    if contact is inviter:
        raise Refused(_("Ask somebody else of your people, or us, to change what you can do."))


def described(contact: Contact) -> str:
    """ "Up to a limit, $500.00 a day"."""
    label = str(LABELS[contact.role])
    if contact.role != LIMITED:
        return label
    return _("%(role)s, %(limit)s a day", role=label, limit=contact.limit)
