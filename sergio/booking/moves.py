"""Moving an appointment, part of the models: by its customer, by the office, and to another staff member."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from sergio.audit.actor import Actor
from sergio.audit.models import record
from sergio.booking import change_requests, slices
from sergio.booking.statuses import CONFIRMED, REQUESTED
from sergio.customers.models import of_test_customer
from sergio.database.append_only import append_only_unless
from sergio.database.company_scope import CompanyOwned, within_company
from sergio.extensions import Model
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.staff.models import StaffMember


class Moves:
    """The verbs of an appointment that give it another time or staff member."""

    def reschedule(self: Any, availability, starts_at: datetime, *, by: Actor, now: datetime):
        """Move it to another time, with the same staff member if they are free, and email the customer and the office.

        Customers must do so in time (`why_not_move`); staff may until it is over. If the service needs approval, a
        customer only asks for the new time (`request_time`). Raises `Refused` for a forbidden time and `Taken` for one
        just taken; then nothing has changed.
        """
        self.lock()
        self._refuse(self.why_not_move(now), self.why_over(now), by)
        if starts_at == self.starts_at:
            raise Refused(_("The appointment is already at that time."))
        staff_ids = sorted(availability.staff_at(starts_at), key=lambda staff_id: staff_id != self.staff_id)
        in_doubt = self.approval == REQUESTED and (self.area or self.place.needs_approval)
        asks = by.is_contact and (self.service.asks_approval or in_doubt)
        if asks and self.approval != REQUESTED:
            self.request_time(starts_at, staff_ids, by=by, now=now)
            return
        before, old = self._times, self.starts_at
        self._move(starts_at, self.minutes, self.buffer_minutes, staff_ids, by=by, now=now)
        if asks:
            self.approval, self.waiting_since = REQUESTED, now
        record(self, "rescheduled", by=by, at=now, before=before, after=self._times)
        self._notify("moved", now, old)

    def rearrange(
        self: Any,
        starts_at: datetime,
        minutes: int,
        member: StaffMember,
        *,
        message: str | None,
        by: Actor,
        now: datetime,
        seen: int | None = None,
    ):
        """Give it the time, the length and the staff member that the office chose, whatever the rules of booking say.

        The customer gets an email with the office's `message`, and none for None. A request that gets another time is
        confirmed with it. Raises `Taken` if the staff member is not free, `Refused` if it has changed since its
        `sequence` was `seen`; then nothing has changed.
        """
        self.lock()
        self._refuse("", self.why_over(now), by)
        self.refuse_unseen(seen)
        before, old, length = self._times, self.starts_at, self.minutes
        if (starts_at, minutes, member.id) == (old, length, self.staff_id):
            return
        buffer = self.buffer_minutes if minutes == length else self.service.buffer_minutes
        was_requested = self.approval == REQUESTED
        self._move(starts_at, minutes, buffer, [member.id], by=by, now=now)
        if was_requested and starts_at != old:
            self.approval = CONFIRMED
        same = (starts_at, minutes) == (old, length)
        record(self, "reassigned" if same else "rescheduled", by=by, at=now, before=before, after=self._times)
        if message is not None:
            self._notify("reassigned" if same else "rearranged", now, old, message=message)

    def hand_over(self: Any, member: StaffMember, *, by: Actor, now: datetime):
        """Give it to another staff member at its time, and email the customer. Raises `Taken` if they have another
        appointment then; their time off and services are checked before (`handover`), their weekly hours are not.
        """
        self.rearrange(self.starts_at, self.minutes, member, message="", by=by, now=now)

    def _move(self: Any, starts_at: datetime, minutes: int, buffer_minutes: int, staff_ids: list[int], *, by, now):
        """Take the time and release the old one. Another time ends what was requested and proposed."""
        old, kept = self.starts_at, slices.held_quarters(self)
        if starts_at != old:
            self._close_request()
            change_requests.close(self, by=by, now=now)
            self.moves.append(AppointmentMove(company_id=self.company_id, old=old, new=starts_at, by=by.name, at=now))
        self._set_times(self.company, starts_at, minutes, buffer_minutes)
        self._hold(staff_ids, kept, now=now)
        self.sequence += 1


@append_only_unless(of_test_customer("appointment", "appointment_id"))
class AppointmentMove(CompanyOwned, Model):
    """Who moved an appointment from which time to which. Rows are never changed or deleted."""

    __table_args__ = (
        Index(None, "company_id", "appointment_id"),
        Index(None, "company_id", "at"),
        *within_company(appointment_id="appointment"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    appointment_id: Mapped[int] = mapped_column()
    old: Mapped[datetime]
    new: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime]
