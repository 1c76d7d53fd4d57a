"""The office gives an appointment another time, length or person, takes that back, or cancels it."""

from datetime import datetime
from functools import cache

from flask import Blueprint, abort, flash, g, request, url_for
from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import joinedload
from werkzeug.datastructures import MultiDict

from sergio.booking import desk, formats, moving_series
from sergio.booking.availability import Availability
from sergio.booking.desk import Plan
from sergio.booking.models import Appointment
from sergio.booking.plan_forms import CancelForm, MoveForm, local_fields, slot_value
from sergio.booking.slices import Taken
from sergio.booking.time_picker import day_of, instant_of, value_of
from sergio.database.company_scope import COMPANY
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.web.csrf import returns_form
from sergio.web.pages import flash_undoable, go, own_path, page

bp = Blueprint("moving", __name__)


@bp.get("/<int:number>/move")
def edit(number):
    """The form, with what the query says; htmx asks for the part about the time alone."""
    appointment = coming_appointment(number)
    form = move_form(appointment, request.args)
    if plan := plan_of(appointment, form):
        desk.is_refused(plan, appointment.property_id, form, clock.now())
    return move_page(appointment, form)


@bp.post("/<int:number>/move")
@returns_form
def move(number):
    """Move it, however that was asked for: by typing, by dragging, or by taking a move back."""
    appointment = coming_appointment(number)
    form = move_form(appointment, None)
    plan = plan_of(appointment, form) if form.validate_on_submit() else None
    if plan is None or moving_series.is_refused(plan, appointment, form, clock.now()):
        return move_page(appointment, form, 422)
    before = undo_of(appointment, form)
    told = (form.message.data or "") if form.tell.data else None
    how = {"message": told, "by": g.actor, "now": clock.now(), "seen": sequence_of(form)}
    try:
        moving_series.rearrange(plan, appointment, form, **how)
    except Refused as refusal:
        db.session.rollback()
        form.collisions = desk.collisions(plan) or [formats.taken()] if isinstance(refusal, Taken) else []
        form.refusal = str(refusal)
        return move_page(own_appointment(number), form, 422)
    db.session.commit()
    tell_moved(appointment, form, before)
    return go(own_path(form.back.data) or url_for("office.schedule.show", number=number))


@bp.get("/<int:number>/cancel")
def new_cancellation(number):
    return cancel_page(coming_appointment(number), CancelForm(data={"tell": True}))


@bp.post("/<int:number>/cancel")
@returns_form
def cancel(number):
    appointment = coming_appointment(number)
    form = CancelForm()
    if not form.validate_on_submit():
        return cancel_page(appointment, form, 422)
    reason = form.reason.data or ""
    message = reason if form.tell.data else None
    how = {"by": g.actor, "now": clock.now(), "reason": reason, "message": message, "seen": sequence_of(form)}
    moving_series.cancel(appointment, form, **how)
    db.session.commit()
    done = _("The appointment is canceled.")
    if moving_series.is_meant(appointment, form):
        done = _("The appointment and the later ones of its series are canceled.")
    flash(f"{done} {_('We emailed the customer.')}" if form.tell.data else done, "success")
    return go(url_for("office.schedule.show", number=number))


def plan_of(appointment: Appointment, form: MoveForm) -> Plan | None:
    """The plan of a valid form."""
    member = next((each for each in choices(appointment) if each.id == form.staff_id), None)
    if member is None or form.starts_at is None:
        return None
    minutes = form.minutes.data or appointment.minutes
    return Plan(appointment.service, member, form.starts_at, minutes, appointment)


def tell_moved(appointment: Appointment, form: MoveForm, before: dict):
    """Say what happened, with a button that takes it back unless a request was answered with it, or a series moved."""
    text = said(appointment, form, before)
    if moving_series.is_meant(appointment, form):
        flash(f"{text} {_('The later appointments of the series moved with it.')}", "success")
        return
    if before["was_waiting"]:
        flash(text, "success")
        return
    fields = {name: value for name, value in before.items() if name != "was_waiting"}
    url = url_for(".move", number=appointment.number)
    fields = {**fields, "sequence": appointment.sequence}
    flash_undoable(text, url, fields)


def said(appointment: Appointment, form: MoveForm, before: dict) -> str:
    """What happened, and whether the customer was emailed."""
    same_time = before["starts_at"] == value_of(appointment.starts_at)
    same = same_time and before["length"] == appointment.minutes
    done = _("Moved to %(moment)s.", moment=appointment.company.format_moment(appointment.starts_at))
    if before["staff"] != appointment.staff_id:
        takes = _("%(name)s takes this appointment.", name=appointment.staff.name)
        done = takes if same_time else f"{done} {takes}"
    elif same_time:
        done = _("The length is now %(length)s.", length=formats.length(appointment.minutes))
    emailed = form.tell.data and (appointment.company.shows_technician or not same)
    return f"{done} {_('We emailed the customer.')}" if emailed else done


