"""Compares the stored files of photos of appointments with their digests, for `sergio doctor`."""

from collections.abc import Iterator

from sqlalchemy import select

from sergio.booking.models import Appointment
from sergio.booking.photos import LARGE, SIZES, AppointmentPhoto, path
from sergio.companies.models import Company
from sergio.database.company_scope import EVERY_COMPANY
from sergio.extensions import db
from sergio.files import check


def differences() -> Iterator[str]:
    """A line for each file of a photo, of any company, that is missing, unreadable or another one."""
    photo = AppointmentPhoto
    rows = select(Company.subdomain, photo.company_id, photo.id, photo.digest, Appointment.number)
    rows = rows.join(Appointment, photo.appointment_id == Appointment.id)
    rows = rows.join(Company, Company.id == photo.company_id).order_by(photo.id)
    for row in db.session.execute(rows, execution_options=EVERY_COMPANY).all():
        for size in SIZES:
            digest = row.digest if size == LARGE else ""
            if wrong := check.wrong_with(row.company_id, path(row.number, row.digest, size), digest):
                yield f"{row.subdomain}, appointment {row.number}, photo {row.id} ({size}): {wrong}"
