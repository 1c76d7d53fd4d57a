"""Appointments of a large company: two a day for each technician, from the end of this week back."""

from datetime import UTC, date, datetime, time, timedelta
from functools import partial

from sqlalchemy import func, select

from sergio.audit.models import AuditEntry
from sergio.big_world.history import CREW, FIRST, History, Part, Work, named, noted
from sergio.booking.models import Appointment, AppointmentMove
from sergio.booking.services import Service
from sergio.booking.slices import AppointmentSlice
from sergio.booking.slots import QUARTER, epoch_minute
from sergio.companies.models import Company
from sergio.extensions import db

LENGTH = timedelta(hours=1)
HOURS = (18, 14)
"""When the visits of a day begin, in UTC, the later one first."""


def planned(history: History, count: int) -> list[Part]:
    visits = [Work(FIRST + n, history.turn(n), starts_at(n, history.today)) for n in range(count)]
    quarters = [(visit, quarter) for visit in visits for quarter in range(60 // QUARTER)]
    return [
        (Appointment, partial(appointment, history, a_service(history.company)), visits),
        (AppointmentSlice, slice_of, quarters),
        (AppointmentMove, move, visits[::10]),
        (AuditEntry, lambda visit: noted(visit, "scheduled", "appointment"), visits),
    ]


def starts_at(n: int, today: date) -> datetime:
    day, visit = divmod(n // CREW, len(HOURS))
    sunday = today + timedelta(days=6 - today.weekday())
    return datetime.combine(sunday - timedelta(days=day), time(HOURS[visit]), UTC)


def a_service(company: Company) -> int:
    return db.session.scalars(select(func.min(Service.id)).where(Service.company_id == company.id)).one()


def appointment(history: History, service_id: int, visit: Work) -> dict:
    end, company = visit.at + LENGTH, history.company
    done = end if end < history.now else None
    offset = visit.at.astimezone(company.zone).utcoffset() or timedelta()
    about = {"id": visit.n, "number": visit.n, "uid": f"big {visit.n}", "created_at": visit.at - timedelta(days=14)}
    whose = dict.fromkeys(("customer_id", "contact_id", "property_id"), visit.customer)
    times = {"starts_at": visit.at, "ends_at": end, "free_at": end, "completed_at": done}
    local = {"zone": company.time_zone, "offset_minutes": offset // timedelta(minutes=1)}
    return {**about, **whose, **times, **local, "service_id": service_id, "staff_id": member(visit)}


def member(visit: Work) -> int:
    return FIRST + visit.n % CREW


def slice_of(part: tuple[Work, int]) -> dict:
    visit, quarter = part
    taken = epoch_minute(visit.at) // QUARTER + quarter
    return {"staff_id": member(visit), "quarter_hour": taken, "appointment_id": visit.n}


def move(visit: Work) -> dict:
    times = {"old": visit.at, "new": visit.at, "at": visit.at - timedelta(days=7)}
    return {"appointment_id": visit.n, **times, "by": named(visit.customer)["name"]}
