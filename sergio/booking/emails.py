"""Emails about appointments to the customer and the office: one function a message."""

from datetime import datetime
from typing import Any

from sergio import outbox
from sergio.auth.document_links import APPOINTMENT, DocumentLink
from sergio.booking import calendar, formats, labels
from sergio.booking.statuses import REQUESTED
from sergio.customers.emails import notify
from sergio.lib import phone
from sergio.lib.language import gettext as _
from sergio.lib.language import speaking
from sergio.outbox.kind import Kind
from sergio.outbox.kinds import (
    APPOINTMENT_BOOKED,
    APPOINTMENT_CANCELED,
    APPOINTMENT_CONFIRMED,
    APPOINTMENT_DECLINED,
    APPOINTMENT_MOVED,
    APPOINTMENT_PROPOSED,
    APPOINTMENT_REASSIGNED,
    APPOINTMENT_REQUESTED,
    APPOINTMENT_SOON,
)


def booked(appointment, now: datetime):
    to_customer(appointment, APPOINTMENT_BOOKED, deadlines(appointment, now))
    with speaking(appointment.company.language):
        ours = _("%(name)s booked an appointment for %(moment)s", **who_and_when(appointment))
        to_office(appointment, ours)


def requested(appointment, now: datetime):
    to_customer(appointment, APPOINTMENT_REQUESTED, deadlines(appointment, now))
    with speaking(appointment.company.language):
        ours = _("%(name)s requests an appointment for %(moment)s", **who_and_when(appointment))
        held = _("The time is held for this customer. Confirm or decline the request.")
        to_office(appointment, ours, f"{labels.area_warning(appointment.area)} {held}".strip())


def confirmed(appointment, now: datetime, other_time: datetime | None):
    """The office accepts a request; `other_time` is the one it had before, if that was another."""
    with speaking(appointment.company.language):
        sentences = [*was_at(appointment, other_time), *deadlines(appointment, now)]
        to_customer(appointment, APPOINTMENT_CONFIRMED, sentences)


def declined(appointment, message: str):
    with speaking(appointment.company.language):
        next_step = _("You can choose another time online. %(reach)s", reach=appointment.company.how_to_reach)
        to_customer(appointment, APPOINTMENT_DECLINED, [*said(message), next_step])


def time_requested(appointment, now: datetime):
    """A customer asks for another time, and keeps the one they have meanwhile."""
    company = appointment.company
    with speaking(company.language):
        wanted, moment = (company.format_moment(at) for at in (appointment.wanted_starts_at, appointment.starts_at))
        kept = _("Your appointment on %(moment)s stays as it is until then.", moment=moment)
        to_customer(appointment, APPOINTMENT_REQUESTED, [kept, *deadlines(appointment, now)], moment=wanted)
        ours = _("%(name)s asks to move an appointment to %(moment)s", name=appointment.customer.name, moment=wanted)
        change = _("It is scheduled for %(moment)s. Both times are held until you answer.", moment=moment)
        to_office(appointment, ours, change)


def time_declined(appointment, now: datetime, wanted: datetime, message: str):
    """The office cannot come at the other time; the appointment stays as it was."""
    company = appointment.company
    with speaking(company.language):
        kept = _("Your appointment on %(moment)s stays as it was.", moment=company.format_moment(appointment.starts_at))
        sentences = [*said(message), kept, *deadlines(appointment, now)]
        to_customer(appointment, APPOINTMENT_DECLINED, sentences, moment=company.format_moment(wanted))


def proposed(appointment, message: str):
    """The office offers other times. Without a calendar file: nothing has changed yet."""
    company = appointment.company
    with speaking(company.language):
        asked = appointment.wanted_starts_at or appointment.starts_at
        values = {"moment": company.format_moment(asked), "title": appointment.service.name}
        facts = {"times": [company.format_moment(at) for at in appointment.proposed_times], "sentences": said(message)}
        about = {"appointment": appointment, "url": url_of(appointment), **facts}
        notify(appointment.customer, appointment.contact, APPOINTMENT_PROPOSED, values, **about)


