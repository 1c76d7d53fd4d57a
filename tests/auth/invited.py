"""Invitations for tests: sending one, reading its link, and the states of a contact."""

import re

from sqlalchemy import select

from sergio.auth.invitations import PortalInvitation
from sergio.outbox.models import OutgoingEmail

LINK = re.compile(r"https://[^/\s]+(/portal/invitation/\S+)")


def invite(browser, contact, instead_of=0, **kwargs):
    """Press the button of the contact's page in the office."""
    path = f"/office/customers/{contact.customer.number}/contacts/{contact.id}/invitation"
    return browser.post(path, {"instead_of": instead_of}, **kwargs)


def newest_email(session) -> OutgoingEmail:
    session.rollback()
    return session.scalars(select(OutgoingEmail).order_by(OutgoingEmail.id.desc())).first()


def link_in(email: OutgoingEmail) -> str:
    """The path of the link in an invitation that was not sent yet."""
    return LINK.search(email.text)[1]


def invitations(session) -> list[PortalInvitation]:
    session.rollback()
    return list(session.scalars(select(PortalInvitation).order_by(PortalInvitation.id)))


def access(browser, contact) -> str:
    """What the office sees of a customer's access to the portal."""
    response = browser.get(f"/office/customers/{contact.customer.number}/portal-access")
    assert response.status_code == 200
    return response.text
