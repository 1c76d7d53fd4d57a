"""The statuses of an appointment."""

from datetime import datetime

UPCOMING, PAST, DONE, CANCELED = "upcoming", "past", "done", "canceled"


def status_of(appointment, now: datetime) -> str:
    """UPCOMING, PAST, DONE or CANCELED, of an appointment or a row with `canceled_at`, `completed_at` and `ends_at`."""
    if appointment.canceled_at:
        return CANCELED
    if appointment.completed_at:
        return DONE
    return UPCOMING if appointment.ends_at > now else PAST
