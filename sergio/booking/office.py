"""The calendar, as staff see it: a week at a time, and one visit."""

from datetime import date, timedelta

from flask import Blueprint, g, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from sergio.booking import formats, listing
from sergio.booking.models import Appointment
from sergio.booking.time_picker import day_of
from sergio.extensions import db
from sergio.lib import clock
from sergio.staff.permissions import ALL_WORK
from sergio.web.pages import page

WEEK = timedelta(days=7)

bp = Blueprint("schedule", __name__, url_prefix="/schedule")


@bp.get("")
def index():
    """Who goes where, in the week of a day (`?day=2026-11-24`), or in this one. A technician sees their own week."""
    at = clock.now()
    today = g.company.day(at)
    monday = monday_of(day_of(request.args.get("day")) or today)
    week, title = listing.of_week(g.company, monday, at, *own()), formats.days(g.company, monday, 7)
    return page("booking/office/index.html", "week", week=week, title=title, turns=turns(monday, today))


@bp.get("/<int:number>")
def show(number):
    """One visit, with all that is known about it."""
    parts = (Appointment.service, Appointment.place, Appointment.staff, Appointment.customer, Appointment.contact)
    query = (
        select(Appointment).where(Appointment.number == number, *own()).options(*(joinedload(part) for part in parts))
    )
    appointment = db.one_or_404(query.options(selectinload(Appointment.moves)))
    return page(
        "booking/office/show.html", appointment=appointment, state=appointment.status(clock.now()), formats=formats
    )


def own() -> list:
    """The condition for the appointments these pages show: a technician's own; none for those who may see all."""
    return [] if current_user.may(ALL_WORK) else [Appointment.staff_id == current_user.id]


def turns(monday: date, today: date) -> list[tuple[str, str]]:
    """Address and name of the week before, of this one, and of the week after."""
    days = [(monday - WEEK, _("Week before")), (today, _("This week")), (monday + WEEK, _("Week after"))]
    return [(url_for("office.schedule.index", day=day.isoformat()), name) for day, name in days]


def monday_of(on: date) -> date:
    """The Monday of that day's week, for any day a calendar can show."""
    on = min(max(on, date(2000, 1, 1)), date(2999, 12, 1))
    return on - timedelta(days=on.weekday())
