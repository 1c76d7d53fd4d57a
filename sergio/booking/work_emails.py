"""Emails to the customer about the work at an appointment: the technician is on the way, the work is done."""

from datetime import timedelta

from sergio.booking.emails import facts_for_customer, reader_of, url_of
from sergio.customers.emails import to_contact
from sergio.lib.language import gettext as _
from sergio.lib.language import ngettext, speaking


def on_way(appointment, step):
    """To the customer: the technician is on the way, and when they will be there, if they said so."""
    company = appointment.company
    with speaking(reader_of(appointment)):
        name = appointment.staff.first_name if company.shows_technician else company.name
        arrival = company.format_time(step.at + timedelta(minutes=step.minutes or 0))
        expected = [_("Expected at about %(time)s.", time=arrival)] if step.minutes else []
        about_work(appointment, _("%(name)s is on the way", name=name), expected)


def summary(appointment, shown):
    """To the customer: the work is done, with the notes they may see, and where the photos are."""
    with speaking(reader_of(appointment)):
        day = appointment.company.format_day(appointment.starts_at)
        subject = _("Your appointment on %(day)s is done", day=day)
        sentences = [note.text for note in shown.notes]
        if shown.photos and appointment.company.has_portal:
            count = len(shown.photos)
            sentences.append(ngettext("There is %(num)d photo to see.", "There are %(num)d photos to see.", count))
        about_work(appointment, subject, sentences)


def about_work(appointment, subject: str, sentences: list[str]):
    """To the customer, without a calendar file: the appointment has not changed. Nobody is told of a customer without
    an email address, who would not have got more than this.
    """
    if appointment.customer.contact_for(appointment.contact) is None:
        return
    to_contact(
        appointment.customer,
        appointment.contact,
        "booking/email/customer",
        subject,
        appointment=appointment,
        url=url_of(appointment),
        facts=facts_for_customer(appointment),
        sentences=sentences,
    )
