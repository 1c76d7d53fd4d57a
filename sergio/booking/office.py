"""The schedule, for staff: a week at a time, and one appointment."""

from datetime import date, timedelta
from functools import cache

from flask import Blueprint, g, request, url_for
from flask_login import current_user
from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import joinedload

from sergio.booking import formats, labels, listing
from sergio.booking.models import Appointment
from sergio.booking.time_picker import day_of
from sergio.database.company_scope import COMPANY
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.staff.roles import ALL_WORK
from sergio.web.pages import page
from sergio.web.revalidation import revalidated

WEEK = timedelta(days=7)

bp = Blueprint("schedule", __name__, url_prefix="/schedule")


@bp.get("")
@revalidated
def index():
    """The week of a day (`?day=2026-11-24`), by default the current one. A technician sees their own."""
    now = clock.now()
    today = g.company.day(now)
    monday = monday_of(day_of(request.args.get("day")) or today)
    week = listing.of_week(g.company, monday, now, own_staff_id())
    title = formats.days(monday, 7)
    return page("booking/office/index.html", "week", week=week, title=title, weeks=weeks(monday, today))


@bp.get("/<int:number>")
@revalidated
def show(number):
    wanted = {"company_id": g.company.id, "number": number, "staff_id": own_staff_id()}
    appointment = db.one_or_404(numbered(), wanted)
    facts = {"appointment": appointment, "appointment_status": appointment.status(clock.now())}
    return page("booking/office/show.html", **facts, formats=formats, labels=labels)


def own_staff_id() -> int | None:
    """The id of a technician, who sees only their own appointments; None for staff who may see all."""
    return None if current_user.may(ALL_WORK) else current_user.id


@cache
def numbered() -> Select:
    parts = (Appointment.service, Appointment.place, Appointment.staff, Appointment.customer, Appointment.contact)
    wanted = Appointment.company_id == COMPANY, Appointment.number == bindparam("number"), listing.OF_STAFF
    return select(Appointment).where(*wanted).options(*map(joinedload, (*parts, Appointment.moves)))


def weeks(monday: date, today: date) -> list[tuple[str, str]]:
    """URL and name of the week before, the current one, and the week after."""
    days = [(monday - WEEK, _("Previous week")), (today, _("This week")), (monday + WEEK, _("Next week"))]
    return [(url_for("office.schedule.index", day=day.isoformat()), name) for day, name in days]


def monday_of(on: date) -> date:
    """The Monday of that day's week, limited to the years 2000 to 2999."""
    on = min(max(on, date(2000, 1, 1)), date(2999, 12, 1))
    return on - timedelta(days=on.weekday())
