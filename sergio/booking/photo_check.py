"""Compares the stored files of photos of appointments with their digests, for `sergio doctor`."""

from collections.abc import Iterator

from sqlalchemy import func, select

from sergio.booking.models import Appointment
from sergio.booking.photos import CUSTOMER, FOLDER_OF_CUSTOMERS, LARGE, SIZES, AppointmentPhoto, folder_of, path
from sergio.companies.models import Company
from sergio.database.company_scope import EVERY_COMPANY
from sergio.extensions import db
from sergio.files import check
from sergio.files.models import StoredFile


def differences() -> Iterator[str]:
    """A line for each file of a photo, of any company, that is missing, unreadable or another one, and for each file
    that no photo has.
    """
    photo = AppointmentPhoto
    rows = select(Company.subdomain, photo.company_id, photo.id, photo.kind, photo.digest, Appointment.number)
    rows = rows.outerjoin(Appointment, photo.appointment_id == Appointment.id)
    rows = rows.join(Company, Company.id == photo.company_id).order_by(photo.id)
    for row in db.session.execute(rows, execution_options=EVERY_COMPANY).all():
        for size in SIZES:
            digest = row.digest if size == LARGE else ""
            where = path(folder_of(row.kind, row.number, row.digest), size)
            if wrong := check.wrong_with(row.company_id, where, digest):
                about = f"appointment {row.number}" if row.number else "of a booking"
                yield f"{row.subdomain}, {about}, photo {row.id} ({size}): {wrong}"
    yield from unused()


def unused() -> Iterator[str]:
    """A line for each file of customers' photos that no photo has any more."""
    photo, file = AppointmentPhoto, StoredFile
    inside = file.path.startswith(f"{FOLDER_OF_CUSTOMERS}/")
    digest = func.substr(file.path, len(FOLDER_OF_CUSTOMERS) + 2, photo.digest.type.length)
    same = photo.company_id == file.company_id, photo.kind == CUSTOMER, photo.digest == digest
    rows = select(Company.subdomain, file.path).join(Company, Company.id == file.company_id)
    rows = rows.where(inside, ~select(photo.id).where(*same).exists()).order_by(file.id)
    for row in db.session.execute(rows, execution_options=EVERY_COMPANY):
        yield f"{row.subdomain}: no photo has {row.path}"
