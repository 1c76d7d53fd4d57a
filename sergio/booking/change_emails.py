"""Emails about what customers ask for in their own words, and one email about all appointments of a series."""

from sergio import outbox
from sergio.booking import calendar, labels
from sergio.booking.emails import facts_for_office, said, technician, url_of, what_when_where
from sergio.customers.emails import to_contact
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
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


SERIES = {
    "scheduled": _l("Your appointments are booked"),
    "rearranged": _l("Your appointments have new times"),
    "called_off": _l("Your appointments are canceled"),
}


def about_series(event: str, appointments, message: str):
    """To the customer: a list of appointments of a series, with a file of all of them for their calendar."""
    first = appointments[0]
    company = first.company
    with speaking(company.language):
        file = ("appointments.ics", "text/calendar", calendar.publication(appointments))
        facts = [(_("Service"), first.service.name), (_("Service address"), first.place.address)]
        facts += [
            (_("Repeats"), labels.repeats(first.series)),
            *([technician(first)] if company.shows_technician else []),
        ]
        times = [company.format_moment(each.starts_at) for each in appointments]
        to = first.customer, first.contact, "booking/email/series", str(SERIES[event])
        to_contact(
            *to,
            attachments=[file],
            appointment=first,
            url=url_of(first),
            facts=facts,
            times=times,
            sentences=said(message),
        )


def series_left_out(appointment, reasons: list[str]):
    """To the office: some times of a series without an end are taken, so it has no appointments then."""
    with speaking(appointment.company.language):
        name = appointment.customer.name
        subject = _("%(name)s's series of appointments leaves out a date", name=name)
        about_going_on(appointment, subject, [_("These times of the series are taken:"), *reasons])


def series_ended(appointment):
    """To the office: a series without an end has nobody to do it, or nowhere to go."""
    with speaking(appointment.company.language):
        subject = _("%(name)s's series of appointments has ended", name=appointment.customer.name)
        why = _("Its technician, service, address, or customer is no longer active. What is scheduled stays.")
        about_going_on(appointment, subject, [why])


def about_going_on(appointment, subject: str, sentences: list[str]):
    facts = [(_("Repeats"), labels.repeats(appointment.series)), *facts_for_office(appointment)]
    change = "\n".join(sentences)
    about = {"appointment": appointment, "facts": facts, "change": change}
    outbox.to_office(appointment.company, "booking/email/office", subject, **about)


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
