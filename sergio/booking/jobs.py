"""After the response: writing to both sides about an appointment."""

from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from sergio.booking import emails
from sergio.booking.models import Appointment
from sergio.extensions import db
from sergio.jobs import job
from sergio.jobs.registry import EMAIL
from sergio.staff.models import StaffMember

PARTS = (Appointment.company, Appointment.service, Appointment.place, Appointment.customer, Appointment.contact)


@job("booking.tell", lane=EMAIL, label=_l("Email about an appointment"))
def tell(news: str, appointment_id: int, stood: dict):
    """Write that an appointment was "booked", "moved" or "canceled"; `stood` are the facts of that moment."""
    stood = dict(stood)
    told_at, old_at = datetime.fromisoformat(stood.pop("told_at")), stood.pop("old_at")
    facts = {name: instant(fact) if name.endswith("_at") else fact for name, fact in stood.items()}
    appointment = as_it_stood(appointment_id, facts)
    if news == "booked":
        emails.booked(appointment, told_at)
    elif news == "moved":
        emails.moved(appointment, datetime.fromisoformat(old_at), told_at)
    else:
        emails.canceled(appointment)


def as_it_stood(appointment_id: int, facts: dict) -> Appointment:
    """The appointment with the facts it had, which may have changed since; apart from the session, only to be read."""
    query = select(Appointment).where(Appointment.id == appointment_id).options(*(joinedload(part) for part in PARTS))
    appointment = db.session.scalars(query).one()
    db.session.expunge(appointment)
    for name, fact in facts.items():
        setattr(appointment, name, fact)
    appointment.staff = db.session.get_one(StaffMember, appointment.staff_id)
    return appointment


def instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
