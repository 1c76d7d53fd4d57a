"""Emails about appointments to the customer and the office: one function a message."""

from datetime import datetime

from sergio import outbox
from sergio.booking import calendar, formats, labels
from sergio.customers.emails import to_contact
from sergio.lib import phone
from sergio.lib.language import gettext as _
from sergio.lib.language import speaking


def booked(appointment, now: datetime):
    with speaking(appointment.company.language):
        moment = appointment.company.format_moment(appointment.starts_at)
        ours = _("%(name)s booked an appointment for %(moment)s", name=appointment.customer.name, moment=moment)
        to_customer(
            appointment, _("Your appointment on %(moment)s is booked", moment=moment), deadlines(appointment, now)
        )
        to_office(appointment, ours)


def moved(appointment, moved_from: datetime, now: datetime):
    with speaking(appointment.company.language):
        moment = appointment.company.format_moment(appointment.starts_at)
        change = _("It was scheduled for %(moment)s.", moment=appointment.company.format_moment(moved_from))
        ours = _("%(name)s rescheduled an appointment to %(moment)s", name=appointment.customer.name, moment=moment)
        to_customer(
            appointment,
            _("Your appointment is now on %(moment)s", moment=moment),
            [change, *deadlines(appointment, now)],
        )
        to_office(appointment, ours, change)


def canceled(appointment):
    with speaking(appointment.company.language):
        moment = appointment.company.format_moment(appointment.starts_at)
        ours = _("%(name)s canceled the appointment on %(moment)s", name=appointment.customer.name, moment=moment)
        regret = _("You can book another appointment anytime.")
        to_customer(appointment, _("Your appointment on %(moment)s is canceled", moment=moment), [regret])
        to_office(appointment, ours)


def to_customer(appointment, subject: str, sentences: list[str]):
    """The appointment, with a calendar file that adds, updates or removes it."""
    method = calendar.CANCEL if appointment.canceled_at else calendar.REQUEST
    invitation = ("appointment.ics", f"text/calendar; method={method}", calendar.invitation(appointment, method))
    to_contact(
        appointment.customer,
        appointment.contact,
        "booking/email/customer",
        subject,
        attachments=[invitation],
        appointment=appointment,
        facts=facts_for_customer(appointment),
        sentences=sentences,
    )


def to_office(appointment, subject: str, change: str = ""):
    """The appointment, the customer, their contact and notes; `change` says what the time was before."""
    contact = appointment.contact
    who = [
        (_("Customer"), appointment.customer.name),
        (_("Contact"), contact.name),
        (_("Phone"), phone.national(contact.phone, appointment.company.country)),
    ]
    facts = [*what_when_where(appointment), technician(appointment), *who, (_("Email"), contact.email)]
    outbox.to_office(
        appointment.company, "booking/email/office", subject, appointment=appointment, facts=facts, change=change
    )


def deadlines(appointment, now: datetime) -> list[str]:
    return labels.deadlines(appointment.company, appointment.starts_at, now)


def what_when_where(appointment) -> list[tuple[str, str]]:
    company = appointment.company
    return [
        (_("Service"), appointment.service.name),
        (_("Date"), company.format_day(appointment.starts_at)),
        (_("Time"), formats.span(company, appointment.starts_at, appointment.ends_at)),
        (_("Service address"), appointment.place.address),
    ]


def facts_for_customer(appointment) -> list[tuple[str, str]]:
    """The technician's name is left out where customers do not see it."""
    named = [technician(appointment)] if appointment.company.shows_technician else []
    return what_when_where(appointment) + named


def technician(appointment) -> tuple[str, str]:
    return _("Technician"), appointment.staff.first_name
