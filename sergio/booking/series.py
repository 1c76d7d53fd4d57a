"""Appointments that repeat: the table of series, and their times as arithmetic. Part of the models of appointments."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from sergio.database.checks import at_least, one_of
from sergio.database.company_scope import CompanyOwned, within_company
from sergio.extensions import Model

EVERY = (1, 2, 4)
"""The weeks there may be between two appointments of a series."""
MOST_TIMES = 52
AHEAD = timedelta(weeks=12)
"""How far ahead the appointments of a series without an end are made."""
GOES_ON = text("ended_at IS NULL AND until IS NULL")


class AppointmentSeries(CompanyOwned, Model):
    """Appointments of a customer at the same time of the day, by the company's clock, every so many weeks.

    `starts_on` is one of its days and `minute` the minute of the day, `until` the last day it may have, None for no
    end. For days through `made_until` its appointments are made; those in `skipped` (ISO) were left out. Once made,
    each is an appointment like any other: one that is moved alone no longer follows the series.
    """

    __table_args__ = (
        UniqueConstraint("company_id", "id"),
        Index(None, "company_id", "customer_id"),
        Index("ix_appointment_series_goes_on", "made_until", sqlite_where=GOES_ON),
        one_of("weeks", EVERY),
        at_least("minutes", 1),
        CheckConstraint("minute BETWEEN 0 AND 1439", name="minute"),
        *within_company(customer_id="customer", contact_id="contact", property_id="property"),
        *within_company(service_id="service", staff_id="staff_member"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column()
    contact_id: Mapped[int] = mapped_column()
    property_id: Mapped[int] = mapped_column()
    service_id: Mapped[int] = mapped_column()
    staff_id: Mapped[int] = mapped_column()
    minutes: Mapped[int]
    note: Mapped[str] = mapped_column(String(2000), default="")
    weeks: Mapped[int]
    starts_on: Mapped[date]
    minute: Mapped[int]
    until: Mapped[date | None]
    made_until: Mapped[date]
    skipped: Mapped[list] = mapped_column(default=list)
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    @property
    def step(self) -> timedelta:
        return timedelta(weeks=self.weeks)

    def times(self, through: date, zone: ZoneInfo) -> Iterator[tuple[date, datetime]]:
        """The days after `made_until` with their times, through a day and the end of the series."""
        last = through if self.until is None else min(through, self.until)
        gone = (self.made_until - self.starts_on) // self.step + 1
        on = self.starts_on + gone * self.step
        while on <= last:
            yield on, at_minute(on, self.minute, zone)
            on += self.step

    def day_near(self, on: date) -> date:
        """The day of the series that is nearest to another day."""
        return self.starts_on + round((on - self.starts_on) / self.step) * self.step

    def has(self, appointment) -> bool:
        """Whether an appointment still is at a time of the series, by the clock it was made by."""
        zone = ZoneInfo(appointment.zone)
        on = appointment.starts_at.astimezone(zone).date()
        return self.day_near(on) == on and at_minute(on, self.minute, zone) == appointment.starts_at


def at_minute(on: date, minute: int, zone: ZoneInfo) -> datetime:
    """The instant of a minute of the day. One that clocks skip is as much later as they skip; of two, the first."""
    return datetime.combine(on, time(*divmod(minute, 60)), zone).astimezone(UTC)


def minute_of(at: datetime, zone: ZoneInfo) -> tuple[date, int]:
    """The day and the minute of the day of an instant."""
    local = at.astimezone(zone)
    return local.date(), local.hour * 60 + local.minute
