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
    """UPCOMING, REQUESTED, PAST, DONE, CANCELED or DECLINED, of an appointment or a row with `canceled_at`,
    `completed_at`, `ends_at` and `approval`.
    """
    if appointment.canceled_at:
        return DECLINED if appointment.approval == DECLINED else CANCELED
    if appointment.completed_at:
        return DONE
    if appointment.ends_at <= now:
        return PAST
    return REQUESTED if appointment.approval == REQUESTED else UPCOMING
