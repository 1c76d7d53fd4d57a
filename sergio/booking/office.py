"""The schedule, for staff: a day, a week or a month at a time, a list, and one appointment."""

from datetime import date, timedelta
from functools import cache
from typing import Any, NamedTuple
from urllib.parse import urlencode

from flask import Blueprint, abort, g, request
from flask_login import current_user
from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import aliased, joinedload

from sergio.booking import agenda, day_grid, formats, labels, month_grid, scheduling, week_grid
from sergio.booking.guarantees import AppointmentGuarantee
from sergio.booking.models import Appointment
from sergio.booking.own_work import work_of
from sergio.booking.services import Service
from sergio.booking.slots import days_from, instant
from sergio.booking.time_picker import day_of, value_of
from sergio.customers.models import Contact, Customer
from sergio.customers.properties import ADDRESS, Property
from sergio.database.company_scope import COMPANY
from sergio.extensions import db
from sergio.lib import clock, language
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.lib.postal import address
from sergio.quotes.models import Quote
from sergio.staff.models import StaffMember
from sergio.staff.roles import ALL_WORK
from sergio.web.pages import page
from sergio.web.revalidation import revalidated

PATH = "/office/schedule"
DAY, WEEK, MONTH, LIST = "day", "week", "month", "list"
VIEWS = {DAY: _l("Day"), WEEK: _l("Week"), MONTH: _l("Month"), LIST: _l("List")}
DAYS = {DAY: 1, WEEK: 7, LIST: 7}
EARLIEST, LATEST = date(2000, 1, 1), date(2999, 11, 1)

bp = Blueprint("schedule", __name__, url_prefix="/schedule")
bp.get("/new")(scheduling.new)
bp.post("/new")(scheduling.create)


class Asked(NamedTuple):
    """What the query asks for: a view of the days from `on` on, of one staff member or all, of a status or all."""

    view: str
    on: date
    staff_id: int | None
    status: str

    def url(self, **changed) -> str:
        """The URL of the same with something changed."""
        view, on, staff_id, status = self._replace(**changed)
        named = {"view": view, "on": on.isoformat(), "staff": staff_id if may_see_all() else None, "status": status}
        return f"{PATH}?{urlencode({name: value for name, value in named.items() if value})}"


@bp.get("")
@revalidated
def index():
    """The week of a day (`?view=week&on=2026-11-24`), by default the current one. A technician sees their own."""
    now = clock.now()
    today = g.company.day(now)
    asked = asked_for(today)
    facts: dict[str, Any] = {
        "title": title_of(asked),
        "views": views(asked),
        "steps": steps(asked, today),
        "statuses": statuses(),
    }
    shown = facts | BY_VIEW[asked.view](asked, now)
    return page("booking/office/index.html", "schedule", asked=asked, **shown)


@bp.get("/<int:number>")
@revalidated
def show(number):
    wanted = {"company_id": g.company.id, "number": number, "staff_id": own_staff_id()}
    found = db.session.execute(numbered(), wanted).unique().one_or_none() or abort(404)
    appointment = found.Appointment
    now = clock.now()
    return page(
        "booking/office/show.html",
        appointment=appointment,
        names=found,
        address=address(found),
        appointment_status=appointment.status(now),
        own_staff_id=own_staff_id(),
        late=appointment.why_not_move(now),
        formats=formats,
        labels=labels,
        **work_of(appointment, now),
    )


def in_days(asked: Asked, now) -> dict:
    """The days with their people and appointments, for a week and a list."""
    days = days_from(asked.on, DAYS[asked.view], g.company.zone)
    wanted = agenda.wanted(days, asked.staff_id, asked.status)
    found = entries(wanted, now)
    team = agenda.team(g.company, wanted, found, now)
    return {**team._asdict(), "days": week_grid.week(days, team.people, found, g.company.day(now))}


def in_hours(asked: Asked, now) -> dict:
    """One day as a table of quarter hours."""
    days = days_from(asked.on, 1, g.company.zone)
    wanted = agenda.wanted(days, asked.staff_id, asked.status)
    found = entries(wanted, now)
    team = agenda.team(g.company, wanted, found, now)
    columns, lines = day_grid.grid(days[0], team.people, found, g.company.zone)
    times = {line.minute: instant(line.minute) for line in lines}
    return {
        **team._asdict(),
        "columns": columns,
        "lines": lines,
        "values": {minute: value_of(at) for minute, at in times.items()},
        "hours": {minute: hour_label(at) for minute, at in times.items()},
        "now_line": int(now.timestamp()) // 900 * 15,
    }


