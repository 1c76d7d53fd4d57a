"""What a company has decided about reminders of appointments: columns of `Company`, and its quiet hours."""

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import CheckConstraint, true
from sqlalchemy.orm import Mapped, mapped_column

CHECKS = (
    CheckConstraint("quiet_from BETWEEN 0 AND 23", name="quiet_from"),
    CheckConstraint("quiet_until BETWEEN 0 AND 23", name="quiet_until"),
)


class ReminderSettings:
    """`reminds_days_before` and `reminds_hours_before` are whether customers get those reminders of appointments.

    None is sent from the hour `quiet_from` to the hour `quiet_until` of the company's clock. Equal hours are no quiet
    hours.
    """

    reminds_days_before: Mapped[bool] = mapped_column(default=True, server_default=true())
    reminds_hours_before: Mapped[bool] = mapped_column(default=True, server_default=true())
    quiet_from: Mapped[int] = mapped_column(default=21, server_default="21")
    quiet_until: Mapped[int] = mapped_column(default=8, server_default="8")

    if TYPE_CHECKING:

        @property
        def zone(self) -> ZoneInfo: ...

    def quiet_around(self, at: datetime) -> tuple[datetime, datetime] | None:
        """The beginning and the end of the quiet hours that an instant is in; None outside of them."""
        if self.quiet_from == self.quiet_until:
            return None
        today = at.astimezone(self.zone).date()
        nights = self.quiet_from > self.quiet_until
        for first in (today - timedelta(days=1), today):
            begin = datetime.combine(first, time(self.quiet_from), self.zone)
            end = datetime.combine(first + timedelta(days=nights), time(self.quiet_until), self.zone)
            if begin.timestamp() <= at.timestamp() < end.timestamp():
                return begin, end
        return None
