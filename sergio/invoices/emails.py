"""Emails about a customer's account; those of one invoice are in `sending`."""

from datetime import datetime
from typing import Any

from sergio import outbox
from sergio.audit.actor import Actor
from sergio.audit.models import record
from sergio.customers.roles import BILLING_FIRST
from sergio.lib.language import gettext as _
from sergio.lib.language import speaking
from sergio.lib.refused import Refused


def statement(customer, period, accounts: list, *, by: Actor, at: datetime) -> str:
    """To the customer: the statement of a period. Returns the address."""
    company, contact = customer.company, customer.contact_for(None, BILLING_FIRST)
    if contact is None:
        raise Refused(_("%(name)s has no email address. Add one, then send it.", name=customer.name))
    facts: dict[str, Any] = {"customer": customer, "contact": contact, "period": period, "accounts": accounts}
    with speaking(contact.reads):
        subject = _("Your statement from %(company)s", company=company.name)
        outbox.send(company, contact.email, "invoices/email/statement", subject, **facts)
    days = {"from": period.first.isoformat(), "until": period.last.isoformat()}
    record(customer, "sent_statement", by=by, at=at, after={"to": contact.email, **days})
    return contact.email
