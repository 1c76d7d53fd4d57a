"""What staff do at an appointment: its progress, notes and photos. A technician can only do so at their own."""

from functools import partial

from flask import Blueprint, abort, flash, g, request, url_for
from werkzeug.exceptions import RequestEntityTooLarge

from sergio.booking import photo_files, progress
from sergio.booking.models import Appointment
from sergio.booking.notes import AppointmentNote
from sergio.booking.on_site_forms import NoteForm, PhotoForm, UploadForm, WayForm
from sergio.booking.own_work import may_change, own_appointment, own_row, page_of, row_of, why_full
from sergio.booking.photo_forms import LARGEST_REQUEST
from sergio.booking.photos import CUSTOMER, LARGE, SMALL, AppointmentPhoto
from sergio.booking.shown import for_staff
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.lib.language import ngettext
from sergio.web import limits
from sergio.web.csrf import returns_form
from sergio.web.errors import expected
from sergio.web.pages import go, page
from sergio.web.request import takes_up_to

bp = Blueprint("on_site", __name__, url_prefix="/schedule")


@bp.post("/<int:number>/way")
def set_out(number):
    """Note that the technician is on the way, and email the customer."""
    appointment = own_appointment(number)
    form = WayForm()
    minutes = form.chosen if form.validate_on_submit() else None
    progress.set_out(appointment, minutes, by=g.actor, now=clock.now())
    emailed = appointment.customer.contact_for(appointment.contact) is not None
    db.session.commit()
    told = _("You're on the way. We emailed the customer.")
    flash(told if emailed else _("You're on the way. The customer has no email address, so call them."), "success")
    return go(page_of(number))


@bp.post("/<int:number>/start")
def start(number):
    progress.start(own_appointment(number), by=g.actor, now=clock.now())
    db.session.commit()
    flash(_("Started."), "success")
    return go(page_of(number))


@bp.post("/<int:number>/done")
def finish(number):
    progress.finish(own_appointment(number), by=g.actor, now=clock.now())
    db.session.commit()
    flash(_("Done."), "success")
    return go(page_of(number))


@bp.post("/<int:number>/undo")
def undo(number):
    """Undo the step with the id `step`, if it is the latest."""
    step_id = request.form.get("step", 0, type=int)
    progress.undo(own_appointment(number), step_id, by=g.actor, now=clock.now())
    db.session.commit()
    flash(_("Undone."), "success")
    return go(page_of(number))


@bp.get("/<int:number>/notes")
def notes(number):
    """All notes, with the form for another one."""
    return notes_page(own_appointment(number), NoteForm())


@bp.post("/<int:number>/notes")
@returns_form
def add_note(number):
    appointment = own_appointment(number)
    form = NoteForm()
    if not form.validate_on_submit():
        return notes_page(appointment, form, 422)
    AppointmentNote.add(appointment, **form.columns, by=g.actor, now=clock.now())
    db.session.commit()
    seen, saved = _("Your note is saved. The customer can see it."), _("Your note is saved.")
    flash(seen if form.public.data and g.company.shows_notes else saved, "success")
    return go(page_of(number))


@bp.get("/<int:number>/notes/<int:note>")
def edit_note(number, note):
    appointment = own_appointment(number)
    found = own_row(AppointmentNote, appointment, note)
    return page("booking/office/note.html", "note", appointment=appointment, note=found, form=NoteForm(found))


@bp.post("/<int:number>/notes/<int:note>")
@returns_form
def update_note(number, note):
    appointment = own_appointment(number)
    found = own_row(AppointmentNote, appointment, note)
    form = NoteForm(found)
    if not form.validate_on_submit():
        facts = {"appointment": appointment, "note": found, "form": form}
        return page("booking/office/note.html", "note", status=422, **facts)
    found.change(appointment, **form.columns, by=g.actor, now=clock.now())
    db.session.commit()
    flash(_("Your note is saved."), "success")
    return go(page_of(number))


