"""In the background: reading the other calendars of staff."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from sergio.booking.calendars import AHEAD, NO_CALENDAR, OtherCalendar
from sergio.extensions import db
from sergio.jobs import CALENDARS, enqueue_once, job
from sergio.lib import busy_times, clock, public_web
from sergio.lib.language import lazy_gettext as _l
from sergio.staff.models import StaffMember

BACK = timedelta(days=1)


@job("booking.find_calendars", label=_l("Finding calendars to read"))
def find_calendars():
    """Every five minutes: enqueue the reading of the calendars whose turn it is."""
    rows = select(OtherCalendar).join(OtherCalendar.staff).where(OtherCalendar.next_at <= clock.now())
    rows = rows.where(StaffMember.left_at.is_(None)).options(joinedload(OtherCalendar.company))
    for calendar in db.session.scalars(rows).all():
        enqueue_once("booking.read_calendar", calendar.id, company=calendar.company, calendar_id=calendar.id)


@job("booking.read_calendar", lane=CALENDARS, label=_l("Reading a calendar of your team"))
def read_calendar(calendar_id: int):
    refresh(calendar_id)


def refresh(calendar_id: int, resolve: public_web.Resolve = public_web.public_addresses):
    """Read a calendar and keep its busy times, or why that did not work. No transaction is open meanwhile.

    `resolve` is for tests, whose server is not public.
    """
    row = db.session.scalar(one(calendar_id))
    if row is None:
        return
    url, zone = row.url, row.company.time_zone
    db.session.rollback()
    now = clock.now()
    try:
        spans = busy_times.busy_times(public_web.read(url, resolve=resolve), now - BACK, now + AHEAD, zone)
        error = ""
    except public_web.Unreadable as reason:
        spans, error = [], str(reason)
    except busy_times.Unusable:
        spans, error = [], NO_CALENDAR
    row = db.session.scalar(one(calendar_id).with_for_update(of=OtherCalendar))
    if row and row.url == url:
        row.fail(error, now) if error else row.keep(spans, now)


def one(calendar_id: int):
    return select(OtherCalendar).where(OtherCalendar.id == calendar_id).options(joinedload(OtherCalendar.company))
