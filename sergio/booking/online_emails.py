"""Emails about booking online: deposits that did not come, new customers, and times offered to who waits."""

from sergio import outbox
from sergio.auth.document_links import OFFER, DocumentLink
from sergio.booking import emails
from sergio.booking.formats import length
from sergio.customers.emails import notify
from sergio.lib import phone
from sergio.lib.language import OFFICE, speaking
from sergio.lib.language import gettext as _
from sergio.outbox.kinds import APPOINTMENT_NOT_BOOKED, TIME_OFFERED


def given_up(appointment, reason: str):
    """Nobody has given what the appointment needed in time."""
    company = appointment.company
    with speaking(emails.reader_of(appointment)):
        values = {"moment": emails.starts(appointment), "title": appointment.service.name, "reason": reason}
        facts, url = [*emails.what_when_where(appointment), (_("Reason"), reason)], company.url("/portal/book")
        notify(appointment.customer, appointment.contact, APPOINTMENT_NOT_BOOKED, values, facts=facts, url=url)


@speaking(OFFICE)
def deposit_left(appointment):
    """To the office: something was paid, or is processing, for an appointment that is not booked any more."""
    invoice = appointment.guarantee.invoice
    subject = _("%(name)s has a deposit without an appointment", name=appointment.customer.name)
    kept = _(
        "The appointment on %(moment)s was canceled before it was booked, but something was paid or is processing for "
        "its deposit, invoice %(number)s. Refund it, or use it for another invoice.",
        moment=emails.starts(appointment),
        number=invoice.reference,
    )
    emails.to_office(appointment, subject, kept)


def new_customer(contact, address: str):
    """To the office: somebody who was no customer has confirmed their email address to book."""
    company = contact.company
    with speaking(OFFICE):
        facts = [
            (_("Customer"), contact.customer.name),
            (_("Email"), contact.email),
            (_("Phone"), phone.national(contact.phone, company.country)),
            (_("Service address"), address),
        ]
        subject = _("New customer: %(name)s", name=contact.customer.name)
        url = company.url(f"/office/customers/{contact.customer.number}")
        outbox.to_office(company, "booking/email/new_customer", subject, facts=facts, url=url)


def offered(entry, hold):
    """A time that suits who waits is free."""
    company = entry.company
    with speaking(entry.customer.language_for(entry.contact)):
        moment = company.format_moment(hold.starts_at)
        facts = [
            (_("Service"), f"{entry.service.name}, {length(entry.service.minutes)}"),
            (_("When"), moment),
            (_("Service address"), entry.place.address),
        ]
        values = {"moment": moment, "title": entry.service.name, "until": company.format_moment(hold.held_until)}
        url = own_link(entry) or company.url("/portal/waitlist")
        notify(entry.customer, entry.contact, TIME_OFFERED, values, facts=facts, url=url)


def own_link(entry) -> str:
    """The URL of a link that takes what is offered, for who waits; empty if somebody else reads the email."""
    reads_it = entry.customer.contact_for(entry.contact) is entry.contact
    return DocumentLink.issue(entry.contact, OFFER, entry.id) if reads_it else ""
