"""Rows for tests of booking."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sergio.booking.models import Appointment
from sergio.booking.services import Service
from tests.factories import added

NEW_YORK = ZoneInfo("America/New_York")
MONDAY = datetime(2026, 11, 23, 8, tzinfo=NEW_YORK).astimezone(UTC)


def service(company, name: str, **more) -> Service:
    return added(Service(company=company, number=company.next_number("service"), name=name, **{"minutes": 60, **more}))


def visit(service: Service, contact, staff, starts_at: datetime, **more) -> Appointment:
    """A visit in the calendar of `staff`, put there without asking any rule."""
    more = {"created_at": MONDAY, **more}
    return Appointment.plan(service, contact, contact.customer.properties[0], starts_at, [staff.id], **more)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A time in November 2026 (30 + n is December n) on the wall in New York; Monday is the 23rd."""
    month, day = (12, day - 30) if day > 30 else (11, day)
    return datetime(2026, month, day, hour, minute, tzinfo=NEW_YORK).astimezone(UTC)
