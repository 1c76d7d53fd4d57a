"""The schedule, for staff: a week at a time, and one appointment."""

from datetime import date, timedelta
from functools import cache
from typing import Any

from flask import Blueprint, abort, flash, g, request, url_for
from flask_login import current_user
from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import joinedload

from sergio.booking import formats, handover, labels, listing
from sergio.booking.forms import DeclineForm
from sergio.booking.models import Appointment
from sergio.booking.own_work import work_of
from sergio.booking.time_picker import day_of
from sergio.database.company_scope import COMPANY
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.staff.models import StaffMember
from sergio.staff.roles import ALL_WORK
from sergio.web.csrf import returns_form
from sergio.web.pages import go, page
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
    requests = listing.requested(g.company, now) if current_user.may(ALL_WORK) else []
    return page(
        "booking/office/index.html", "week", week=week, title=title, weeks=weeks(monday, today), requests=requests
    )


@bp.get("/<int:number>")
@revalidated
def show(number):
    wanted = {"company_id": g.company.id, "number": number, "staff_id": own_staff_id()}
    return appointment_page(db.one_or_404(numbered(), wanted), DeclineForm(formdata=None))


@bp.post("/<int:number>/confirmation")
def confirm(number):
    """Accept a customer's request."""
    appointment = db.one_or_404(numbered(), {"company_id": g.company.id, "number": number, "staff_id": None})
    appointment.confirm(by=g.actor, now=clock.now(), seen=sequence_seen())
    db.session.commit()
    flash(_("The appointment is confirmed. We emailed the customer."), "success")
    return go(url_for(".show", number=number))


@bp.post("/<int:number>/decline")
@returns_form
def decline(number):
    """Decline a customer's request, with a message to the customer."""
    appointment = db.one_or_404(numbered(), {"company_id": g.company.id, "number": number, "staff_id": None})
    form = DeclineForm()
    if not form.validate_on_submit():
        return appointment_page(appointment, form, 422)
    appointment.decline(form.message.data or "", by=g.actor, now=clock.now(), seen=sequence_seen())
    db.session.commit()
    flash(_("The request is declined. We emailed the customer."), "success")
    return go(url_for(".show", number=number))


@bp.post("/<int:number>/technician")
def reassign(number):
    """Give an appointment to another staff member."""
    appointment = db.one_or_404(numbered(), {"company_id": g.company.id, "number": number, "staff_id": None})
    chosen = request.form.get("staff", 0, type=int)
    member = next((each for each in colleagues(appointment) if each.id == chosen), None) or abort(404)
    handover.hand_over(appointment, member, by=g.actor, now=clock.now(), seen=sequence_seen())
    db.session.commit()
    said = _("%(name)s takes this appointment.", name=member.name)
    told = _("%(name)s takes this appointment. We emailed the customer.", name=member.name)
    flash(told if g.company.shows_technician else said, "success")
    return go(url_for(".show", number=number))


def sequence_seen() -> int | None:
    """The `sequence` of the appointment on the page that was sent."""
    return request.form.get("sequence", type=int)


def appointment_page(appointment: Appointment, form: DeclineForm, status: int = 200):
    facts: dict[str, Any] = {
        "appointment": appointment,
        "appointment_status": appointment.status(clock.now()),
        "form": form,
    }
    facts |= work_of(appointment, clock.now()) | {"own_staff_id": own_staff_id()}
    facts["colleagues"] = colleagues(appointment) if current_user.may(ALL_WORK) else []
    return page("booking/office/show.html", status=status, **facts, formats=formats, labels=labels)


def colleagues(appointment: Appointment) -> list[StaffMember]:
    """The others who get appointments, while it can still be given to one of them."""
    if appointment.canceled_at or appointment.completed_at or appointment.ends_at <= clock.now():
        return []
    members = db.session.scalars(StaffMember.present(), {"company_id": g.company.id})
    return [each for each in members if each.bookable and each.id != appointment.staff_id]


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
