"""Emails about appointments to the customer and the office: one function a message."""

from datetime import datetime

from sergio import outbox
from sergio.auth.document_links import APPOINTMENT, DocumentLink
from sergio.booking import calendar, formats, labels
from sergio.booking.statuses import REQUESTED
from sergio.customers.emails import to_contact
from sergio.lib import phone
from sergio.lib.language import OFFICE, speaking
from sergio.lib.language import gettext as _


def booked(appointment, now: datetime):
    with speaking(reader_of(appointment)):
        subject = _("Your appointment on %(moment)s is booked", moment=starts(appointment))
        to_customer(appointment, subject, deadlines(appointment, now))
    with speaking(OFFICE):
        name = appointment.customer.name
        ours = _("%(name)s booked an appointment for %(moment)s", name=name, moment=starts(appointment))
        to_office(appointment, ours)


def requested(appointment, now: datetime):
    with speaking(reader_of(appointment)):
        subject = _("We received your request for %(moment)s", moment=starts(appointment))
        to_customer(appointment, subject, [to_be_confirmed(), *deadlines(appointment, now)])
    with speaking(OFFICE):
        name = appointment.customer.name
        ours = _("%(name)s requests an appointment for %(moment)s", name=name, moment=starts(appointment))
        held = _("The time is held for this customer. Confirm or decline the request.")
        to_office(appointment, ours, f"{labels.area_warning(appointment.area)} {held}".strip())


def confirmed(appointment, now: datetime, other_time: datetime | None):
    """The office accepts a request; `other_time` is the one it had before, if that was another."""
    with speaking(reader_of(appointment)):
        moment = appointment.company.format_moment(appointment.starts_at)
        subject = _("Your appointment on %(moment)s is confirmed", moment=moment)
        to_customer(appointment, subject, [*was_at(appointment, other_time), *deadlines(appointment, now)])


def declined(appointment, message: str):
    with speaking(reader_of(appointment)):
        moment = appointment.company.format_moment(appointment.starts_at)
        subject = _("We can't come on %(moment)s", moment=moment)
        next_step = _("You can choose another time online. %(reach)s", reach=appointment.company.how_to_reach)
        to_customer(appointment, subject, [*said(message), next_step])


def time_requested(appointment, now: datetime):
    """A customer asks for another time, and keeps the one they have meanwhile."""
    company = appointment.company
    with speaking(reader_of(appointment)):
        subject = _(
            "We received your request for %(moment)s", moment=company.format_moment(appointment.wanted_starts_at)
        )
        kept = _("Your appointment on %(moment)s stays as it is until then.", moment=starts(appointment))
        to_customer(appointment, subject, [to_be_confirmed(), kept, *deadlines(appointment, now)])
    with speaking(OFFICE):
        wanted = company.format_moment(appointment.wanted_starts_at)
        ours = _("%(name)s asks to move an appointment to %(moment)s", name=appointment.customer.name, moment=wanted)
        moment = starts(appointment)
        change = _("It is scheduled for %(moment)s. Both times are held until you answer.", moment=moment)
        to_office(appointment, ours, change)


def time_declined(appointment, now: datetime, wanted: datetime, message: str):
    """The office cannot come at the other time; the appointment stays as it was."""
    company = appointment.company
    with speaking(reader_of(appointment)):
        subject = _("We can't come on %(moment)s", moment=company.format_moment(wanted))
        moment = company.format_moment(appointment.starts_at)
        kept = _("Your appointment on %(moment)s stays as it was.", moment=moment)
        to_customer(appointment, subject, [*said(message), kept, *deadlines(appointment, now)])


def proposed(appointment, message: str):
    """The office offers other times. Without a calendar file: nothing has changed yet."""
    company = appointment.company
    with speaking(reader_of(appointment)):
        asked = appointment.wanted_starts_at or appointment.starts_at
        times = [company.format_moment(at) for at in appointment.proposed_times]
        to_contact(
            appointment.customer,
            appointment.contact,
            "booking/email/proposed",
            _("Choose another time for your appointment"),
            appointment=appointment,
            url=url_of(appointment),
            asked=_("We can't come on %(moment)s. These times would work:", moment=company.format_moment(asked)),
            times=times,
            sentences=said(message),
        )