def entries(wanted: agenda.Wanted, now) -> list[agenda.Entry]:
    """The appointments; to a technician, without times that are only held for a request."""
    found = agenda.entries(g.company, wanted, now)
    return found if may_see_all() else [each for each in found if each.status != agenda.HELD]


def in_month(asked: Asked, now) -> dict:
    days = days_from(asked.on, 1, g.company.zone)
    team = agenda.team(g.company, agenda.wanted(days, asked.staff_id, asked.status), [], now)
    weekdays, weeks = month_grid.month(g.company, asked.on, asked.staff_id, asked.status, now)
    return {**team._asdict(), "weekdays": weekdays, "weeks": weeks}


BY_VIEW = {DAY: in_hours, WEEK: in_days, LIST: in_days, MONTH: in_month}


def asked_for(today: date) -> Asked:
    args = request.args
    view = args.get("view", "")
    view = view if view in VIEWS else WEEK
    on = min(max(day_of(args.get("on")) or today, EARLIEST), LATEST)
    on = {WEEK: on - timedelta(days=on.weekday()), MONTH: on.replace(day=1)}.get(view, on)
    status = args.get("status", "")
    status = status if status in agenda.IS else ""
    staff_id = args.get("staff", type=int)
    return Asked(
        view, on, (staff_id if 0 < (staff_id or 0) < 2**31 else None) if may_see_all() else current_user.id, status
    )


def title_of(asked: Asked) -> str:
    if asked.view == DAY:
        return language.written_day(asked.on, "full")
    return language.day_parts(asked.on, "yMMMM") if asked.view == MONTH else formats.days(asked.on, DAYS[asked.view])


def views(asked: Asked) -> list[tuple]:
    """The views, for `ui.tabs`."""
    return [(asked.url(view=view), str(label), view == asked.view, None) for view, label in VIEWS.items()]


def steps(asked: Asked, today: date) -> list[tuple[str, str, str]]:
    """URL, name and icon of what is before, of today, and of what is after."""
    if asked.view == MONTH:
        before, after = (day.replace(day=1) for day in (asked.on - timedelta(days=1), asked.on + timedelta(days=31)))
    else:
        before, after = (asked.on + timedelta(days=sign * DAYS[asked.view]) for sign in (-1, 1))
    return [
        (asked.url(on=before), _("Earlier"), "back"),
        (asked.url(on=today), _("Today"), ""),
        (asked.url(on=after), _("Later"), "next"),
    ]


def statuses() -> list[tuple[str, str]]:
    """The choices of the filter by status."""
    return [(status, labels.status_label(status) if status else _("All but canceled")) for status in agenda.IS]


def hour_label(at) -> str:
    """ "9:00 AM"; in the hour that is repeated when clocks go back, with the name of its zone ("1:00 AM EST")."""
    local = at.astimezone(g.company.zone)
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    label = g.company.format_time(at)
    return f"{label} {local.tzname()}" if twice else label


def may_see_all() -> bool:
    return current_user.may(ALL_WORK)


def own_staff_id() -> int | None:
    """The id of a technician, who sees only their own appointments; None for staff who may see all."""
    return None if may_see_all() else current_user.id


@cache
def numbered() -> Select:
    """The appointment, and of who and what belongs to it only what the page shows."""
    wanted_staff = aliased(StaffMember)
    people = Customer.name.label("customer"), Customer.number.label("customer_number"), Contact.name.label("contact")
    staff = StaffMember.name.label("staff"), wanted_staff.name.label("wanted_staff")
    place = (getattr(Property, name) for name in ADDRESS)
    rows = select(Appointment, Service.name.label("service"), *people, Contact.email, Contact.phone, *staff, *place)
    for each in (Appointment.service, Appointment.place, Appointment.staff, Appointment.customer, Appointment.contact):
        rows = rows.join(each)
    rows = rows.outerjoin(wanted_staff, Appointment.wanted_staff_id == wanted_staff.id)
    more = (Appointment.moves, Appointment.change_requests, Appointment.series)
    quote = joinedload(Appointment.quote).joinedload(Quote.acceptance)
    needed = joinedload(Appointment.guarantee).joinedload(AppointmentGuarantee.invoice)
    rows = rows.where(Appointment.company_id == COMPANY, Appointment.number == bindparam("number"), agenda.OF_STAFF)
    return rows.options(*map(joinedload, more), quote, needed)
