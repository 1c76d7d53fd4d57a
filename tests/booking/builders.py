"""Rows for tests of booking."""

from datetime import UTC, datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sergio.audit.actor import CONTACT, STAFF, Actor
from sergio.booking.models import Appointment
from sergio.booking.services import Service
from sergio.customers.models import Contact
from tests.factories import added

NEW_YORK = ZoneInfo("America/New_York")

# (zone, day, local times skipped that day, local times repeated that day), from the 2027 rules of the tz database.
LEAPS = [
    ("America/New_York", (2027, 3, 14), ["02:00", "02:30"], []),
    ("America/New_York", (2027, 11, 7), [], ["01:00", "01:30"]),
    ("America/St_Johns", (2027, 3, 14), ["02:00", "02:30"], []),
    ("America/St_Johns", (2027, 11, 7), [], ["01:00", "01:30"]),
    ("America/Santiago", (2027, 9, 5), ["00:00", "00:30"], []),
    ("America/Santiago", (2027, 4, 3), [], ["23:00", "23:30"]),
    ("America/Havana", (2027, 3, 14), ["00:00", "00:30"], []),
    ("America/Havana", (2027, 11, 7), [], ["00:00", "00:30"]),
    ("America/Nuuk", (2027, 3, 27), ["23:00", "23:30"], []),
    ("America/Nuuk", (2027, 10, 30), [], ["23:00", "23:30"]),
    ("Europe/London", (2027, 3, 28), ["01:00", "01:30"], []),
    ("Europe/London", (2027, 10, 31), [], ["01:00", "01:30"]),
    ("Atlantic/Azores", (2027, 3, 28), ["00:00", "00:30"], []),
    ("Atlantic/Azores", (2027, 10, 31), [], ["00:00", "00:30"]),
    ("Africa/Cairo", (2027, 4, 30), ["00:00", "00:30"], []),
    ("Africa/Cairo", (2027, 10, 28), [], ["23:00", "23:30"]),
    ("Asia/Beirut", (2027, 3, 28), ["00:00", "00:30"], []),
    ("Asia/Beirut", (2027, 10, 30), [], ["23:00", "23:30"]),
    ("Australia/Lord_Howe", (2027, 10, 3), ["02:00"], []),
    ("Australia/Lord_Howe", (2027, 4, 4), [], ["01:30"]),
    ("Pacific/Chatham", (2027, 9, 26), ["03:00", "03:30"], []),
    ("Pacific/Chatham", (2027, 4, 4), [], ["03:00", "03:30"]),
    ("Antarctica/Troll", (2027, 3, 28), ["01:00", "01:30", "02:00", "02:30"], []),
    ("Antarctica/Troll", (2027, 10, 31), [], ["01:00", "01:30", "02:00", "02:30"]),
]


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A local time in New York in November 2026; Monday is the 23rd, Wednesday the 25th."""
    return datetime(2026, 11, day, hour, minute, tzinfo=NEW_YORK).astimezone(UTC)


MONDAY = at(23, 8)


def service(company, name: str, **more) -> Service:
    return added(Service(company=company, number=company.next_number("service"), name=name, **{"minutes": 60, **more}))


def appointment(service: Service, contact, staff, starts_at: datetime, **more) -> Appointment:
    """An appointment in the calendar of `staff`, whatever the rules of booking say."""
    place = contact.customer.properties[0]
    how = {"by": more.pop("by", actor(contact)), "now": more.pop("created_at", MONDAY)}
    return Appointment.schedule(service, contact, place, starts_at, [staff.id], **how, **more)


def actor(person) -> Actor:
    """A contact or staff member, as verbs take them."""
    return Actor(CONTACT if isinstance(person, Contact) else STAFF, person.name, person.id)


def choice(service: Service, contact, starts_at: datetime | None = None, **more) -> dict:
    """The query arguments and form fields of booking."""
    fields = {"service": service.number, "place": contact.customer.properties[0].number, **more}
    return fields | ({"at": f"{starts_at:%Y-%m-%dT%H:%M:%SZ}"} if starts_at else {})


def address(step: str, service: Service, contact, starts_at: datetime | None = None, **more) -> str:
    """The URL of a step of booking."""
    return f"/portal/book/{step}?{urlencode(choice(service, contact, starts_at, **more))}"