def scheduled(appointment, now: datetime, message: str):
    """The office has made an appointment."""
    with speaking(reader_of(appointment)):
        moment = appointment.company.format_moment(appointment.starts_at)
        subject = _("Your appointment on %(moment)s is booked", moment=moment)
        to_customer(appointment, subject, [*said(message), *deadlines(appointment, now)])


def rearranged(appointment, now: datetime, other_time: datetime, message: str):
    """The office has given an appointment another time or length."""
    with speaking(reader_of(appointment)):
        moment = appointment.company.format_moment(appointment.starts_at)
        subject = _("Your appointment is now on %(moment)s", moment=moment)
        sentences = [*said(message), *was_at(appointment, other_time), *deadlines(appointment, now)]
        to_customer(appointment, subject, sentences)


def reassigned(appointment, now: datetime, message: str = ""):
    """That someone else comes; nothing where customers do not see the technician's name."""
    if not appointment.company.shows_technician:
        return
    with speaking(reader_of(appointment)):
        moment = appointment.company.format_moment(appointment.starts_at)
        subject = _("%(name)s will come on %(moment)s", name=appointment.staff.first_name, moment=moment)
        change = _("Your appointment has a new technician. Its time has not changed.")
        to_customer(appointment, subject, [*said(message), change, *deadlines(appointment, now)])


def moved(appointment, now: datetime, moved_from: datetime):
    """A customer has moved it; where that needs approval, it was only a request before, too."""
    is_request = appointment.approval == REQUESTED
    with speaking(reader_of(appointment)):
        if is_request:
            subject = _("We received your request for %(moment)s", moment=starts(appointment))
        else:
            subject = _("Your appointment is now on %(moment)s", moment=starts(appointment))
        held = [to_be_confirmed()] if is_request else []
        to_customer(appointment, subject, [*was_at(appointment, moved_from), *held, *deadlines(appointment, now)])
    with speaking(OFFICE):
        facts = {"name": appointment.customer.name, "moment": starts(appointment)}
        asks = _("%(name)s asks to move an appointment to %(moment)s") % facts
        ours = asks if is_request else _("%(name)s rescheduled an appointment to %(moment)s") % facts
        to_office(appointment, ours, " ".join(was_at(appointment, moved_from)))


def canceled(appointment, now: datetime):
    called_off(appointment)
    with speaking(OFFICE):
        name = appointment.customer.name
        ours = _("%(name)s canceled the appointment on %(moment)s", name=name, moment=starts(appointment))
        to_office(appointment, ours)


def called_off(appointment, message: str = ""):
    """The office has canceled it."""
    with speaking(reader_of(appointment)):
        moment = appointment.company.format_moment(appointment.starts_at)
        regret = _("You can book another appointment anytime.")
        subject = _("Your appointment on %(moment)s is canceled", moment=moment)
        to_customer(appointment, subject, [*said(message), regret])


def reader_of(appointment) -> str:
    """The language of the contact who gets the emails."""
    return appointment.customer.language_for(appointment.contact)


def starts(appointment) -> str:
    return appointment.company.format_moment(appointment.starts_at)


def said(message: str) -> list[str]:
    """What the office has written, if anything."""
    return [message] if message else []


def was_at(appointment, other_time: datetime | None) -> list[str]:
    """The sentence about the time before, if that was another one."""
    if other_time in (None, appointment.starts_at):
        return []
    return [_("It was scheduled for %(moment)s.", moment=appointment.company.format_moment(other_time))]


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
        url=url_of(appointment),
        facts=facts_for_customer(appointment),
        sentences=sentences,
    )


def url_of(appointment) -> str:
    """The link in an email to the customer, which opens the appointment without a sign-in."""
    return DocumentLink.for_email(appointment.customer, appointment.contact, APPOINTMENT, appointment.number)


@speaking(OFFICE)
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


def to_be_confirmed() -> str:
    return _("We'll email you as soon as we confirm the time.")


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
