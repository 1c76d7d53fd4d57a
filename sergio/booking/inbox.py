"""The inbox of requests: what customers have asked for, with what collides, and the office's answers."""

from datetime import datetime
from functools import cache
from typing import NamedTuple

from flask import Blueprint, flash, g, request, url_for
from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import joinedload, selectinload

from sergio.booking import desk, formats, labels
from sergio.booking.agenda import ASKED_ABOUT
from sergio.booking.availability import Availability
from sergio.booking.forms import DeclineForm
from sergio.booking.models import Appointment
from sergio.booking.plan_forms import ProposalForm, slot_value
from sergio.database.company_scope import COMPANY
from sergio.database.engines import Utc
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.staff.models import TimeOff
from sergio.web import limits
from sergio.web.csrf import returns_form
from sergio.web.pages import go, page

MOST = 50

bp = Blueprint("requests", __name__)


class ShownRequest(NamedTuple):
    """A request as the page shows it; `current` is the time that the customer has and wants to change, else empty."""

    appointment: Appointment
    date: tuple[str, str, str, str]
    day: str
    hours: str
    staff: str
    current: str
    asked: str
    warnings: list[str]
    proposed: list[str]


@bp.get("/requests")
def index():
    """The oldest first; those to which other times are proposed, and that wait for the customer, at the end."""
    now = clock.now()
    rows = db.session.scalars(waiting(), {"company_id": g.company.id, "now": now}).unique().all()
    shown = requests([row for row in rows if row.is_waiting], now)
    ours, theirs = ([each for each in shown if bool(each.proposed) is waits] for waits in (False, True))
    asked = [(row, row.open_change_request) for row in rows if row.open_change_request]
    return page("booking/office/requests.html", "requests", ours=ours, theirs=theirs, asked=asked)


@bp.post("/<int:number>/confirmation")
def confirm(number):
    """Accept a customer's request."""
    appointment = own_appointment(number)
    appointment.confirm(by=g.actor, now=clock.now(), seen=sequence_seen())
    db.session.commit()
    flash(_("The appointment is confirmed. We emailed the customer."), "success")
    return go(url_for("office.schedule.show", number=number))


@bp.get("/<int:number>/decline")
def new_decline(number):
    return decline_page(own_appointment(number), DeclineForm(formdata=None))


@bp.post("/<int:number>/decline")
@returns_form
def decline(number):
    """Decline a customer's request, with a message to the customer."""
    appointment = own_appointment(number)
    form = DeclineForm()
    if not form.validate_on_submit():
        return decline_page(appointment, form, 422)
    appointment.decline(form.message.data or "", by=g.actor, now=clock.now(), seen=sequence_seen())
    db.session.commit()
    kept = _("The request is declined, and the appointment stays as it was. We emailed the customer.")
    flash(_("The request is declined. We emailed the customer.") if appointment.canceled_at else kept, "success")
    return go(url_for("office.schedule.show", number=number))


@bp.get("/<int:number>/proposal")
def new_proposal(number):
    appointment = own_appointment(number)
    return proposal_page(appointment, ProposalForm(times_free(appointment)))


@bp.post("/<int:number>/proposal")
@returns_form
@limits.sendings_of_one
def propose(number):
    """Offer the customer up to three other times."""
    appointment = own_appointment(number)
    form = ProposalForm(times_free(appointment))
    if not form.validate_on_submit():
        return proposal_page(appointment, form, 422)
    appointment.propose(form.proposed, form.message.data or "", by=g.actor, now=clock.now(), seen=sequence_seen())
    db.session.commit()
    flash(_("We emailed the customer the times to choose from."), "success")
    return go(url_for(".index"))


def requests(rows: list[Appointment], now: datetime) -> list[ShownRequest]:
    off = time_off(rows)
    return [shown(row, off, now) for row in rows]


