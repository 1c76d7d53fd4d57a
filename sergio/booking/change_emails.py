"""Emails about what customers ask for in their own words."""

from sergio import outbox
from sergio.booking.emails import facts_for_office, url_of, what_when_where
from sergio.customers.emails import to_contact
from sergio.lib.language import gettext as _
from sergio.lib.language import speaking


def asked(appointment, message: str):
    """To the office: a customer asks to move or cancel an appointment that can no longer be changed online."""
    company = appointment.company
    with speaking(company.language):
        moment = company.format_moment(appointment.starts_at)
        name = appointment.customer.name
        subject = _("%(name)s asks to change the appointment on %(moment)s", name=name, moment=moment)
        facts = [(_("Message"), message), *facts_for_office(appointment)]
        change = _("It is too late to do that online. The appointment stays as it is until you change it.")
        about = {"appointment": appointment, "facts": facts, "change": change}
        outbox.to_office(company, "booking/email/office", subject, **about)


def replied(appointment, message: str, reply: str):
    """To the customer: what the office writes about that."""
    company = appointment.company
    with speaking(company.language):
        moment = company.format_moment(appointment.starts_at)
        subject = _("About your appointment on %(moment)s", moment=moment)
        to_contact(
            appointment.customer,
            appointment.contact,
            "booking/email/customer",
            subject,
            appointment=appointment,
            url=url_of(appointment),
            facts=[(_("You wrote"), message), (_("Our answer"), reply), *what_when_where(appointment)],
            sentences=[company.how_to_reach],
        )
