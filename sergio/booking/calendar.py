"""A visit as an iCalendar file (RFC 5545; its methods RFC 5546): stable UID, rising SEQUENCE, its own VTIMEZONE."""

from datetime import UTC, datetime, timedelta

from flask import current_app
from flask_babel import gettext as _

from sergio.lib import clock

PUBLISH, REQUEST, CANCEL = "PUBLISH", "REQUEST", "CANCEL"
SEASON = timedelta(days=200)


def invitation(appointment, method: str = PUBLISH) -> str:
    """The visit for a calendar: PUBLISH to keep, REQUEST to add or change it by mail, CANCEL to take it out again."""
    from icalendar import Calendar

    events = [event(appointment, method)]
    calendar = Calendar.new(prodid="-//Sergio//Visits//EN", uid=appointment.uid, method=method, subcomponents=events)
    on = appointment.starts_at.date()
    calendar.add_missing_timezones(first_date=on - SEASON, last_date=on + SEASON)
    return calendar.to_ical().decode()


def event(appointment, method: str):
    """The visit itself: what, when, where, by whom, and the page to change it on."""
    from icalendar import STATUS, Event

    company = appointment.company
    page = company.url(f"/portal/appointments/{appointment.number}")
    return Event.new(
        uid=f"{appointment.uid}@sergio",
        sequence=appointment.sequence,
        stamp=clock.now(),
        start=on_the_wall(appointment.starts_at, company.zone),
        end=on_the_wall(appointment.ends_at, company.zone),
        summary=f"{appointment.service.name} · {company.name}",
        location=appointment.place.address,
        description=_("%(name)s will come. Move or cancel: %(page)s", name=appointment.staff.first_name, page=page),
        url=page,
        status=STATUS.CANCELLED if appointment.canceled_at else STATUS.CONFIRMED,
        **({} if method == PUBLISH else people(appointment)),
    )


def people(appointment) -> dict:
    """Who asks and who comes, which RFC 5546 wants of anything sent by mail. Nobody needs to answer."""
    from icalendar import vCalAddress

    company, contact = appointment.company, appointment.contact
    sender = company.email or current_app.config["SERGIO"].mail_sender
    guest = vCalAddress.new(contact.email, cn=contact.name, partstat="ACCEPTED", rsvp=False)
    return {"organizer": vCalAddress.new(sender, cn=company.name), "attendees": [guest]}


def on_the_wall(at: datetime, zone) -> datetime:
    """Local time, as calendars like it; in UTC for an hour that comes twice, whose second coming they cannot write."""
    local = at.astimezone(zone)
    return at.astimezone(UTC) if local.fold else local