def shown(appointment: Appointment, off: list, now: datetime) -> ShownRequest:
    company = g.company
    starts_at, ends_at, staff = requested_time(appointment)
    warnings = [
        _("%(name)s has time off then.", name=staff.name)
        for row in off
        if row.staff_id in (None, staff.id) and row.starts_at < ends_at and row.ends_at > starts_at
    ]
    warnings += filter(None, [labels.place_warning(appointment)])
    moves = appointment.wanted_starts_at is not None
    return ShownRequest(
        appointment,
        formats.date_parts(company, starts_at),
        company.format_day(starts_at),
        formats.span(company, starts_at, ends_at),
        staff.name,
        company.format_moment(appointment.starts_at) if moves else "",
        company.format_moment(appointment.waiting_since or now),
        warnings,
        [company.format_moment(at) for at in appointment.proposed_times],
    )


def requested_time(appointment: Appointment) -> tuple:
    """From when to when and with whom."""
    if appointment.wanted_starts_at is None:
        return appointment.starts_at, appointment.ends_at, appointment.staff
    length = appointment.ends_at - appointment.starts_at
    return appointment.wanted_starts_at, appointment.wanted_starts_at + length, appointment.wanted_staff


def time_off(rows) -> list:
    """The time off that may touch the requests."""
    times = [requested_time(row)[:2] for row in rows]
    if not times:
        return []
    edges = {"begin": min(begin for begin, _end in times), "end": max(end for _begin, end in times)}
    return list(db.session.execute(TIME_OFF, {"company_id": g.company.id, **edges}))


def times_free(appointment: Appointment) -> list[tuple[str, str]]:
    """Free times near the one that was requested, for the form."""
    now = clock.now()
    availability = Availability.for_office(appointment.service, now=now, appointment=appointment)
    names = {member.id: member.name for member in desk.bookable_staff(g.company)}
    near = requested_time(appointment)[0]
    found = desk.free_times(availability, None, near) + desk.free_times(availability, None, None)
    each = sorted({at: staff_id for at, staff_id in found if at != near and staff_id in names}.items())
    return [(slot_value(at, staff_id), f"{g.company.format_moment(at)} · {names[staff_id]}") for at, staff_id in each]


def decline_page(appointment: Appointment, form: DeclineForm, status: int = 200):
    facts = {"appointment": appointment, "form": form, "request_shown": shown(appointment, [], clock.now())}
    return page("booking/office/decline.html", status=status, **facts)


def proposal_page(appointment: Appointment, form: ProposalForm, status: int = 200):
    facts = {"appointment": appointment, "form": form, "request_shown": shown(appointment, [], clock.now())}
    return page("booking/office/proposal.html", status=status, **facts)


def sequence_seen() -> int | None:
    """The `sequence` of the appointment on the page that was sent."""
    return request.form.get("sequence", type=int)


def own_appointment(number: int) -> Appointment:
    return db.one_or_404(numbered(), {"company_id": g.company.id, "number": number})


PARTS = (Appointment.service, Appointment.place, Appointment.staff, Appointment.customer, Appointment.wanted_staff)
TIME_OFF = select(TimeOff.staff_id, TimeOff.starts_at, TimeOff.ends_at).where(
    TimeOff.company_id == COMPANY,
    TimeOff.starts_at < bindparam("end", type_=Utc),
    TimeOff.ends_at > bindparam("begin", type_=Utc),
)


@cache
def waiting() -> Select:
    """The appointments about which something is asked that the office has not answered, the oldest first."""
    asked_about = Appointment.id.in_(ASKED_ABOUT.limit(MOST))
    rows = select(Appointment).where(Appointment.company_id == COMPANY, asked_about)
    rows = rows.order_by(Appointment.waiting_since, Appointment.id)
    whole = map(joinedload, (*PARTS, Appointment.change_requests))
    return rows.options(*whole, selectinload(Appointment.photos_of_customer))


@cache
def numbered() -> Select:
    wanted = Appointment.company_id == COMPANY, Appointment.number == bindparam("number")
    return select(Appointment).where(*wanted).options(*map(joinedload, (*PARTS, Appointment.photos_of_customer)))
