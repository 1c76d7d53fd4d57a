"""What the service history shows of the work at an appointment: its photos, and the latest note for the customer."""

from sqlalchemy import Integer, Select, String, Subquery, cast, func, null, select

from sergio.booking.notes import AppointmentNote
from sergio.booking.photos import AppointmentPhoto
from sergio.database.company_scope import COMPANY

APPOINTMENT = "appointment"
"""The kind of the entries that have photos and notes."""
NO_NUMBER = select(cast(null(), Integer))


def with_work(entries: Subquery, work: frozenset[str]) -> Select:
    """The entries of a page; those of appointments with the first of their photos, how many there are, and the latest
    note, as far as these are in `work`.
    """
    photo, note = AppointmentPhoto, AppointmentNote
    photos = is_public(photo, entries)
    notes = select(note.text).where(*is_public(note, entries)).order_by(note.id.desc()).limit(1)
    found = {
        "photo": select(func.min(photo.id)).where(*photos) if "photos" in work else NO_NUMBER,
        "photos": select(func.count(photo.id)).where(*photos) if "photos" in work else NO_NUMBER,
        "note": notes if "notes" in work else select(cast(null(), String)),
    }
    return select(entries, *(each.scalar_subquery().label(name) for name, each in found.items()))


def is_public(table: type[AppointmentPhoto | AppointmentNote], entries: Subquery) -> tuple:
    """The conditions for what customers see of the appointment of an entry."""
    mine = table.company_id == COMPANY, table.appointment_id == entries.c.id
    return (*mine, table.public, entries.c.kind == APPOINTMENT)
