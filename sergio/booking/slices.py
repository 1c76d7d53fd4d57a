"""The quarter hours each staff member is booked or held for. Their unique key makes double booking impossible."""

from collections.abc import Set
from datetime import datetime
from functools import cache
from importlib import import_module
from typing import Any

from sqlalchemy import CheckConstraint, Index, delete, not_, or_, select, text, tuple_, update
from sqlalchemy.orm import Mapped, mapped_column

from sergio.booking.slots import QUARTER, epoch_minute
from sergio.database.company_scope import CompanyOwned, within_company
from sergio.extensions import Model, db
from sergio.lib.refused import Refused

OF_HOLD = text("hold_id IS NOT NULL")


class AppointmentSlice(CompanyOwned, Model):
    """One quarter hour (counted since 1970) of one staff member, taken by one appointment, or until `held_until` by one
    hold: once that has passed, anybody may free it.
    """

    __table_args__ = (
        CheckConstraint("(appointment_id IS NULL) = (hold_id IS NOT NULL)", name="taken_by_one"),
        CheckConstraint("(hold_id IS NULL) = (held_until IS NULL)", name="held_until_then"),
        Index(None, "company_id", "appointment_id"),
        Index("ix_appointment_slice_hold", "company_id", "hold_id", sqlite_where=OF_HOLD),
        *within_company(staff_id="staff_member", appointment_id="appointment", hold_id="booking_hold"),
    )

    staff_id: Mapped[int] = mapped_column(primary_key=True)
    quarter_hour: Mapped[int] = mapped_column(primary_key=True)
    appointment_id: Mapped[int | None] = mapped_column()
    hold_id: Mapped[int | None] = mapped_column()
    held_until: Mapped[datetime | None]


class Taken(Refused):
    """Another appointment has just taken the time."""


Span = tuple[int, range]
"""A staff id, and quarter hours in a row."""


def hold(owner, staff_ids: list[int], wanted: range, kept: Set = frozenset(), *, now: datetime) -> int | None:
    """Take the quarter hours `wanted` for an appointment or a hold from the first of `staff_ids` who has all of them
    free, or taken by holds that have expired.

    Returns that staff member's id; None, with nothing changed, if none has. `kept` are the quarter hours it already has
    (`held_quarters`). New ones are taken in order of time, and before old ones are released (`release_but`), so that
    two appointments that swap their times never deadlock.
    """
    for staff_id in staff_ids:
        pairs = sorted({(staff_id, quarter) for quarter in wanted} - kept)
        if take(owner, pairs) or (free_expired(owner, staff_id, wanted, now) and take(owner, pairs)):
            return staff_id
    return None


def free_expired(owner, staff_id: int, wanted: range, now: datetime) -> int:
    """Free those of the quarter hours that holds of others had until now; return how many."""
    expired = delete(AppointmentSlice).where(
        AppointmentSlice.company_id == owner.company_id, AppointmentSlice.held_until <= now
    )
    return changed(expired.where(is_within(staff_id, wanted)))


def take_over(owner, hold) -> set[tuple[int, int]]:
    """Give the quarter hours of a hold to its appointment; returns them as pairs (staff id, quarter hour)."""
    moved = {"appointment_id": owner.id, "hold_id": None, "held_until": None}
    changed(update(AppointmentSlice).where(*of(hold)).values(**moved))
    return held_quarters(owner)


def prolong(hold) -> int:
    """Keep the quarter hours of a hold until its `held_until`; returns how many it has."""
    return changed(update(AppointmentSlice).where(*of(hold)).values(held_until=hold.held_until))


def changed(statement) -> int:
    """Execute it, and return how many rows it has changed."""
    result: Any = db.session.execute(statement.execution_options(synchronize_session=False))
    return result.rowcount


def held_quarters(owner) -> set[tuple[int, int]]:
    """The pairs (staff id, quarter hour) that an appointment or a hold has."""
    held = select(AppointmentSlice.staff_id, AppointmentSlice.quarter_hour)
    return {tuple(row) for row in db.session.execute(held.where(*of(owner)))}


def take(owner, pairs: list[tuple[int, int]]) -> bool:
    """Take these pairs (staff id, quarter hour): all of them, or none and return False if one is taken."""
    whose = {"company_id": owner.company_id, **whose_columns(owner)}
    rows = [whose | {"staff_id": staff_id, "quarter_hour": quarter} for staff_id, quarter in pairs]
    connection = db.session.connection()
    taken = connection.execute(insert_free(connection.dialect.name), rows).rowcount if rows else 0
    if 0 < taken < len(rows):
        release(owner, tuple_(AppointmentSlice.staff_id, AppointmentSlice.quarter_hour).in_(pairs))
    return taken == len(rows)


def release(owner, *which):
    """Free the quarter hours of an appointment or a hold, or those of them that match the conditions."""
    changed(delete(AppointmentSlice).where(*of(owner), *which))


def release_but(owner, *spans: Span):
    """Free those of its quarter hours that are in none of these."""
    release(owner, not_(or_(*(is_within(*span) for span in spans))))


def of(owner) -> tuple:
    """The conditions for the quarter hours of an appointment or a hold."""
    column = AppointmentSlice.hold_id if is_hold(owner) else AppointmentSlice.appointment_id
    return AppointmentSlice.company_id == owner.company_id, column == owner.id


def whose_columns(owner) -> dict:
    """The columns that say who has a quarter hour, each with a value."""
    if is_hold(owner):
        return {"hold_id": owner.id, "held_until": owner.held_until, "appointment_id": None}
    return {"hold_id": None, "held_until": None, "appointment_id": owner.id}


def is_hold(owner) -> bool:
    """Whether it is a hold, which stands above this module, and not an appointment."""
    return owner.__tablename__ == "booking_hold"


def is_within(staff_id: int, quarters: range):
    """The condition for one staff member's quarter hours in a range."""
    return (AppointmentSlice.staff_id == staff_id) & AppointmentSlice.quarter_hour.between(quarters[0], quarters[-1])


@cache
def insert_free(dialect: str):
    """The statement that takes those quarter hours that nobody has."""
    insert = import_module(f"sqlalchemy.dialects.{dialect}").insert(AppointmentSlice).on_conflict_do_nothing()
    return insert.execution_options(preserve_rowcount=True)


def quarters(owner) -> range:
    """The quarter hours of an appointment or a hold, and the buffer after it."""
    return quarters_between(owner.starts_at, owner.free_at)


def quarters_between(begin: datetime, end: datetime) -> range:
    return range(epoch_minute(begin) // QUARTER, -(-epoch_minute(end) // QUARTER))
