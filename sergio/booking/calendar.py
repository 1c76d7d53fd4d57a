"""An appointment as an iCalendar file (RFC 5545; methods RFC 5546), with a stable UID and its own VTIMEZONE."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from flask import current_app

from sergio.booking.statuses import REQUESTED
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.lib.postal import address

PUBLISH, REQUEST, CANCEL = "PUBLISH", "REQUEST", "CANCEL"
GOOGLE = "https://calendar.google.com/calendar/render"
OUTLOOK = "https://outlook.live.com/calendar/0/deeplink/compose"
PRODUCT = "-//Sergio//Appointments//EN"
SEASON = timedelta(days=200)


def invitation(appointment, method: str = PUBLISH) -> str:
    """The calendar file: PUBLISH to download, REQUEST to add or change it by email, CANCEL to remove it."""
    from icalendar import Calendar

    events = [event(appointment, method)]
    calendar = Calendar.new(prodid=PRODUCT, uid=appointment.uid, method=method, subcomponents=events)
    on = appointment.starts_at.date()
    calendar.add_missing_timezones(first_date=on - SEASON, last_date=on + SEASON)
    return calendar.to_ical().decode()


def publication(appointments) -> str:
    """A file with several appointments, to be opened. Messages to calendars have one event each (RFC 5546 3.2)."""
    from icalendar import Calendar

    events = [event(each, PUBLISH) for each in appointments]
    calendar = Calendar.new(prodid=PRODUCT, method=PUBLISH, subcomponents=events)
    days = [each.starts_at.date() for each in appointments]
    calendar.add_missing_timezones(first_date=min(days) - SEASON, last_date=max(days) + SEASON)
    return calendar.to_ical().decode()


def event(appointment, method: str):
    from icalendar import STATUS, Event

    company = appointment.company
    page = company.url(appointment.portal_path)
    approved = STATUS.TENTATIVE if appointment.approval == REQUESTED else STATUS.CONFIRMED
    return Event.new(
        uid=f"{appointment.uid}@sergio",
        sequence=appointment.sequence,
        stamp=clock.now(),
        start=local_time(appointment.starts_at, company.zone),
        end=local_time(appointment.ends_at, company.zone),
        summary=title_of(appointment),
        location=appointment.place.address,
        description=description(appointment, page),
        url=page,
        status=STATUS.CANCELLED if appointment.canceled_at else approved,
        **({} if method == PUBLISH else people(appointment)),
    )


def of_staff(company, rows) -> str:
    """The appointments of a staff member (rows of `feed.appointments`), for their own calendar. All times are UTC."""
    from icalendar import STATUS, Calendar, Event

    events = [
        Event.new(
            uid=f"{row.uid}@sergio",
            sequence=row.sequence,
            stamp=clock.now(),
            start=row.starts_at,
            end=row.ends_at,
            summary=f"{row.service} · {row.customer}",
            location=address(row),
            url=company.url(f"/office/schedule/{row.number}"),
            description=company.url(f"/office/schedule/{row.number}"),
            status=STATUS.TENTATIVE if row.approval == REQUESTED else STATUS.CONFIRMED,
        )
        for row in rows
    ]
    calendar = Calendar.new(
        prodid=PRODUCT,
        method=PUBLISH,
        name=company.name,
        refresh_interval=timedelta(minutes=30),
        subcomponents=events,
    )
    return calendar.to_ical().decode()


def links(appointment) -> list[tuple[str, str]]:
    """Names and URLs of websites of calendars, which open with the appointment filled in."""
    page = appointment.company.url(appointment.portal_path)
    title, place = title_of(appointment), appointment.place.address
    begin, end = (f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}" for at in (appointment.starts_at, appointment.ends_at))
    said = description(appointment, page)
    google = {"action": "TEMPLATE", "text": title, "dates": f"{begin}/{end}", "details": said, "location": place}
    begin, end = (f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" for at in (appointment.starts_at, appointment.ends_at))
    outlook = {"path": "/calendar/action/compose", "rru": "addevent", "subject": title, "startdt": begin, "enddt": end}
    outlook |= {"body": said, "location": place}
    return [
        (_("Google Calendar"), f"{GOOGLE}?{urlencode(google)}"),
        (_("Outlook"), f"{OUTLOOK}?{urlencode(outlook)}"),
    ]


def title_of(appointment) -> str:
    return f"{appointment.service.name} · {appointment.company.name}"


def description(appointment, page: str) -> str:
    """Where to change the appointment, and who comes if customers see that."""
    if not appointment.company.shows_technician:
        return _("Reschedule or cancel: %(page)s", page=page)
    name = appointment.staff.first_name
    return _("Technician: %(name)s. Reschedule or cancel: %(page)s", name=name, page=page)


def people(appointment) -> dict:
    """ORGANIZER and ATTENDEE, which RFC 5546 requires for sending by email. No reply is requested."""
    from icalendar import vCalAddress

    company, contact = appointment.company, appointment.contact
    sender = company.email or current_app.config["SERGIO"].mail_sender
    guests = [vCalAddress.new(contact.email, cn=contact.name, partstat="ACCEPTED", rsvp=False)] if contact.email else []
    return {"organizer": vCalAddress.new(sender, cn=company.name), "attendees": guests}


def local_time(at: datetime, zone) -> datetime:
    """Local time; UTC in the second of two repeated hours, which iCalendar cannot express in local time."""
    local = at.astimezone(zone)
    return at.astimezone(UTC) if local.fold else local
