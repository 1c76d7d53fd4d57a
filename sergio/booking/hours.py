"""Settings -> Team hours: weekly hours, time off with the appointments in it, and holidays."""

from collections import defaultdict
from functools import cache

from flask import Blueprint, abort, flash, g, redirect, request, url_for
from flask_login import current_user
from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import selectinload

from sergio.booking import formats
from sergio.booking.desk import everyone
from sergio.booking.handover import COLLIDING
from sergio.booking.time_picker import day_of
from sergio.database.company_scope import COMPANY
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.lib.language import ngettext
from sergio.staff import holidays, labels
from sergio.staff.forms import HolidaysForm, HoursForm, TimeOffForm
from sergio.staff.models import StaffMember, TimeOff
from sergio.staff.roles import SETTINGS
from sergio.web.csrf import returns_form
from sergio.web.pages import page

bp = Blueprint("hours", __name__, url_prefix="/hours")


@bp.get("")
def index():
    """Everyone's week, and the time off of all. Who may not change it gets their own."""
    if not current_user.may(SETTINGS):
        return redirect(url_for(".edit", staff_id=current_user.id), 303)
    return team_page(TimeOffForm())


@bp.get("/<int:staff_id>")
def edit(staff_id):
    """The hours of a staff member; with a day in the query (`?on=`), the time off to add begins there."""
    member = own_member(staff_id)
    on = day_of(request.args.get("on"))
    return member_page(member, HoursForm(member), TimeOffForm(data={"starts_on": on} if on else None))


@bp.post("/<int:staff_id>")
@returns_form
def update(staff_id):
    StaffMember.lock(g.company)
    member = own_member(staff_id)
    form = HoursForm(member)
    if not form.validate_on_submit():
        return member_page(member, form, TimeOffForm(formdata=None), 422)
    member.work(form.periods, by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("%(name)s's hours are saved.", name=member.name), "success")
    return redirect(url_for(".edit", staff_id=staff_id), 303)


@bp.post("/<int:staff_id>/time-off")
@returns_form
def take_off(staff_id):
    """Time off of one staff member."""
    member = own_member(staff_id)
    form = TimeOffForm()
    if not form.validate_on_submit():
        return member_page(member, HoursForm(member, formdata=None), form, 422)
    save_time_off(member, form)
    return redirect(url_for(".edit", staff_id=staff_id, _anchor="time-off"), 303)


@bp.post("/time-off")
@returns_form
def close():
    """Time off of everyone."""
    form = TimeOffForm()
    if not form.validate_on_submit():
        return team_page(form, 422)
    save_time_off(None, form)
    return redirect(url_for(".index", _anchor="time-off"), 303)


@bp.post("/time-off/<int:time_off_id>/cancel")
def cancel(time_off_id):
    wanted = {"company_id": g.company.id, "time_off_id": time_off_id}
    time_off = db.one_or_404(TIME_OFF, wanted)
    staff_id = time_off.staff_id
    time_off.cancel(by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("The time off is removed."), "success")
    back = url_for(".edit", staff_id=staff_id) if staff_id else url_for(".index")
    return redirect(f"{back}#time-off", 303)


@bp.get("/holidays")
def choose_holidays():
    return holidays_page(HolidaysForm(suggestions()))


@bp.post("/holidays")
@returns_form
def take_holidays():
    """Take the chosen holidays off, for everyone."""
    days = dict(suggestions())
    form = HolidaysForm(list(days.items()))
    if not form.validate_on_submit():
        return holidays_page(form, 422)
    names = {on.isoformat(): (on, name) for on, name in days.items()}
    taken = taken_days()
    chosen = [names[value] for value in form.days.data or [] if names[value][0] not in taken]
    for on, name in chosen:
        begin, end = formats.whole_day(g.company, on)
        TimeOff.take(g.company, None, begin, end, name[:200], by=g.actor, at=clock.now())
    db.session.commit()
    said = ngettext(
        "%(num)d holiday is time off for everyone.", "%(num)d holidays are time off for everyone.", len(chosen)
    )
    flash(said, "success")
    return redirect(url_for(".index", _anchor="time-off"), 303)


def save_time_off(member: StaffMember | None, form: TimeOffForm):
    """Save it, and say how many appointments are in it: they stay, and the page lists them."""
    begin, end = form.period(g.company.zone)
    time_off = TimeOff.take(g.company, member, begin, end, form.note.data or "", by=g.actor, at=clock.now())
    db.session.commit()
    count = len(collisions(None)[time_off.id])
    flash(_("The time off is saved. Customers can't book then."), "success")
    if count:
        warning = ngettext(
            "%(num)d appointment is in this time. It stays until you change it.",
            "%(num)d appointments are in this time. They stay until you change them.",
            count,
        )
        flash(warning, "warning")


def collisions(staff_id: int | None) -> defaultdict[int, list]:
    """The coming appointments in each coming time off, by its id; of everyone without a `staff_id`."""
    found = defaultdict(list)
    for row in db.session.execute(COLLIDING, {"company_id": g.company.id, "now": clock.now()}):
        if staff_id in (None, row.staff_id):
            found[row.id].append(row)
    return found


def time_off_rows(staff_id: int | None) -> list[dict]:
    """The coming time off of everyone, or of one and everyone, with the appointments in each."""
    rows = db.session.scalars(coming(), {"company_id": g.company.id, "now": clock.now()}).all()
    within = collisions(staff_id) if rows else defaultdict(list)
    return [
        formats.time_off(g.company, row) | {"appointments": within[row.id]}
        for row in rows
        if staff_id is None or row.staff_id in (None, staff_id)
    ]


def team_page(form: TimeOffForm, status: int = 200):
    members = db.session.scalars(everyone(), {"company_id": g.company.id}).all()
    weeks = [(member, formats.week(member.hours)) for member in members]
    facts = {"weeks": weeks, "form": form, "time_off": time_off_rows(None)}
    return page("booking/settings/hours.html", status=status, **facts)


def member_page(member: StaffMember, form: HoursForm, time_off_form: TimeOffForm, status: int = 200):
    return page(
        "booking/settings/member_hours.html",
        status=status,
        member=member,
        form=form,
        time_off_form=time_off_form,
        time_off=time_off_rows(member.id),
        may_change=current_user.may(SETTINGS),
        weekdays=labels.weekdays(),
        week=formats.week(member.hours),
    )


def holidays_page(form: HolidaysForm, status: int = 200):
    facts = {"form": form, "suggestions": suggestions(), "taken": taken_days()}
    return page("booking/settings/holidays.html", status=status, **facts)


def suggestions() -> list:
    return holidays.suggested(g.company, g.company.day(clock.now()))


def taken_days() -> set:
    """The days that are time off for everyone."""
    rows = db.session.scalars(coming(), {"company_id": g.company.id, "now": clock.now()})
    return {g.company.day(row.starts_at) for row in rows if row.staff_id is None}


def own_member(staff_id: int) -> StaffMember:
    """Someone on the team; for who may not change hours, only themselves."""
    if not current_user.may(SETTINGS) and staff_id != current_user.id:
        abort(404)
    return db.one_or_404(MEMBER, {"company_id": g.company.id, "staff_id": staff_id})


MEMBER = select(StaffMember).where(
    StaffMember.company_id == COMPANY, StaffMember.id == bindparam("staff_id"), StaffMember.left_at.is_(None)
)
TIME_OFF = select(TimeOff).where(TimeOff.company_id == COMPANY, TimeOff.id == bindparam("time_off_id"))


@cache
def coming() -> Select:
    return TimeOff.coming().options(selectinload(TimeOff.staff))
