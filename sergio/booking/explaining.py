"""Why a time is or is not offered to customers, for staff: each rule that is asked, one after the other."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import NamedTuple

from flask import Blueprint, g, request
from sqlalchemy import Select, select
from wtforms import DateField, SelectField, StringField, TimeField
from wtforms.validators import InputRequired, Length

from sergio.booking import formats
from sergio.booking.availability import Availability
from sergio.booking.busy import OF_SERVICE, of_service, with_hours
from sergio.booking.services import Service
from sergio.booking.slots import Rota, days_from, epoch_minute, instant, opening, wall_minute
from sergio.companies.models import Company
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.service_area import addresses, coverage
from sergio.service_area import formats as area_formats
from sergio.service_area.coverage import Area
from sergio.service_area.models import AREA_VERSION, area_at
from sergio.service_area.travel import trips_to
from sergio.staff.models import StaffMember
from sergio.web.forms import Form
from sergio.web.pages import page

bp = Blueprint("explaining", __name__, url_prefix="/why")


NAMED_HOURS = with_hours(select(StaffMember.name).where(*OF_SERVICE))


@cache
def services() -> Select:
    """The services in use, each with the version of the service area."""
    return Service.active().add_columns(AREA_VERSION)


class Step(NamedTuple):
    """A rule, and whether the time keeps it."""

    holds: bool
    text: str


class WhyForm(Form):
    """A service, an address, and a time by the company's clock."""

    service = SelectField(_l("Service"), [InputRequired()], coerce=int, choices=[])
    address = StringField(_l("Address, city, or ZIP code"), [Length(max=300)])
    on = DateField(_l("Day"), [InputRequired()])
    time = TimeField(_l("Time"), [InputRequired()], render_kw={"step": 900})


@bp.get("")
def show():
    form = WhyForm(formdata=request.args if "service" in request.args else None, meta={"csrf": False})
    rows = db.session.execute(services(), {"company_id": g.company.id}).all()
    form.service.choices = [(service.number, service.name) for service, _version in rows]
    steps, people, first_time = [], [], ""
    if "service" in request.args and form.validate():
        service, version = next(row for row in rows if row[0].number == form.service.data)
        starts_at = local(form.on.data, form.time.data, g.company)
        asked = service, area_at(version, g.company), form.address.data or "", starts_at
        steps, people, first_time = explained(*asked)
    offered = all(step.holds for step in steps) and any(step.holds for step in people)
    return page(
        "booking/office/why.html",
        "why",
        form=form,
        steps=steps,
        people=people,
        offered=offered,
        first_time=first_time,
    )


def local(on, at, company: Company) -> datetime:
    """The instant of a local time; the first of two where clocks go back."""
    return datetime.combine(on, at, company.zone)


def explained(service: Service, area: Area, text: str, starts_at: datetime) -> tuple[list[Step], list[Step], str]:
    """The rules of the company and the service, a step for each person who does it, and the first time that is free."""
    address = addresses.typed(text, service.company.country)
    hours = db.session.execute(NAMED_HOURS, of_service(service)).all()
    trips = trips_to(area, address) if text else None
    availability = Availability(service, hours, now=clock.now(), trips=trips)
    steps = [*of_booking(service), *of_time(availability, starts_at)]
    if text:
        verdict = coverage.covers(area, address)
        steps.append(Step(verdict.status == coverage.IN, area_formats.why(verdict, area)))
    names = {row.staff_id: row.name for row in hours}
    rotas = [rota for rota in availability.rotas if rota.staff_id]
    people = [of_person(availability, rota, starts_at, names[rota.staff_id]) for rota in rotas]
    nobody = [Step(holds=False, text=_("Nobody does this service."))]
    return steps, people or nobody, availability.first_time_sentence


def of_booking(service: Service) -> list[Step]:
    company = service.company
    opened = _("Online booking is on.") if company.booking_open else _("Online booking is off.")
    online = _("Customers can book this service online.")
    offline = _("Customers can't book this service online.")
    return [Step(company.booking_open, opened), Step(service.bookable, online if service.bookable else offline)]


def of_time(availability: Availability, starts_at: datetime) -> list[Step]:
    """Notice, how far ahead, and the times at which appointments start."""
    company = availability.company
    earliest, last = availability.earliest_start, availability.days[-1].on
    on_grid = wall_minute(epoch_minute(starts_at), company.zone) % company.slot_minutes == 0
    local = starts_at.astimezone(UTC).astimezone(company.zone)
    notice = _("Customers can book from %(moment)s on.", moment=company.format_moment(earliest))
    ahead = _("Customers can book through %(day)s.", day=company.format_day(last))
    grid = _("Appointments start every %(grid)s.", grid=formats.length(company.slot_minutes))
    skipped = Step(
        holds=False,
        text=_(
            "Clocks move forward that day, so this time doesn't exist. It becomes %(time)s.",
            time=company.format_time(local),
        ),
    )
    return [
        *([skipped] if starts_at.replace(tzinfo=None, fold=0) != local.replace(tzinfo=None, fold=0) else []),
        Step(starts_at >= earliest, notice),
        Step(company.day(starts_at) <= last, ahead),
        Step(on_grid, grid),
    ]


def of_person(availability: Availability, rota: Rota, starts_at: datetime, name: str) -> Step:
    reason = against(availability, rota, starts_at)
    return Step(not reason, _("%(name)s: %(reason)s", name=name, reason=reason or _("free.")))


def against(availability: Availability, rota: Rota, starts_at: datetime) -> str:
    """Why somebody is not free then; empty if they are."""
    company, start = availability.company, epoch_minute(starts_at)
    end = start + availability.minutes
    until = end + availability.buffer
    days = days_from(company.day(starts_at) - timedelta(days=1), 3, company.zone)
    if not any(begin <= start and end <= close for begin, close in opening(days, rota.hours)):
        return _("doesn't work for the whole time.")
    if any(begin < until and close > start for begin, close in rota.off):
        return _("has time off, or is busy in another calendar.")
    trips = rota.trips or [0] * len(rota.appointments)
    for (begin, close), trip in zip(rota.appointments, trips, strict=True):
        span = formats.span(company, instant(begin), instant(close))
        if begin < until and close > start:
            return _("has an appointment, %(span)s with the time after it.", span=span)
        if begin - trip < until and close + trip > start:
            length = formats.length(trip)
            return _("needs %(length)s for the trip from or to the appointment %(span)s.", length=length, span=span)
    return ""