def undo_of(appointment: Appointment, form: MoveForm) -> dict:
    """The fields of the form that moves it back, and whether it `was_waiting` for an answer."""
    told = {"tell": "y"} if form.tell.data else {}
    times = {"starts_at": value_of(appointment.starts_at), "staff": appointment.staff_id}
    length = {"length": appointment.minutes}
    more = {"anyway": "y", "back": form.back.data or "", "was_waiting": appointment.is_waiting}
    return {**times, **length, **told, **more}


def move_form(appointment: Appointment, args) -> MoveForm:
    """The form with the appointment's time, or another one from the query; for a POST, with what was sent."""
    people = [(member.id, member.name) for member in choices(appointment)]
    zone = g.company.zone
    if args is None or "slot" in args:
        facts = {"formdata": sent(appointment, request.form if args is None else args)}
    else:
        at = time_of(appointment, args)
        staff_id = args.get("staff", appointment.staff_id, type=int)
        length = {"minutes": appointment.minutes, "staff": staff_id}
        facts = {"data": {**local_fields(at, zone), **length, "tell": True, "sequence": appointment.sequence}}
    return MoveForm(zone=zone, today=g.company.day(clock.now()), people=people, **facts)


def sent(appointment: Appointment, fields) -> MultiDict:
    """The fields of a POST: dragging sends an instant instead of a day and a time, undoing a `length` in minutes."""
    found = MultiDict(fields)
    at = time_of(appointment, fields) if "starts_at" in fields else None
    if at:
        local = local_fields(at, g.company.zone)
        found.setlist("on", [local["on"].isoformat()])
        found.setlist("time", [f"{local['time']:%H:%M}"])
        found.setlist("later", ["y"] if local["later"] else [])
    if "length" in fields:
        found.setlist("minutes", [fields["length"], "minutes"])
    return found


def time_of(appointment: Appointment, fields) -> datetime:
    """The instant that is asked for: `starts_at`, or the same time on the `day`; else the appointment's own."""
    at = instant_of(fields.get("starts_at")) or appointment.starts_at
    day = day_of(fields.get("day"))
    if day is None:
        return at
    local = at.astimezone(g.company.zone)
    return datetime.combine(day, local.time(), g.company.zone)


def move_page(appointment: Appointment, form: MoveForm, status: int = 200):
    now = clock.now()
    if form.refusal:
        form.sequence.data = str(appointment.sequence)
    contact = appointment.customer.contact
    return page(
        "booking/office/move.html",
        "check" if request.args.get("part") == "check" else "when",
        status=status,
        appointment=appointment,
        form=form,
        has_email=bool(contact and contact.email),
        free=free_of(appointment, form, now),
        formats=formats,
        check_url=url_for(".edit", number=appointment.number, part="check"),
    )


def free_of(appointment: Appointment, form: MoveForm, now: datetime) -> list[tuple[str, str, str]]:
    """Free times near the one that is asked for: value, moment, and who is free."""
    minutes = form.minutes.data or appointment.minutes
    availability = Availability.for_office(appointment.service, now=now, appointment=appointment, minutes=minutes)
    names = {member.id: member.name for member in choices(appointment)}
    near, own = form.starts_at or appointment.starts_at, (appointment.starts_at, appointment.staff_id)
    found = desk.free_times(availability, None if form.collisions else form.staff_id or None, near)
    return [
        (slot_value(at, each), g.company.format_moment(at), names[each])
        for at, each in found
        if each in names and (at, each) != own
    ]


def choices(appointment: Appointment) -> list:
    """Who can be given the appointment: who gets appointments, and who has it now."""
    members = desk.bookable_staff(g.company)
    return members if any(each.id == appointment.staff_id for each in members) else [appointment.staff, *members]


def cancel_page(appointment: Appointment, form: CancelForm, status: int = 200):
    form.sequence.data = form.sequence.data or str(appointment.sequence)
    contact = appointment.customer.contact
    has_email = bool(contact and contact.email)
    facts = {"appointment": appointment, "form": form, "has_email": has_email, "formats": formats}
    return page("booking/office/cancel.html", status=status, **facts)


def sequence_of(form: MoveForm | CancelForm) -> int | None:
    """The `sequence` of the appointment on the page that was sent."""
    text = str(form.sequence.data or "")
    return int(text) if text.isdecimal() and len(text) < 10 else None


def coming_appointment(number: int) -> Appointment:
    """One that can still be changed; of any other, its page says why not."""
    appointment = own_appointment(number)
    if why := appointment.why_over(clock.now()):
        flash(why, "warning")
        abort(go(url_for("office.schedule.show", number=number)))
    return appointment


def own_appointment(number: int) -> Appointment:
    return db.one_or_404(whole(), {"company_id": g.company.id, "number": number})


@cache
def whole() -> Select:
    parts = (Appointment.service, Appointment.place, Appointment.staff, Appointment.customer, Appointment.contact)
    wanted = Appointment.company_id == COMPANY, Appointment.number == bindparam("number")
    return select(Appointment).where(*wanted).options(*map(joinedload, (*parts, Appointment.series)))
