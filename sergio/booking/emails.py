"""Emails about appointments to the customer and the office: one function a message."""

from datetime import datetime
from typing import Any

from sergio import outbox
from sergio.auth.document_links import APPOINTMENT, DocumentLink
from sergio.booking import calendar, formats, labels
from sergio.booking.statuses import REQUESTED
from sergio.customers.emails import notify
from sergio.lib import phone
from sergio.lib.language import OFFICE, speaking
from sergio.lib.language import gettext as _
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
    with speaking(OFFICE):
        to_office(appointment, _("%(name)s booked an appointment for %(moment)s", **who_and_when(appointment)))


def requested(appointment, now: datetime):
    to_customer(appointment, APPOINTMENT_REQUESTED, deadlines(appointment, now))
    with speaking(OFFICE):
        ours = _("%(name)s requested an appointment for %(moment)s", **who_and_when(appointment))
        held = _("The time is held for this customer. Confirm or decline the request.")
        to_office(appointment, ours, f"{labels.place_warning(appointment)} {held}".strip())


def confirmed(appointment, now: datetime, other_time: datetime | None):
    """The office accepts a request; `other_time` is the one it had before, if that was another."""
    with speaking(reader_of(appointment)):
        sentences = [*was_at(appointment, other_time), *deadlines(appointment, now)]
        to_customer(appointment, APPOINTMENT_CONFIRMED, sentences)


def declined(appointment, message: str):
    with speaking(reader_of(appointment)):
        next_step = _("You can choose another time online. %(reach)s", reach=appointment.company.how_to_reach)
        to_customer(appointment, APPOINTMENT_DECLINED, [*said(message), next_step])


def time_requested(appointment, now: datetime):
    """A customer asks for another time, and keeps the one they have meanwhile."""
    company = appointment.company
    with speaking(reader_of(appointment)):
        wanted = company.format_moment(appointment.wanted_starts_at)
        kept = _("Your appointment on %(moment)s stays as it is until then.", moment=starts(appointment))
        to_customer(appointment, APPOINTMENT_REQUESTED, [kept, *deadlines(appointment, now)], moment=wanted)
    with speaking(OFFICE):
        wanted = company.format_moment(appointment.wanted_starts_at)
        ours = _("%(name)s asked to move an appointment to %(moment)s", name=appointment.customer.name, moment=wanted)
        change = _("It is scheduled for %(moment)s. Both times are held until you answer.", moment=starts(appointment))
        to_office(appointment, ours, change)


def time_declined(appointment, now: datetime, wanted: datetime, message: str):
    """The office cannot come at the other time; the appointment stays as it was."""
    with speaking(reader_of(appointment)):
        kept = _("Your appointment on %(moment)s stays as it was.", moment=starts(appointment))
        sentences = [*said(message), kept, *deadlines(appointment, now)]
        moment = appointment.company.format_moment(wanted)
        to_customer(appointment, APPOINTMENT_DECLINED, sentences, moment=moment)


def proposed(appointment, message: str):
    """The office offers other times. Without a calendar file: nothing has changed yet."""
    company = appointment.company
    with speaking(reader_of(appointment)):
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
    with speaking(reader_of(appointment)):
        sentences = [*said(message), *was_at(appointment, other_time), *deadlines(appointment, now)]
        to_customer(appointment, APPOINTMENT_MOVED, sentences)


def reassigned(appointment, now: datetime, message: str = ""):
    """That someone else comes; nothing where customers do not see the technician's name."""
    if appointment.company.shows_technician:
        to_customer(appointment, APPOINTMENT_REASSIGNED, [*said(message), *deadlines(appointment, now)])


def moved(appointment, now: datetime, moved_from: datetime):
    """A customer has moved it; where that needs approval, it was only a request before, too."""
    is_request = appointment.approval == REQUESTED
    with speaking(reader_of(appointment)):
        sentences = [*was_at(appointment, moved_from), *deadlines(appointment, now)]
        to_customer(appointment, APPOINTMENT_REQUESTED if is_request else APPOINTMENT_MOVED, sentences)
    with speaking(OFFICE):
        asks = _("%(name)s asked to move an appointment to %(moment)s", **who_and_when(appointment))
        moves = _("%(name)s rescheduled an appointment to %(moment)s", **who_and_when(appointment))
        to_office(appointment, asks if is_request else moves, " ".join(was_at(appointment, moved_from)))


def canceled(appointment, now: datetime):
    called_off(appointment)
    with speaking(OFFICE):
        subject = _("%(name)s canceled the appointment on %(moment)s", **who_and_when(appointment))
        to_office(appointment, subject, deposit_kept(appointment))


def deposit_kept(appointment) -> str:
    """What the office has of the deposit of an appointment that was booked; of others, see `deposit_left`."""
    needed = appointment.guarantee
    invoice = needed.invoice if needed and needed.given_at else None
    if invoice is None or not (invoice.paid or invoice.clearing_since):
        return ""
    return _(
        "Its deposit, invoice %(number)s, was paid or is processing. Refund it, or use it for another invoice.",
        number=invoice.reference,
    )


def called_off(appointment, message: str = ""):
    """The office has canceled it."""
    to_customer(appointment, APPOINTMENT_CANCELED, said(message))


def coming_up(appointment, now: datetime):
    """A reminder of an appointment that is soon, without a calendar file: nothing has changed."""
    with speaking(reader_of(appointment)):
        reach = _("Need to change something? %(reach)s", reach=appointment.company.how_to_reach)
        notify_of(appointment, APPOINTMENT_SOON, deadlines(appointment, now) or [reach])


def who_and_when(appointment) -> dict[str, str]:
    return {"name": appointment.customer.name, "moment": starts(appointment)}


def starts(appointment) -> str:
    return appointment.company.format_moment(appointment.starts_at)


def reader_of(appointment) -> str:
    """The language of the contact who gets the emails."""
    return appointment.customer.language_for(appointment.contact)


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
    with speaking(reader_of(appointment)):
        file = calendar.invitation(appointment, method)
    invitation = ("appointment.ics", f"text/calendar; method={method}", file)
    notify_of(appointment, kind, sentences, attachments=[invitation], **values)


def notify_of(appointment, kind: Kind, sentences: list[str], attachments=(), **values: str):
    """The appointment; `values` are those of the kind's variables that differ from the appointment's own."""
    company = appointment.company
    with speaking(reader_of(appointment)):
        own = {
            "moment": starts(appointment),
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


@speaking(OFFICE)
def to_office(appointment, subject: str, change: str = ""):
    """The appointment, the customer, their contact and notes; `change` says what the time was before, and the like."""
    facts = facts_for_office(appointment)
    outbox.to_office(
        appointment.company, "booking/email/office", subject, appointment=appointment, facts=facts, change=change
    )


def facts_for_office(appointment) -> list[tuple[str, str]]:
    contact = appointment.contact
    who = [
        (_("Customer"), appointment.customer.name),
        (_("Contact"), contact.name),
        (_("Phone"), phone.national(contact.phone, appointment.company.country)),
    ]
    return [*what_when_where(appointment), technician(appointment), *who, (_("Email"), contact.email)]


def deadlines(appointment, now: datetime) -> list[str]:
    with speaking(reader_of(appointment)):
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
