"""The quarter hours each staff member is booked for. Their unique key makes double booking impossible."""

from collections.abc import Set
from datetime import datetime
from functools import cache
from importlib import import_module

from sqlalchemy import Index, delete, not_, or_, select, tuple_
from sqlalchemy.orm import Mapped, mapped_column

from sergio.booking.slots import QUARTER, epoch_minute
from sergio.database.company_scope import CompanyOwned, within_company
from sergio.extensions import Model, db
from sergio.lib.refused import Refused


class AppointmentSlice(CompanyOwned, Model):
    """One quarter hour (counted since 1970) of one staff member, taken by one appointment."""

    __table_args__ = (
        Index(None, "company_id", "appointment_id"),
        *within_company(staff_id="staff_member", appointment_id="appointment"),
    )

    staff_id: Mapped[int] = mapped_column(primary_key=True)
    quarter_hour: Mapped[int] = mapped_column(primary_key=True)
    appointment_id: Mapped[int] = mapped_column()


class Taken(Refused):
    """Another appointment has just taken the time."""


Span = tuple[int, range]
"""A staff id, and quarter hours in a row."""


def hold(appointment, staff_ids: list[int], wanted: range, kept: Set = frozenset()) -> int | None:
    """Take the quarter hours `wanted` for the appointment from the first of `staff_ids` who has all of them free.

    Returns that staff member's id; None, with nothing changed, if none has. `kept` are the quarter hours it already has
    (`held_quarters`). New ones are taken in order of time, and before old ones are released (`release_but`), so that
    two appointments that swap their times never deadlock.
    """
    for staff_id in staff_ids:
        pairs = {(staff_id, quarter) for quarter in wanted}
        if take(appointment, sorted(pairs - kept)):
            return staff_id
    return None


def held_quarters(appointment) -> set[tuple[int, int]]:
    """The pairs (staff id, quarter hour) that an appointment has."""
    held = select(AppointmentSlice.staff_id, AppointmentSlice.quarter_hour)
    return {tuple(row) for row in db.session.execute(held.where(*of(appointment)))}


def take(appointment, pairs: list[tuple[int, int]]) -> bool:
    """Take these pairs (staff id, quarter hour): all of them, or none and return False if one is taken."""
    rows = [
        {
            "company_id": appointment.company_id,
            "appointment_id": appointment.id,
            "staff_id": staff_id,
            "quarter_hour": quarter,
        }
        for staff_id, quarter in pairs
    ]
    connection = db.session.connection()
    if not rows or connection.execute(insert_free(connection.dialect.name), rows).rowcount == len(rows):
        return True
    release(appointment, tuple_(AppointmentSlice.staff_id, AppointmentSlice.quarter_hour).in_(pairs))
    return False


def release(appointment, *which):
    """Free the appointment's quarter hours, or those that match the conditions."""
    query = delete(AppointmentSlice).where(*of(appointment), *which)
    db.session.execute(query.execution_options(synchronize_session=False))


def release_but(appointment, *spans: Span):
    """Free the appointment's quarter hours that are in none of these."""
    release(appointment, not_(or_(*(is_within(*span) for span in spans))))


def of(appointment) -> tuple:
    """The conditions for the quarter hours of an appointment."""
    slices = AppointmentSlice
    return slices.company_id == appointment.company_id, slices.appointment_id == appointment.id


def is_within(staff_id: int, quarters: range):
    """The condition for one staff member's quarter hours in a range."""
    return (AppointmentSlice.staff_id == staff_id) & AppointmentSlice.quarter_hour.between(quarters[0], quarters[-1])


@cache
def insert_free(dialect: str):
    """The statement that takes those quarter hours that nobody has."""
    insert = import_module(f"sqlalchemy.dialects.{dialect}").insert(AppointmentSlice).on_conflict_do_nothing()
    return insert.execution_options(preserve_rowcount=True)


def quarters(appointment) -> range:
    """The quarter hours of an appointment and the buffer after it."""
    return quarters_between(appointment.starts_at, appointment.free_at)


def quarters_between(begin: datetime, end: datetime) -> range:
    return range(epoch_minute(begin) // QUARTER, -(-epoch_minute(end) // QUARTER))
