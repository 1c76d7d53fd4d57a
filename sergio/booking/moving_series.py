"""The office moves or cancels an appointment with all later ones of its series, and sees the series."""

from datetime import datetime
from functools import cache

from flask import Blueprint, abort, g
from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import joinedload

from sergio.booking import desk, formats, labels, recurring
from sergio.booking.clashes import Work, clashes
from sergio.booking.desk import Plan
from sergio.booking.models import Appointment
from sergio.booking.plan_forms import CancelForm, MoveForm
from sergio.database.company_scope import COMPANY
from sergio.extensions import db
from sergio.lib import clock
from sergio.web.pages import page

MOST = 100

bp = Blueprint("series", __name__)


@bp.get("/<int:number>/series")
def show(number):
    """The appointments of the series that an appointment belongs to, from it on."""
    rows = db.session.scalars(series_from(), {"company_id": g.company.id, "number": number}).all() or abort(404)
    return page(
        "booking/office/series.html",
        appointments=rows,
        series=rows[0].series,
        formats=formats,
        labels=labels,
        now=clock.now(),
    )


def is_meant(appointment: Appointment, form: MoveForm | CancelForm) -> bool:
    """Whether the form is about the later appointments of its series, too."""
    return bool(form.later_too.data and appointment.series)


def is_refused(plan: Plan, appointment: Appointment, form: MoveForm, now: datetime) -> bool:
    """Note in the form what speaks against the plan: against the appointment itself, and (`left_out`) against some of
    the later ones that are to move with it, which can stay where they are.
    """
    if not is_meant(appointment, form):
        return desk.is_refused(plan, appointment.property_id, form, now)
    moves = recurring.moved_times(appointment, plan.starts_at, now)
    found = clashes_of(plan, appointment, moves, now)
    own = found.pop(plan.starts_at, None)
    form.collisions, form.left_out = [own] if own else [], found
    form.warnings = [] if form.anyway.data else desk.warnings(plan, now)
    return bool(form.collisions or form.warnings or (found and not form.skip.data))


def rearrange(plan: Plan, appointment: Appointment, form: MoveForm, **how):
    """Move it by the plan, and the later ones with it where that is meant."""
    to = plan.starts_at, plan.minutes, plan.member
    if is_meant(appointment, form):
        recurring.move_later(appointment, *to, without=form.left_out, **how)
    else:
        appointment.rearrange(*to, **how)


def cancel(appointment: Appointment, form: CancelForm, **how):
    if is_meant(appointment, form):
        recurring.cancel_later(appointment, **how)
    else:
        appointment.cancel(**how)


def clashes_of(plan: Plan, appointment: Appointment, moves: dict[int, recurring.Move], now: datetime) -> dict:
    """The new times that are not free. What stays because of that may stand in the way of another one."""
    work = Work(plan.service, plan.member, appointment.property_id, plan.minutes)
    times = [at for _each, at in moves.values()]
    staying: set[int] = set()
    while True:
        found = clashes(work, times, moves.keys() - staying, now=now)
        stay = {id for id, (_each, at) in moves.items() if at in found}
        if stay == staying:
            return found
        staying = stay


@cache
def series_from() -> Select:
    asked = Appointment.company_id == COMPANY, Appointment.number == bindparam("number")
    first = select(Appointment.series_id, Appointment.starts_at).where(*asked).subquery()
    rows = select(Appointment).join(first, Appointment.series_id == first.c.series_id)
    rows = rows.where(Appointment.company_id == COMPANY, Appointment.starts_at >= first.c.starts_at)
    parts = (Appointment.series, Appointment.customer, Appointment.service, Appointment.staff)
    return rows.order_by(Appointment.starts_at, Appointment.id).limit(MOST).options(*map(joinedload, parts))
