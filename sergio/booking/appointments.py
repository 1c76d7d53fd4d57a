"""A customer's own appointments: the list, one of them, its calendar file, rescheduling and canceling."""

from datetime import datetime
from functools import cache

from flask import Blueprint, Response, abort, flash, request, url_for
from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import joinedload

from sergio.auth.viewer import Viewer, viewer
from sergio.booking import calendar, change_requests, formats, labels, listing, photo_files, photos
from sergio.booking.availability import Availability
from sergio.booking.busy import with_hours
from sergio.booking.choice import trips_to_place
from sergio.booking.forms import ChangeRequestForm
from sergio.booking.guarantees import AppointmentGuarantee
from sergio.booking.models import Appointment
from sergio.booking.photos import LARGE, SMALL, AppointmentPhoto
from sergio.booking.services import Service
from sergio.booking.shown import for_customer
from sergio.booking.slices import Taken
from sergio.booking.time_picker import TimePicker, day_of, instant_of, value_of
from sergio.database.company_scope import COMPANY
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.service_area.models import AREA_VERSION
from sergio.web import limits
from sergio.web.csrf import returns_form
from sergio.web.forms import blank
from sergio.web.pages import go, page
from sergio.web.revalidation import revalidated

bp = Blueprint("appointments", __name__, url_prefix="/appointments")


@bp.get("")
@revalidated
def index():
    paging, rows = listing.of_customer(viewer.customer, viewer.company, request.args, clock.now())
    waitlist = listing.on_waitlist(viewer, paging)
    return page("booking/portal/index.html", "appointments", paging=paging, rows=rows, waitlist=waitlist)


@bp.get("/<int:number>")
@revalidated
def show(number):
    return appointment_page("booking/portal/show.html", own_appointment(viewer, number))


@bp.get("/<int:number>/confirmation")
def confirmation(number):
    return appointment_page("booking/portal/confirmation.html", own_appointment(viewer, number))


@bp.get("/<int:number>.ics")
def download(number):
    headers = {"Content-Disposition": f"attachment; filename=appointment-{number}.ics", "Cache-Control": "no-store"}
    return Response(calendar.invitation(own_appointment(viewer, number)), mimetype="text/calendar", headers=headers)


@bp.get("/<int:number>/reschedule")
def edit(number):
    appointment, availability = own_availability(viewer, number)
    if appointment.why_not_move(availability.now):
        return go(url_for(".show", number=number))
    urls = f"{url_for('.edit', number=number)}?", f"{url_for('.review', number=number)}?"
    times = TimePicker(availability, day_of(request.args.get("day")), *urls)
    return page("booking/portal/edit.html", "times", appointment=appointment, times=times)


@bp.get("/<int:number>/reschedule/review")
def review(number):
    """The current and the new time, with a button to confirm."""
    appointment, availability = own_availability(viewer, number)
    starts_at = instant_of(request.args.get("at")) or abort(404)
    if refusal := appointment.why_not_move(availability.now) or availability.refusal_for(starts_at):
        return choose_again(viewer, number, refusal, starts_at)
    at = value_of(starts_at)
    return page("booking/portal/review.html", appointment=appointment, new=starts_at, at=at)


@bp.post("/<int:number>/reschedule")
def reschedule(number):
    appointment, availability = own_availability(viewer, number)
    starts_at = instant_of(request.form.get("at")) or abort(400)
    if refusal := availability.refusal_for(starts_at):
        return choose_again(viewer, number, refusal, starts_at)
    try:
        appointment.reschedule(availability, starts_at, by=viewer.by, now=availability.now)
    except Refused as refusal:
        db.session.rollback()
        availability = own_availability(viewer, number)[1]
        return choose_again(viewer, number, availability.refusal_for(starts_at) or refusal, starts_at)
    db.session.commit()
    flash(labels.moved(appointment), "success")
    return go(url_for(".show", number=number))


@bp.post("/<int:number>/request/withdraw")
def withdraw(number):
    """Keep the time it has, instead of another one that was asked for."""
    own_appointment(viewer, number).withdraw_request(by=viewer.by, now=clock.now())
    db.session.commit()
    flash(_("Your appointment stays at its time."), "success")
    return go(url_for(".show", number=number))


@bp.post("/<int:number>/proposal")
def choose(number):
    """Take one of the times that the office has proposed."""
    appointment = own_appointment(viewer, number)
    starts_at = instant_of(request.form.get("at")) or abort(400)
    try:
        appointment.choose(starts_at, by=viewer.by, now=clock.now())
    except Taken:
        db.session.rollback()
        raise Refused(_("That time was just taken. Choose one of the others, or ask for another time.")) from None
    db.session.commit()
    flash(labels.moved(appointment), "success")
    return go(url_for(".show", number=number))


@bp.post("/<int:number>/cancel")
def cancel(number):
    own_appointment(viewer, number).cancel(by=viewer.by, now=clock.now())
    db.session.commit()
    flash(_("Your appointment is canceled. We sent you an email to confirm."), "success")
    return go(url_for(".show", number=number))


