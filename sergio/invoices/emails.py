"""Emails about invoices and statements; when those of an invoice are sent is in `sending`."""

from datetime import datetime
from typing import Any

from sergio.audit.actor import Actor
from sergio.audit.models import record
from sergio.auth.document_links import INVOICE, DocumentLink
from sergio.customers.emails import to_reader
from sergio.customers.roles import BILLING_FIRST
from sergio.lib.language import gettext as _
from sergio.lib.language import speaking
from sergio.lib.refused import Refused
from sergio.outbox.kind import Kind
from sergio.outbox.kinds import INVOICE_DUE_SOON, STATEMENT


def about(invoice, contact, kind: Kind, message: str = "", *, at: datetime):
    """To a contact of the customer: the invoice, a reminder of it, or the link to pay it."""
    company = invoice.company
    with speaking(contact.reads):
        today = kind is INVOICE_DUE_SOON and invoice.due_on == company.day(at)
        values = {
            "number": invoice.reference,
            "title": invoice.title,
            "amount": invoice.money(max(invoice.due, 0)),
            "day": _("today") if today else company.short_day(invoice.due_on),
        }
    facts: dict[str, Any] = {"invoice": invoice, "message": message}
    url = DocumentLink.issue(contact, INVOICE, invoice.number)
    return to_reader(contact, kind, values, url=url, **facts)


def pay_link(invoice) -> str:
    """The address of the page that pays an invoice, for its PDF and to copy; who is not signed in signs in first."""
    return invoice.company.url(f"{invoice.portal_path}/pay")


def statement(customer, period, accounts: list, *, by: Actor, at: datetime) -> str:
    """To the customer: the statement of a period. Returns the address."""
    contact = customer.contact_for(None, BILLING_FIRST)
    if contact is None:
        raise Refused(_("%(name)s has no email address. Add one, then send it.", name=customer.name))
    statement_to(contact, period, accounts)
    days = {"from": period.first.isoformat(), "until": period.last.isoformat()}
    record(customer, "sent_statement", by=by, at=at, after={"to": contact.email, **days})
    return contact.email


def statement_to(contact, period, accounts: list):
    company = contact.company
    with speaking(contact.reads):
        values = {"day": company.short_day(period.first), "until": company.short_day(period.last)}
    to_reader(contact, STATEMENT, values, customer=contact.customer, period=period, accounts=accounts)
