"""Notes on an appointment, for the customer or for staff only."""

from datetime import datetime, timedelta

from sqlalchemy import Index, String, func, select
from sqlalchemy.orm import Mapped, mapped_column

from sergio.audit.actor import Actor
from sergio.audit.models import changes, record
from sergio.booking.models import Appointment
from sergio.database.company_scope import CompanyOwned, within_company
from sergio.extensions import Model, db
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused

LONGEST = 2000
MOST_NOTES = 100
SAME_WITHIN = timedelta(minutes=10)
"""A note with the same text within this time is the same one, sent again over a bad network."""


class AppointmentNote(CompanyOwned, Model):
    """What a staff member wrote about an appointment; customers see it if it is `public`."""

    __table_args__ = (
        *within_company(appointment_id="appointment", staff_id="staff_member"),
        Index(None, "company_id", "appointment_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    appointment_id: Mapped[int] = mapped_column()
    staff_id: Mapped[int] = mapped_column()
    by: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    text: Mapped[str] = mapped_column(String(LONGEST))
    public: Mapped[bool]

    @classmethod
    def add(cls, appointment: Appointment, text: str, *, public: bool, by: Actor, now: datetime) -> "AppointmentNote":
        """Add a note; one with the same text that the person has just added is that one."""
        db.session.refresh(appointment, with_for_update={"of": Appointment})
        note = AppointmentNote
        mine = note.company_id == appointment.company_id, note.appointment_id == appointment.id
        same = note.staff_id == by.id, note.text == text, note.public == public, note.at > now - SAME_WITHIN
        if there := db.session.scalar(select(note).where(*mine, *same).limit(1)):
            return there
        if db.session.execute(select(func.count(note.id)).where(*mine)).scalar_one() >= MOST_NOTES:
            raise Refused(_("An appointment can have up to %(most)s notes.", most=MOST_NOTES))
        facts = {"text": text, "public": public}
        whose = {"company_id": appointment.company_id, "appointment_id": appointment.id, "at": now}
        written = note(**whose, staff_id=by.id, by=by.name, **facts)
        db.session.add(written)
        record(appointment, "noted", by=by, at=now, after=facts)
        return written

    def change(self, appointment: Appointment, *, by: Actor, now: datetime, **columns):
        before, after = changes(self, **columns)
        for name, value in after.items():
            setattr(self, name, value)
        if after:
            self.edited_at = now
            record(appointment, "changed_note", by=by, at=now, before=before, after=after)

    def delete(self, appointment: Appointment, *, by: Actor, now: datetime):
        record(appointment, "deleted_note", by=by, at=now, before={"text": self.text, "public": self.public})
        db.session.delete(self)
