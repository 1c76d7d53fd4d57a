"""The last step of booking: notes, answers and photos for the time that was chosen, and the booking itself.

What was typed and the photos that were sent are kept with the hold, so that going back or an error loses nothing, but
for a request that was too large to be read.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from flask import abort, g, request, url_for
from sqlalchemy import Integer, cast, literal, null, select, union_all
from sqlalchemy.exc import IntegrityError

from sergio.auth.viewer import Viewer, viewer
from sergio.booking import formats, holds, labels, photo_files, photos
from sergio.booking.choice import (
    Choice,
    ToBook,
    before,
    booked_again,
    over_limit,
    own_args,
    own_booking,
    own_choice,
    own_choice_and_form,
    requested,
)
from sergio.booking.forms import BookingForm, booking_form
from sergio.booking.holds import OWN_HOLD, BookingHold, hold_of
from sergio.booking.models import Appointment, Taken
from sergio.booking.own_photos import OwnPhotos
from sergio.booking.photo_forms import LARGEST_REQUEST
from sergio.booking.photos import LARGE, SMALL, AppointmentPhoto
from sergio.booking.services import QUESTIONS
from sergio.booking.time_picker import TimePicker, instant_of, value_of
from sergio.customers.models import Contact
from sergio.database.company_scope import COMPANY
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.web import limits
from sergio.web.csrf import returns_form
from sergio.web.errors import expected
from sergio.web.pages import go, page
from sergio.web.request import takes_up_to

STEPS = {"service": ".index", "place": ".place", "time": ".time"}
CHOSEN = ("service", "place", "anyway", "again", "at")


def details():
    choice = own_choice(viewer, clock.now())
    questions, added = questions_and_photos()
    form = booking_form(questions, (choice.hold.typed if choice.hold else {}) or answers_before(questions))
    if "too_large" in request.args:
        form.refuse_large_request()
    return summary(viewer, choice, form, instant_of(request.args.get("at")), added)


@takes_up_to(LARGEST_REQUEST)
@returns_form
def add_photos():
    """Keep the photos that were sent, and show the step again."""
    form = own_choice_and_form(viewer)[1]
    if not form.contents:
        form.refuse(_("Choose a photo first."))
    return kept(form)


@takes_up_to(LARGEST_REQUEST)
def remove_photo(photo):
    holds.lock(own_contact())  # before it is read: it may become that of an appointment in another tab
    photos.delete_of_customer([own_photo(photo)])
    db.session.commit()
    return kept(own_choice_and_form(viewer)[1])


def kept(form: BookingForm):
    """Keep what was sent, and show the step again."""
    keep_sent(form)
    if form.files.errors or g.csrf_failed:
        return shown_again(form)
    return go(details_path())


def large_photo(photo):
    return photo_files.response(own_photo(photo), 0, LARGE)


def small_photo(photo):
    return photo_files.response(own_photo(photo), 0, SMALL)


@takes_up_to(LARGEST_REQUEST)
def keep():
    """Keep what was typed and chosen so far, and go back to an earlier step."""
    step = STEPS.get(request.args.get("step", "")) or abort(400)
    form = own_choice_and_form(viewer)[1]
    own_contact()
    keep_sent(form)
    if form.files.errors:
        return shown_again(form)
    args: dict[str, Any] = {} if step == ".index" else own_args() | {"day": request.form.get("day")}
    return go(url_for(step, **args))


@takes_up_to(LARGEST_REQUEST)
@returns_form
def create():
    """Book the time. If it was just taken, show the page again with other times and the notes as typed. The press is
    counted last: in the transaction that books, or alone where nothing was booked.
    """
    limits.booking.refuse()
    choice, form = own_choice_and_form(viewer)
    starts_at = instant_of(request.form.get("at"))
    is_complete = form.validate_on_submit() and starts_at is not None
    if form.contents:
        keep_sent(form)
        choice = own_choice_and_form(viewer)[0]  # read again, in the transaction that books
    number = book(viewer, choice, starts_at, form) if starts_at and is_complete and not form.files.errors else None
    limits.booking.hit()
    db.session.commit()
    if number is None:
        return shown_again(form)
    return go(url_for("portal.appointments.confirmation", number=number))


def book(viewer: Viewer, choice: ToBook, starts_at: datetime, form: BookingForm) -> int | None:
    """The number of the new appointment; None, with nothing changed, if it is refused."""
    contact, now = own_contact(), clock.now()
    said = {"notes": form.text, "answers": form.answers, "by": viewer.by, "now": now}
    try:
        availability = choice.availability(now)
        return Appointment.book(availability, contact, choice.place, starts_at, area=choice.mark(), **said).number
    except (Refused, IntegrityError):
        db.session.rollback()
        return None


def keep_sent(form: BookingForm):
    """Keep what was typed and the photos that can be read with the contact's hold; errors of the form say which photos
    cannot be kept. Without a hold, or a valid CSRF token, nothing is kept.
    """
    contact = own_contact()
    if g.csrf_failed:
        return
    decoded = decoded_apart(form) if form.contents else []
    holds.lock(contact)
    held = hold_of(contact)
    if held is None:
        if decoded:
            form.refuse(_("Choose a time first, then add photos."))
        return
    held.keep(form.typed)
    form.keep(decoded, partial(AppointmentPhoto.add_to_hold, held, by=viewer.by, now=clock.now()))
    db.session.commit()


def decoded_apart(form: BookingForm) -> list:
    """The photos that were sent; nothing is locked while they are decoded."""
    limits.photos.count()
    db.session.commit()
    return form.decoded()


def shown_again(form: BookingForm):
    """The page with the form as it was sent, and its errors."""
    choice = own_choice(viewer, clock.now())
    added = photos.of_hold(choice.hold) if choice.hold else []
    return summary(viewer, choice, form, instant_of(request.form.get("at")), added, 422)


def summary(
    viewer: Viewer,
    choice: Choice,
    form: BookingForm,
    starts_at: datetime | None,
    added: Sequence,
    status: int = 200,
):
    """The page before booking; if the time is not free, with the reason and free times nearby.

    If the customer has already booked exactly this (pressed twice, went back), redirect to its confirmation.
    """
    refusal = choice.availability.refusal_for(starts_at) if starts_at else Refused(_("Choose a time."))
    if (isinstance(refusal, Taken) or status == 422) and (number := own_booking(viewer, choice, starts_at)):
        return go(url_for("portal.appointments.confirmation", number=number))
    refusal = over_limit(viewer, choice.booked_online) or refusal
    times = TimePicker(choice.availability, choice.availability.nearest(starts_at))
    facts = {"choice": choice, "form": form, "refusal": refusal, "times": times, "labels": labels}
    facts["formats"] = formats
    facts["held"] = choice.held(starts_at)
    facts["own"] = OwnPhotos(added, "/portal/book/photos") if choice.hold or form.files.errors else None
    facts["args"] = choice.args | ({"at": value_of(starts_at)} if starts_at else {})
    return page("booking/portal/details.html", "booking", status=status, starts_at=starts_at, **facts)


def questions_and_photos() -> tuple[list, list]:
    """The questions of the service of the request, and the photos that the contact has added."""
    asked = {"service": requested("service"), "contact_id": viewer.contact.id if viewer.contact else 0}
    rows = db.session.execute(QUESTIONS_AND_PHOTOS, viewer.whose | asked).all()
    return [row[:5] for row in rows if row.width is None], [row for row in rows if row.width]


def answers_before(questions: Sequence) -> dict:
    """The values of the form from the appointment that the customer books again."""
    row = before(viewer) if booked_again() else None
    answers = dict(row.answers) if row else {}
    return {f"question_{id}": answers[wording] for id, wording, *_others in questions if wording in answers}


def details_path() -> str:
    return url_for(".details", **own_args(), at=request.form.get("at"))


def own_contact() -> Contact:
    """Who books; 403 in a preview."""
    return viewer.contact or abort(403)


def own_photo(number: int) -> AppointmentPhoto:
    """A photo that the contact has added while booking (its id); 404 for any other."""
    mine = AppointmentPhoto.company_id == viewer.company.id, AppointmentPhoto.id == number
    rows = select(AppointmentPhoto).join(BookingHold, AppointmentPhoto.hold_id == BookingHold.id).where(*mine)
    return db.one_or_404(rows.where(OWN_HOLD), {"company_id": viewer.company.id, "contact_id": own_contact().id})


def refuse_large_request(error):
    """Tell it beside the field of the photos, although the request was not read."""
    if getattr(request.url_rule, "endpoint", "") not in TAKES_PHOTOS:
        return expected(error)
    chosen: dict[str, Any] = {name: request.args[name] for name in CHOSEN if name in request.args}
    return go(url_for("portal.booking.details", too_large=1, **chosen))


NONE = null()
SIZE = [cast(NONE, Integer).label(name) for name in ("width", "height")]
OF_SERVICE = QUESTIONS.order_by(None).add_columns(*SIZE)
ADDED = (
    select(AppointmentPhoto.id, literal(""), literal(""), NONE, NONE, AppointmentPhoto.width, AppointmentPhoto.height)
    .join(BookingHold, AppointmentPhoto.hold_id == BookingHold.id)
    .where(AppointmentPhoto.company_id == COMPANY, OWN_HOLD)
)
BOTH = union_all(OF_SERVICE, ADDED).subquery()
QUESTIONS_AND_PHOTOS = select(BOTH).order_by(BOTH.c.id)
"""In one statement; `width` and `height` are those of a photo."""
TAKES_PHOTOS = {f"portal.booking.{name}" for name in ("create", "keep", "add_photos", "remove_photo")}
