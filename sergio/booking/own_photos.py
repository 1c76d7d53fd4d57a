"""The customer's own photos of an appointment: adding more and removing them, until it starts."""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from flask import Blueprint, flash, g, request, url_for
from sqlalchemy import select
from werkzeug.exceptions import RequestEntityTooLarge

from sergio.auth.viewer import viewer
from sergio.booking import photos
from sergio.booking.appointments import own_appointment
from sergio.booking.models import Appointment
from sergio.booking.photo_forms import LARGEST_REQUEST, PhotosOfCustomer
from sergio.booking.photos import CUSTOMER, MOST_OF_CUSTOMER, AppointmentPhoto
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.web import limits
from sergio.web.csrf import returns_form
from sergio.web.pages import go, page
from sergio.web.request import takes_up_to

bp = Blueprint("own_photos", __name__, url_prefix="/appointments/<int:number>/photos")


class OwnPhotos(NamedTuple):
    """What a page shows of a customer's photos. More are sent to `path`; each has paths below that."""

    rows: Sequence
    path: str

    @property
    def room(self) -> int:
        """How many can be added."""
        return MOST_OF_CUSTOMER - len(self.rows)


@bp.get("")
def index(number):
    appointment, form = own_appointment(viewer, number), PhotosOfCustomer()
    if photos.why_no_more(appointment, clock.now()):
        return go(appointment.portal_path)
    if "too_large" in request.args:
        form.refuse_large_request()
    return photos_page(appointment, form)


@bp.post("")
@takes_up_to(LARGEST_REQUEST)
@returns_form
@limits.photos
def add(number):
    """Keep what can be read of the photos that were sent, and tell what cannot."""
    appointment, form = own_appointment(viewer, number), PhotosOfCustomer()
    if not form.contents:
        form.refuse(_("Choose a photo first."))
    if not form.contents or g.csrf_failed:
        return photos_page(appointment, form, 422)
    db.session.commit()  # nothing is locked while photos are decoded
    decoded = form.decoded()
    appointment = own_appointment(viewer, number)
    form.keep(decoded, partial(AppointmentPhoto.add_of_customer, appointment, by=viewer.by, now=clock.now()))
    db.session.commit()
    if form.files.errors:
        return photos_page(appointment, form, 422)
    flash(_("Your photos are saved."), "success")
    return go(url_for(".index", number=number))


@bp.post("/<int:photo>/removal")
@takes_up_to(LARGEST_REQUEST)
def remove(number, photo):
    appointment = own_appointment(viewer, number)
    mine = AppointmentPhoto.company_id == viewer.company.id, AppointmentPhoto.appointment_id == appointment.id
    found = select(AppointmentPhoto).where(*mine, AppointmentPhoto.kind == CUSTOMER, AppointmentPhoto.id == photo)
    db.one_or_404(found).delete(appointment, by=viewer.by, now=clock.now())
    db.session.commit()
    flash(_("The photo is removed."), "success")
    return go(url_for(".index", number=number))


@bp.errorhandler(RequestEntityTooLarge)
def refuse_large_request(error):
    """Tell it beside the field of the photos, although the request was not read."""
    return go(url_for("portal.own_photos.index", number=(request.view_args or {})["number"], too_large=1))


def photos_page(appointment: Appointment, form: PhotosOfCustomer, status: int = 200):
    own = OwnPhotos(photos.of_customer(appointment), f"{appointment.portal_path}/photos")
    return page("booking/portal/photos.html", status=status, appointment=appointment, own=own, form=form)
