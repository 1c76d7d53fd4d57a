"""Settings -> Team hours -> Calendar: appointments in somebody's own calendar, and busy times from another one.

Also /calendar/<token>.ics, which their calendar reads.
"""

from hashlib import sha256
from http import HTTPStatus

from flask import Blueprint, Response, abort, flash, g, redirect, request, url_for
from wtforms import StringField
from wtforms.validators import DataRequired, Length

import sergio.booking.calendar_jobs  # noqa: F401 - the worker finds its jobs by name
from sergio.booking import calendar, labels
from sergio.booking.calendars import LONGEST_URL, CalendarFeed, OtherCalendar
from sergio.booking.feed import rows_for
from sergio.booking.hours import own_member
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.lib.refused import Refused
from sergio.staff.models import StaffMember
from sergio.web import limits
from sergio.web.csrf import returns_form
from sergio.web.forms import Form, add_error
from sergio.web.pages import page

bp = Blueprint("calendars", __name__, url_prefix="/hours/<int:staff_id>/calendar")
public = Blueprint("calendar_feed", __name__, url_prefix="/calendar")


class OtherCalendarForm(Form):
    """The link to a calendar at another service."""

    url = StringField(_l("Link to the calendar"), [DataRequired(_l("Enter the link.")), Length(max=LONGEST_URL)])


@bp.get("")
def edit(staff_id):
    return calendar_page(own_member(staff_id), OtherCalendarForm(formdata=None))


@bp.post("/link")
def renew(staff_id):
    """Make a link, and show it this once: it is kept nowhere."""
    member = own_member(staff_id)
    path = CalendarFeed.renew(member, by=g.actor, at=clock.now())
    db.session.commit()
    return calendar_page(member, OtherCalendarForm(formdata=None), url=g.company.url(path))


@bp.post("/link/revoke")
def revoke(staff_id):
    CalendarFeed.revoke(own_member(staff_id), by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("The link no longer works."), "success")
    return redirect(url_for(".edit", staff_id=staff_id), 303)


@bp.post("/other")
@limits.calendars
@returns_form
def connect(staff_id):
    member = own_member(staff_id)
    form = OtherCalendarForm()
    if not form.validate_on_submit():
        return calendar_page(member, form, 422)
    try:
        OtherCalendar.connect(member, form.url.data or "", by=g.actor, at=clock.now())
    except Refused as refusal:
        db.session.rollback()
        add_error(form.url, str(refusal))
        return calendar_page(own_member(staff_id), form, 422)
    db.session.commit()
    flash(_("We are reading the calendar. That usually takes less than a minute."), "success")
    return redirect(url_for(".edit", staff_id=staff_id, _anchor="other"), 303)


@bp.post("/other/disconnect")
def disconnect(staff_id):
    OtherCalendar.disconnect(own_member(staff_id), by=g.actor, at=clock.now())
    db.session.commit()
    flash(_("The calendar is removed. Its busy times no longer block bookings."), "success")
    return redirect(url_for(".edit", staff_id=staff_id, _anchor="other"), 303)


def calendar_page(member: StaffMember, form: OtherCalendarForm, status: int = 200, url: str = ""):
    """`url` is a link that was just made."""
    other = db.session.scalar(OtherCalendar.of(member))
    return page(
        "booking/settings/calendar.html",
        status=status,
        member=member,
        form=form,
        url=url,
        feed=db.session.scalar(CalendarFeed.of(member)),
        other=other,
        trouble=labels.trouble(g.company, other, clock.now()) if other else "",
    )


@public.get("/<token>.ics")
def show(token):
    """The appointments of whoever has made this link, for their calendar, which asks again and again."""
    if g.company is None:
        abort(404)
    now = clock.now()
    rows = rows_for(g.company, token, now)
    if rows is None:
        abort(404)
    response = Response(mimetype="text/calendar")
    response.headers["Cache-Control"] = "private, no-cache"
    response.set_etag(sha256(repr(rows).encode()).hexdigest()[:32], weak=True)
    if response.make_conditional(request).status_code == HTTPStatus.OK:
        response.set_data(calendar.of_staff(g.company, rows))
    return response