def scheduled(appointment, now: datetime, message: str):
    """The office has made an appointment."""
    to_customer(appointment, APPOINTMENT_BOOKED, [*said(message), *deadlines(appointment, now)])


def rearranged(appointment, now: datetime, other_time: datetime, message: str):
    """The office has given an appointment another time or length."""
    with speaking(appointment.company.language):
        sentences = [*said(message), *was_at(appointment, other_time), *deadlines(appointment, now)]
        to_customer(appointment, APPOINTMENT_MOVED, sentences)


def reassigned(appointment, now: datetime, message: str = ""):
    """That someone else comes; nothing where customers do not see the technician's name."""
    if appointment.company.shows_technician:
        to_customer(appointment, APPOINTMENT_REASSIGNED, [*said(message), *deadlines(appointment, now)])


def moved(appointment, now: datetime, moved_from: datetime):
    """A customer has moved it; where that needs approval, it was only a request before, too."""
    with speaking(appointment.company.language):
        before = was_at(appointment, moved_from)
        sentences = [*before, *deadlines(appointment, now)]
        if appointment.approval == REQUESTED:
            to_customer(appointment, APPOINTMENT_REQUESTED, sentences)
            ours = _("%(name)s asks to move an appointment to %(moment)s", **who_and_when(appointment))
        else:
            to_customer(appointment, APPOINTMENT_MOVED, sentences)
            ours = _("%(name)s rescheduled an appointment to %(moment)s", **who_and_when(appointment))
        to_office(appointment, ours, " ".join(before))


def canceled(appointment, now: datetime):
    called_off(appointment)
    with speaking(appointment.company.language):
        to_office(appointment, _("%(name)s canceled the appointment on %(moment)s", **who_and_when(appointment)))


def called_off(appointment, message: str = ""):
    """The office has canceled it."""
    to_customer(appointment, APPOINTMENT_CANCELED, said(message))


def coming_up(appointment, now: datetime):
    """A reminder of an appointment that is soon, without a calendar file: nothing has changed."""
    notify_of(appointment, APPOINTMENT_SOON, deadlines(appointment, now))


def who_and_when(appointment) -> dict[str, str]:
    moment = appointment.company.format_moment(appointment.starts_at)
    return {"name": appointment.customer.name, "moment": moment}


def said(message: str) -> list[str]:
    """What the office has written, if anything."""
    return [message] if message else []


def was_at(appointment, other_time: datetime | None) -> list[str]:
    """The sentence about the time before, if that was another one."""
    if other_time in (None, appointment.starts_at):
        return []
    return [_("It was scheduled for %(moment)s.", moment=appointment.company.format_moment(other_time))]


def to_customer(appointment, kind: Kind, sentences: list[str], **values: str):
    """The appointment, with a calendar file that adds, updates or removes it."""
    method = calendar.CANCEL if appointment.canceled_at else calendar.REQUEST
    invitation = ("appointment.ics", f"text/calendar; method={method}", calendar.invitation(appointment, method))
    notify_of(appointment, kind, sentences, attachments=[invitation], **values)


def notify_of(appointment, kind: Kind, sentences: list[str], attachments=(), **values: str):
    """The appointment; `values` are those of the kind's variables that differ from the appointment's own."""
    company = appointment.company
    with speaking(company.language):
        own = {
            "moment": company.format_moment(appointment.starts_at),
            "day": company.format_day(appointment.starts_at),
            "title": appointment.service.name,
            "name": appointment.staff.first_name if company.shows_technician else company.name,
        }
        facts = {"facts": facts_for_customer(appointment), "sentences": sentences, "url": url_of(appointment)}
        about: dict[str, Any] = {"appointment": appointment, "attachments": attachments, **facts}
        notify(appointment.customer, appointment.contact, kind, own | values, **about)


def url_of(appointment) -> str:
    """The link in an email to the customer, which opens the appointment without a sign-in."""
    return DocumentLink.for_email(appointment.customer, appointment.contact, APPOINTMENT, appointment.number)


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
    with speaking(appointment.company.language):
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
