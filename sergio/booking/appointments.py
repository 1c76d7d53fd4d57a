"""A customer's own visits: to look at, to put into a calendar, to move and to cancel."""

from datetime import datetime

from flask import Blueprint, Response, abort, flash, g, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from sergio.booking import calendar, formats, listing
from sergio.booking.availability import Openings, with_hours
from sergio.booking.models import Appointment, Service
from sergio.booking.time_picker import TimeChoice, day_of, instant_of, value_of
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.refused import Refused
from sergio.web.pages import go, page

bp = Blueprint("appointments", __name__, url_prefix="/appointments")


@bp.get("")
def index():
    """The visits to come, and those that were."""
    paging, rows = listing.of_customer(current_user.customer, request.args, clock.now())
    return page("booking/portal/index.html", "appointments", paging=paging, rows=rows)


@bp.get("/<int:number>")
def show(number):
    """One visit, and what can still be done about it."""
    return appointment_page("booking/portal/show.html", own_appointment(number))


@bp.get("/<int:number>/confirmation")
def confirmation(number):
    """It is booked: what comes next."""
    return appointment_page("booking/portal/confirmation.html", own_appointment(number))


@bp.get("/<int:number>.ics")
def download(number):
    """The visit for the customer's own calendar."""
    answer = Response(calendar.invitation(own_appointment(number)), mimetype="text/calendar")
    answer.headers["Content-Disposition"] = f"attachment; filename=visit-{number}.ics"
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.get("/<int:number>/reschedule")
def edit(number):
    """Another time."""
    appointment, free = own_openings(number)
    if appointment.why_not_move(free.at):
        return go(url_for(".show", number=number))
    here, there = f"{url_for('.edit', number=number)}?", f"{url_for('.review', number=number)}?"
    times = TimeChoice(free, day_of(request.args.get("day")), here, there)
    return page("booking/portal/edit.html", "times", appointment=appointment, times=times)


@bp.get("/<int:number>/reschedule/review")
def review(number):
    """From when to when."""
    appointment, free = own_openings(number)
    starts_at = instant_of(request.args.get("at")) or abort(404)
    if refusal := appointment.why_not_move(free.at) or free.why_not(starts_at):
        return choose_again(number, refusal, starts_at)
    return page("booking/portal/review.html", appointment=appointment, new=starts_at, at=value_of(starts_at))


@bp.post("/<int:number>/reschedule")
def reschedule(number):
    """Move it, by the rules as they stand now; where they do not allow it, it stays where it was."""
    appointment, free = own_openings(number)
    starts_at = instant_of(request.form.get("at")) or abort(400)
    if refusal := free.why_not(starts_at):
        return choose_again(number, refusal, starts_at)
    try:
        appointment.reschedule(free, starts_at, by=g.sign_in.contact, at=free.at)
    except Refused as refusal:
        db.session.rollback()
        return choose_again(number, refusal, starts_at)
    db.session.commit()
    flash(_("Your visit is now on %(moment)s.", moment=g.company.format_moment(starts_at)), "success")
    return go(url_for(".show", number=number))


@bp.post("/<int:number>/cancel")
def cancel(number):
    """Call it off."""
    own_appointment(number).cancel(by=g.sign_in.contact, at=clock.now())
    db.session.commit()
    flash(_("Your visit is canceled. We have written to you as well."), "success")
    return go(url_for(".show", number=number))


def appointment_page(template: str, appointment: Appointment):
    """A page about one visit: how it stands at this instant, and what the customer may still do."""
    at = clock.now()
    return page(
        template,
        appointment=appointment,
        formats=formats,
        state=appointment.status(at),
        rules=formats.until(g.company, appointment.starts_at, at),
        why_not_move=appointment.why_not_move(at),
        why_not_cancel=appointment.why_not_cancel(at),
    )


def choose_again(number: int, refusal, starts_at: datetime):
    """Say no, and show the times that are free."""
    flash(str(refusal), "warning")
    return go(url_for(".edit", number=number, day=g.company.day(starts_at).isoformat()))


def own_appointment(number) -> Appointment:
    """The signed-in customer's visit; to anyone else it does not exist."""
    parts = [joinedload(part) for part in (Appointment.service, Appointment.place, Appointment.staff)]
    return db.one_or_404(Appointment.of(current_user.customer).where(Appointment.number == number).options(*parts))


def own_openings(number) -> tuple[Appointment, Openings]:
    """The signed-in customer's visit with the times it could be moved to."""
    theirs = (Appointment.service_id == Service.id) & (Appointment.customer_id == current_user.customer_id)
    query = with_hours(select(Appointment, Service).join(Appointment, theirs).where(Appointment.number == number))
    parts = [joinedload(part) for part in (Appointment.place, Appointment.staff)]
    rows = db.session.execute(query.options(*parts)).all() or abort(404)
    appointment, service = rows[0][:2]
    return appointment, Openings(service, rows, at=clock.now(), appointment=appointment)