@bp.post("/<int:number>/notes/<int:note>/removal")
def delete_note(number, note):
    appointment = own_appointment(number)
    own_row(AppointmentNote, appointment, note).delete(appointment, by=g.actor, now=clock.now())
    db.session.commit()
    flash(_("The note is deleted."), "success")
    return go(page_of(number))


@bp.get("/<int:number>/photos")
def photos(number):
    """All photos, with the form for more."""
    form = UploadForm(request.args.get("kind", ""))
    if "too_large" in request.args:
        form.refuse_large_request()
    return photos_page(own_appointment(number), form)


@bp.post("/<int:number>/photos")
@takes_up_to(LARGEST_REQUEST)
@returns_form
@limits.photos
def add_photos(number):
    """Keep what can be read of the photos that were sent, and tell what cannot."""
    appointment = own_appointment(number)
    form = UploadForm()
    if not form.validate_on_submit():
        return photos_page(appointment, form, 422)
    db.session.commit()  # nothing is locked while photos are decoded
    decoded = form.decoded()
    appointment = own_appointment(number)  # it may have been given to someone else meanwhile
    keep_one = partial(AppointmentPhoto.add, appointment, **form.columns, by=g.actor, now=clock.now())
    kept = form.keep(decoded, keep_one)
    db.session.commit()
    if not form.files.errors:
        return go(page_of(number))
    if kept:
        flash(ngettext("%(num)d photo is saved.", "%(num)d photos are saved.", kept), "success")
    return photos_page(appointment, form, 422)


@bp.errorhandler(RequestEntityTooLarge)
def refuse_large_request(error):
    """Tell it beside the field of the photos, although the request was not read."""
    if request.endpoint != "office.on_site.add_photos":
        return expected(error)
    return go(url_for("office.on_site.photos", number=(request.view_args or {})["number"], too_large=1))


@bp.get("/<int:number>/photos/<int:photo>")
def edit_photo(number, photo):
    appointment = own_appointment(number)
    found = row_of(AppointmentPhoto, appointment, photo)
    return photo_page(appointment, found, PhotoForm(found))


@bp.post("/<int:number>/photos/<int:photo>")
@returns_form
def update_photo(number, photo):
    appointment = own_appointment(number)
    found = own_row(AppointmentPhoto, appointment, photo)
    if found.kind == CUSTOMER:
        abort(404)
    form = PhotoForm(found)
    if not form.validate_on_submit():
        return photo_page(appointment, found, form, 422)
    found.change(appointment, **form.columns, by=g.actor, now=clock.now())
    db.session.commit()
    flash(_("The photo is saved."), "success")
    return go(page_of(number))


@bp.post("/<int:number>/photos/<int:photo>/removal")
def delete_photo(number, photo):
    appointment = own_appointment(number)
    own_row(AppointmentPhoto, appointment, photo).delete(appointment, by=g.actor, now=clock.now())
    db.session.commit()
    flash(_("The photo is deleted."), "success")
    return go(page_of(number))


@bp.get("/<int:number>/photos/<int:photo>.jpg")
def large_photo(number, photo):
    return photo_files.response(row_of(AppointmentPhoto, own_appointment(number), photo), number, LARGE)


@bp.get("/<int:number>/photos/<int:photo>/small.jpg")
def small_photo(number, photo):
    return photo_files.response(row_of(AppointmentPhoto, own_appointment(number), photo), number, SMALL)


def notes_page(appointment: Appointment, form: NoteForm, status: int = 200):
    facts = {"appointment": appointment, "shown": for_staff(appointment), "note_form": form}
    return page("booking/office/notes_page.html", "notes", status=status, **facts)


def photos_page(appointment: Appointment, form: UploadForm, status: int = 200):
    shown = for_staff(appointment)
    facts = {"appointment": appointment, "shown": shown, "upload": form, "why_full": why_full(shown)}
    return page("booking/office/photos_page.html", "photos", status=status, **facts)


def photo_page(appointment: Appointment, photo: AppointmentPhoto, form: PhotoForm, status: int = 200):
    facts = {"appointment": appointment, "photo": photo, "form": form, "may_change": may_change(photo)}
    return page("booking/office/photo.html", "photo", status=status, **facts)
