"""The office answers what customers have asked for in their own words, when it was too late to change it online."""

from functools import cache
from typing import NamedTuple

from flask import Blueprint, abort, flash, g, url_for
from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import joinedload

from sergio.booking.change_requests import AppointmentChangeRequest
from sergio.booking.forms import ReplyForm
from sergio.booking.models import Appointment
from sergio.database.company_scope import COMPANY
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.web import limits
from sergio.web.csrf import returns_form
from sergio.web.pages import go, page

bp = Blueprint("replying", __name__)


class Asked(NamedTuple):
    """A change request with its appointment."""

    appointment: Appointment
    change_request: AppointmentChangeRequest


@bp.get("/<int:number>/reply")
def edit(number):
    return reply_page(own_asked(number), ReplyForm(formdata=None))


@bp.post("/<int:number>/reply")
@returns_form
@limits.sendings_of_one
def update(number):
    """Answer by email. The appointment stays as it is."""
    asked = own_asked(number)
    form = ReplyForm()
    if not form.validate_on_submit():
        return reply_page(asked, form, 422)
    asked.change_request.answer(asked.appointment, form.reply.data or "", by=g.actor, now=clock.now())
    db.session.commit()
    flash(_("We emailed the customer your answer."), "success")
    return go(url_for("office.schedule.requests.index"))


def own_asked(number: int) -> Asked:
    """An appointment with what its customer asks for; a page that says so if nobody asks."""
    appointment = db.one_or_404(numbered(), {"company_id": g.company.id, "number": number})
    asked = appointment.open_change_request
    if asked is None or appointment.why_over(clock.now()):
        flash(_("This was answered already, or the appointment was moved or canceled."), "warning")
        abort(go(url_for("office.schedule.show", number=number)))
    return Asked(appointment, asked)


def reply_page(asked: Asked, form: ReplyForm, status: int = 200):
    return page("booking/office/reply.html", status=status, asked=asked, form=form)


PARTS = (Appointment.service, Appointment.place, Appointment.customer, Appointment.staff)


@cache
def numbered() -> Select:
    wanted = Appointment.company_id == COMPANY, Appointment.number == bindparam("number")
    parts = (*PARTS, Appointment.change_requests)
    return select(Appointment).where(*wanted).options(*map(joinedload, parts))
