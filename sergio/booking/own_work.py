"""A staff member's own appointment, with its notes, photos and progress, and what their pages show of it."""

from datetime import datetime
from functools import cache
from typing import Any

from flask import abort, g, url_for
from flask_login import current_user
from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import joinedload

from sergio.booking import agenda, progress
from sergio.booking.models import Appointment
from sergio.booking.on_site_forms import NoteForm, UploadForm, WayForm
from sergio.booking.photos import AFTER, BEFORE, MOST_PHOTOS, full
from sergio.booking.quoted import work_of_quote
from sergio.booking.shown import Shown, for_staff
from sergio.database.company_scope import COMPANY
from sergio.extensions import db
from sergio.staff.roles import ALL_WORK
from sergio.web.forms import blank


def own_appointment(number: int) -> Appointment:
    """The company's appointment; for a technician, only their own."""
    staff_id = None if current_user.may(ALL_WORK) else current_user.id
    return db.one_or_404(numbered(), {"company_id": g.company.id, "number": number, "staff_id": staff_id})


@cache
def numbered() -> Select:
    wanted = Appointment.company_id == COMPANY, Appointment.number == bindparam("number"), agenda.OF_STAFF
    parts = map(joinedload, (Appointment.service, Appointment.customer, Appointment.place))
    return select(Appointment).where(*wanted).options(*parts)


def row_of(table: Any, appointment: Appointment, row_id: int) -> Any:
    """The note or photo of an appointment."""
    mine = table.company_id == appointment.company_id, table.appointment_id == appointment.id
    return db.one_or_404(select(table).where(*mine, table.id == row_id))


def own_row(table: Any, appointment: Appointment, row_id: int) -> Any:
    """The same, if it is one's own; staff who may see all appointments may change what others wrote."""
    row = row_of(table, appointment, row_id)
    return row if may_change(row) else abort(404)


def may_change(row: Any) -> bool:
    return row.staff_id == current_user.id or current_user.may(ALL_WORK)


def page_of(number: int) -> str:
    return url_for("office.schedule.show", number=number)


def work_of(appointment: Appointment, now: datetime) -> dict[str, Any]:
    """What the page of an appointment shows of its work, with the forms."""
    shown = for_staff(appointment)
    kind = AFTER if shown.step(progress.STARTED) or appointment.completed_at else BEFORE
    return {
        "shown": shown,
        "lines": work_of_quote(appointment),
        "next_steps": progress.next_steps(appointment, shown.steps, now),
        "way": blank(WayForm),
        "note_form": blank(NoteForm),
        "upload": blank(UploadForm, kind),
        "why_full": why_full(shown),
    }


def why_full(shown: Shown) -> str:
    """Why no more photos can be added; empty while they can."""
    return full() if len(shown.photos) >= MOST_PHOTOS else ""
