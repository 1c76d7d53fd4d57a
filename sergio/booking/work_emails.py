"""Emails to the customer about the work at an appointment: the technician is on the way, the work is done.

They are without a calendar file, since the appointment has not changed. Nobody is told of a customer without an email
address, who would not have got more than this.
"""

from datetime import timedelta

from sergio.booking.emails import notify_of, reader_of
from sergio.lib.language import gettext as _
from sergio.lib.language import ngettext, speaking
from sergio.outbox.kind import Kind
from sergio.outbox.kinds import ON_THE_WAY, WORK_DONE


def on_way(appointment, step):
    """To the customer: the technician is on the way, and when they will be there, if they said so."""
    company = appointment.company
    with speaking(reader_of(appointment)):
        time = company.format_time(step.at + timedelta(minutes=step.minutes or 0))
        arrival = _("Expected at about %(time)s.", time=time) if step.minutes else ""
        about_work(appointment, ON_THE_WAY, [], arrival=arrival)


def summary(appointment, shown):
    """To the customer: the work is done, with the notes they may see, and where the photos are."""
    with speaking(reader_of(appointment)):
        sentences = [note.text for note in shown.notes]
        if shown.photos and appointment.company.has_portal:
            count = len(shown.photos)
            sentences.append(ngettext("There is %(num)d photo to see.", "There are %(num)d photos to see.", count))
        about_work(appointment, WORK_DONE, sentences)


def about_work(appointment, kind: Kind, sentences: list[str], **values: str):
    if appointment.customer.contact_for(appointment.contact):
        notify_of(appointment, kind, sentences, **values)
