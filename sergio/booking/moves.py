"""How an appointment got another time."""

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from sergio.database.company_scope import Tenanted, within_company
from sergio.extensions import Model


class AppointmentMove(Tenanted, Model):
    """A visit got another time: from when, to when, by whom. Written once."""

    __table_args__ = (
        Index(None, "company_id", "appointment_id"),
        *within_company(appointment_id="appointment"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    appointment_id: Mapped[int] = mapped_column()
    old: Mapped[datetime]
    new: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime]
