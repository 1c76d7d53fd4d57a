"""Emails about what customers ask for in their own words, and one email about all appointments of a series."""

from typing import Any

from sergio import outbox
from sergio.booking import calendar, labels
from sergio.booking.emails import facts_for_office, notify_of, reader_of, said, technician, url_of, who_and_when
from sergio.customers.emails import notify
from sergio.lib.language import OFFICE, speaking
from sergio.lib.language import gettext as _
from sergio.outbox.kinds import APPOINTMENT_ANSWERED, SERIES_BOOKED, SERIES_CANCELED, SERIES_MOVED

SERIES = {"scheduled": SERIES_BOOKED, "rearranged": SERIES_MOVED, "called_off": SERIES_CANCELED}


@speaking(OFFICE)
def asked(appointment, message: str):
    """To the office: a customer asked to move or cancel an appointment that can no longer be changed online."""
    subject = _("%(name)s asked to change the appointment on %(moment)s", **who_and_when(appointment))
    change = _("It is too late to do that online. The appointment stays as it is until you change it.")
    about_work(appointment, subject, [(_("Message"), message)], change)


def replied(appointment, message: str, reply: str):
    """To the customer: what the office writes about that."""
    with speaking(reader_of(appointment)):
        quoted = _("You wrote: %(text)s", text=message)
        notify_of(appointment, APPOINTMENT_ANSWERED, [quoted, appointment.company.how_to_reach], what=reply)


def about_series(event: str, appointments, message: str):
    """To the customer: a list of appointments of a series, with a file of all of them for their calendar."""
    first = appointments[0]
    company = first.company
    with speaking(reader_of(first)):
        facts = [(_("Service"), first.service.name), (_("Service address"), first.place.address)]
        facts += [(_("Repeats"), labels.repeats(first.series))]
        facts += [technician(first)] if company.shows_technician else []
        about: dict[str, Any] = {
            "attachments": [("appointments.ics", "text/calendar", calendar.publication(appointments))],
            "appointment": first,
            "url": url_of(first),
            "facts": facts,
            "times": [company.format_moment(each.starts_at) for each in appointments],
            "sentences": said(message),
        }
        notify(first.customer, first.contact, SERIES[event], **about)


@speaking(OFFICE)
def series_left_out(appointment, reasons: list[str]):
    """To the office: some times of a series without an end are taken, so it has no appointments then."""
    subject = _("%(name)s's series of appointments leaves out a date", name=appointment.customer.name)
    taken = "\n".join([_("These times of the series are taken:"), *reasons])
    about_work(appointment, subject, [(_("Repeats"), labels.repeats(appointment.series))], taken)


@speaking(OFFICE)
def series_ended(appointment):
    """To the office: a series without an end has nobody to do it, or nowhere to go."""
    subject = _("%(name)s's series of appointments has ended", name=appointment.customer.name)
    why = _("Its technician, service, address, or customer is no longer active. Appointments already scheduled stay.")
    about_work(appointment, subject, [(_("Repeats"), labels.repeats(appointment.series))], why)


def about_work(appointment, subject: str, facts: list[tuple[str, str]], change: str):
    """To the office, in the language that is spoken."""
    about = {"appointment": appointment, "facts": [*facts, *facts_for_office(appointment)], "change": change}
    outbox.to_office(appointment.company, "booking/email/office", subject, **about)