@bp.get("/<int:number>/change-request")
def new_change_request(number):
    """For who is too late to change it online: a form to ask the office, and its phone number."""
    appointment = own_appointment(viewer, number)
    if appointment.why_over(clock.now()) or appointment.open_change_request:
        return go(url_for(".show", number=number))
    if not appointment.why_not_move(clock.now()):
        return go(url_for(".edit", number=number))
    return change_request_page(appointment, blank(ChangeRequestForm))


@bp.post("/<int:number>/change-request")
@limits.sendings_of_one
@returns_form
def ask(number):
    appointment = own_appointment(viewer, number)
    form = ChangeRequestForm()
    if not form.validate_on_submit():
        return change_request_page(appointment, form, 422)
    change_requests.ask(appointment, form.message.data or "", by=viewer.by, now=clock.now())
    db.session.commit()
    flash(_("We received your message and will email you. Your appointment stays as it is until then."), "success")
    return go(url_for(".show", number=number))


@bp.get("/<int:number>/photos/<int:photo>.jpg")
def large_photo(number, photo):
    return photo_files.response(own_photo(viewer, number, photo), number, LARGE)


@bp.get("/<int:number>/photos/<int:photo>/small.jpg")
def small_photo(number, photo):
    return photo_files.response(own_photo(viewer, number, photo), number, SMALL)


def appointment_page(template: str, appointment: Appointment):
    """A page about one appointment: its status now, and what the customer may still do."""
    now = clock.now()
    return page(
        template,
        appointment=appointment,
        shown=for_customer(appointment),
        formats=formats,
        labels=labels,
        proposed=proposed(appointment, now),
        can_add_photos=not photos.why_no_more(appointment, now),
        calendar_links=calendar.links(appointment),
        appointment_status=appointment.status(now),
        deadlines=labels.deadlines(appointment.company, appointment.starts_at, now),
        why_not_move=appointment.why_not_move(now),
        why_not_cancel=appointment.why_not_cancel(now),
    )


def change_request_page(appointment: Appointment, form: ChangeRequestForm, status: int = 200):
    now = clock.now()
    why = labels.too_late(appointment.company, appointment.why_not_move(now), appointment.why_not_cancel(now))
    return page("booking/portal/change_request.html", status=status, appointment=appointment, form=form, why=why)


def proposed(appointment: Appointment, now: datetime) -> list[tuple[str, str]]:
    """The times that the office proposes and that are still to come: as a form sends them, and as people read them."""
    times = appointment.proposed_times if appointment.is_waiting else []
    return [(value_of(at), appointment.company.format_moment(at)) for at in times if at > now]


def choose_again(viewer: Viewer, number: int, refusal: Refused | str, starts_at: datetime):
    """Flash the reason, and redirect to the free times."""
    flash(str(refusal), "warning")
    return go(url_for(".edit", number=number, day=viewer.company.day(starts_at).isoformat()))


def own_appointment(viewer: Viewer, number: int) -> Appointment:
    """The customer's own appointment; 404 for any other."""
    return db.one_or_404(whole(), viewer.whose | {"number": number})


def own_photo(viewer: Viewer, number: int, photo: int) -> AppointmentPhoto:
    """A photo that the customer may see, of their own appointment; 404 for any other."""
    seen = photo_seen(shows_photos=viewer.company.shows_photos)
    return db.one_or_404(seen, viewer.whose | {"number": number, "photo": photo})


def own_availability(viewer: Viewer, number: int) -> tuple[Appointment, Availability]:
    """The customer's appointment with the times it could be moved to."""
    rows = db.session.execute(with_service(), viewer.whose | {"number": number}).all() or abort(404)
    appointment, service, version = rows[0][:3]
    trips = trips_to_place(appointment.place, version)
    return appointment, Availability(service, rows, now=clock.now(), appointment=appointment, trips=trips)


OWN = (
    Appointment.company_id == COMPANY,
    Appointment.customer_id == bindparam("customer_id"),
    Appointment.number == bindparam("number"),
)


@cache
def whole() -> Select:
    parts = (Appointment.service, Appointment.place, Appointment.staff, Appointment.series, Appointment.moves)
    needed = joinedload(Appointment.guarantee).joinedload(AppointmentGuarantee.invoice)
    return select(Appointment).where(*OWN).options(*map(joinedload, (*parts, Appointment.change_requests)), needed)


@cache
def photo_seen(*, shows_photos: bool) -> Select:
    rows = select(AppointmentPhoto).join(Appointment, AppointmentPhoto.appointment_id == Appointment.id)
    mine = AppointmentPhoto.company_id == COMPANY, AppointmentPhoto.id == bindparam("photo")
    return rows.where(*OWN, *mine, AppointmentPhoto.seen_by_customer(shows_photos=shows_photos))


@cache
def with_service() -> Select:
    rows = select(Appointment, Service, AREA_VERSION.label("version"))
    rows = rows.join(Appointment, Appointment.service_id == Service.id).where(*OWN)
    return with_hours(rows).options(*map(joinedload, (Appointment.place, Appointment.staff)))
