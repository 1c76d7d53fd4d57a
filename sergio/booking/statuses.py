"""The statuses of an appointment."""

from datetime import datetime

from sergio.service_area.coverage import OUT, UNKNOWN

UPCOMING, PAST, DONE, CANCELED = "upcoming", "past", "done", "canceled"
REQUESTED, CONFIRMED, DECLINED = "requested", "confirmed", "declined"
APPROVALS = ("", REQUESTED, CONFIRMED, DECLINED)
"""What an appointment needs or has of the company's approval; empty if it needs none."""
AREAS = ("", OUT, UNKNOWN)
"""Why an online booking is a request: its address is outside the service area, or nobody could tell; else empty."""


def status_of(appointment, now: datetime) -> str:
    """The status of an appointment or a row with these four."""
    facts = appointment.canceled_at, appointment.completed_at, appointment.ends_at, appointment.approval
    return status_from(*facts, now)


def status_from(
    canceled_at: datetime | None, completed_at: datetime | None, ends_at: datetime, approval: str, now: datetime
) -> str:
    """UPCOMING, REQUESTED, PAST, DONE, CANCELED or DECLINED."""
    if canceled_at:
        return DECLINED if approval == DECLINED else CANCELED
    if completed_at:
        return DONE
    if ends_at <= now:
        return PAST
    return REQUESTED if approval == REQUESTED else UPCOMING
