"""What customers write when it is too late to change an appointment online, and the replies: part of the models."""

from datetime import datetime

from sqlalchemy import Index, String, text, update
from sqlalchemy.orm import Mapped, mapped_column

from sergio import jobs
from sergio.audit.actor import Actor
from sergio.audit.models import record
from sergio.database.company_scope import COMPANY, CompanyOwned, within_company
from sergio.extensions import Model, db
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused

LONGEST = 1000
OPEN = text("answered_at IS NULL")


class AppointmentChangeRequest(CompanyOwned, Model):
    """A customer asks in their own words to move or cancel an appointment. The appointment stays as it is meanwhile.

    It is answered by a `reply`, or without one by moving or canceling the appointment. There is one at a time.
    """

    __table_args__ = (
        Index(None, "company_id", "appointment_id"),
        Index("ix_appointment_change_request_open", "company_id", "at", sqlite_where=OPEN),
        Index(
            "uq_appointment_change_request_open",
            "appointment_id",
            unique=True,
            sqlite_where=OPEN,
        ),
        *within_company(appointment_id="appointment"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    appointment_id: Mapped[int] = mapped_column()
    message: Mapped[str] = mapped_column(String(LONGEST))
    by: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str] = mapped_column(String(120), default="")
    reply: Mapped[str] = mapped_column(String(LONGEST), default="")

    @classmethod
    def can_be_answered(cls) -> tuple:
        """The conditions for those of a company that nobody has answered, beside one on their appointment."""
        return cls.company_id == COMPANY, cls.answered_at.is_(None)

    @property
    def is_open(self) -> bool:
        return self.answered_at is None

    def answer(self, appointment, reply: str, *, by: Actor, now: datetime):
        """Reply to the customer by email. Raises `Refused` if it was answered meanwhile."""
        appointment.lock()
        db.session.refresh(self)
        if not self.is_open:
            raise Refused(_("This was answered already, or the appointment was moved or canceled."))
        self.answered_at, self.answered_by, self.reply = now, by.name, reply
        appointment.told_at = now
        record(appointment, "replied", by=by, at=now, after={"message": reply})
        jobs.enqueue("booking.replied", appointment_id=appointment.id, message=self.message, reply=reply)


def ask(appointment, message: str, *, by: Actor, now: datetime):
    """Ask the office to move or cancel an appointment that can no longer be moved online. Emails the office."""
    appointment.lock()
    if why := appointment.why_over(now):
        raise Refused(why)
    if not appointment.why_not_move(now):
        raise Refused(_("You can still choose another time yourself."))
    if appointment.open_change_request:
        raise Refused(_("You have already asked us. We'll email you our answer."))
    mine = {"company_id": appointment.company_id, "appointment_id": appointment.id, "at": now, "by": by.name}
    appointment.change_requests.append(AppointmentChangeRequest(**mine, message=message))
    record(appointment, "asked_for_change", by=by, at=now, after={"message": message})
    jobs.enqueue("booking.asked", appointment_id=appointment.id, message=message)


def close(appointment, *, by: Actor, now: datetime):
    """What was asked is answered by what is done with the appointment."""
    table = AppointmentChangeRequest
    mine = table.company_id == appointment.company_id, table.appointment_id == appointment.id
    answered = update(table).where(*mine, table.answered_at.is_(None)).values(answered_at=now, answered_by=by.name)
    db.session.execute(answered, execution_options={"synchronize_session": False})
