"""What customers request and the office answers, part of the models: an appointment, another time, times proposed.

A requested time is held until the answer; one that is asked for instead of a confirmed one is held beside it. Times
that the office proposes are offered, not held.
"""

from datetime import UTC, datetime
from typing import Any

from sergio.audit.actor import Actor
from sergio.audit.models import record
from sergio.booking import formats, slices
from sergio.booking.slices import Taken
from sergio.booking.statuses import CONFIRMED, DECLINED
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused

MOST_PROPOSED = 3


class Requests:
    """The verbs of an appointment about what its customer has requested."""

    @property
    def is_waiting(self: Any) -> bool:
        """Whether the office has not answered a request about it."""
        return self.waiting_since is not None

    @property
    def proposed_times(self: Any) -> list[datetime]:
        return [datetime.fromisoformat(at) for at, _staff_id in self.proposed]

    def request_time(self: Any, starts_at: datetime, staff_ids: list[int], *, by: Actor, now: datetime):
        """Ask for another time, and keep this one until the office answers. Raises `Taken` if nobody is free."""
        before, kept = self._wanted, slices.held_quarters(self)
        free_at = starts_at + (self.free_at - self.starts_at)
        staff_id = slices.hold(self, staff_ids, slices.quarters_between(starts_at, free_at), kept, now=now)
        if staff_id is None:
            raise Taken(formats.taken())
        self._close_request()
        self.wanted_starts_at, self.wanted_free_at, self.wanted_staff_id = starts_at, free_at, staff_id
        slices.release_but(self, self._span, *self._wanted_span)
        self.waiting_since = now
        self.sequence += 1
        record(self, "requested_time", by=by, at=now, before=before, after=self._wanted)
        self._notify("time_requested", now)

    def withdraw_request(self: Any, *, by: Actor, now: datetime):
        """Keep the time it has after all."""
        self.lock()
        if self.wanted_starts_at is None:
            raise Refused(_("You have not asked for another time."))
        before = self._wanted
        self._close_request()
        slices.release_but(self, self._span)
        self.sequence += 1
        record(self, "withdrew_request", by=by, at=now, before=before)

    def confirm(self: Any, *, by: Actor, now: datetime, seen: int | None = None):
        """Accept a customer's request, and email the customer. `seen` is the `sequence` that the staff member saw."""
        self._require_waiting(now, seen)
        before, old, wanted, staff_id = self._times, self.starts_at, self.wanted_starts_at, self.wanted_staff_id
        if wanted:
            self._move(wanted, self.minutes, self.buffer_minutes, [staff_id], by=by, now=now)
        else:
            self._close_request()
            self.sequence += 1
        self.approval = CONFIRMED
        if self.area or self.place.needs_approval:
            self.place.is_known = True
        record(self, "confirmed", by=by, at=now, before=before if wanted else {}, after=self._times)
        self._notify("confirmed", now, old if wanted else None)

    def decline(self: Any, message: str, *, by: Actor, now: datetime, seen: int | None = None):
        """Decline a customer's request, and email the customer, with the office's message if any. What was requested is
        canceled; an appointment whose customer asked for another time keeps the one it has.
        """
        self._require_waiting(now, seen)
        wanted = self.wanted_starts_at
        before = self._wanted or self._times
        self._close_request()
        self.sequence += 1
        if wanted:
            slices.release_but(self, self._span)
        else:
            self.approval, self.cancel_reason = DECLINED, message
            self.canceled_at, self.canceled_by = now, by.name
            slices.release(self)
        record(self, "declined", by=by, at=now, before=before, after={"message": message})
        self._notify("time_declined" if wanted else "declined", now, wanted, message=message)

    def propose(
        self: Any, times: list[tuple[datetime, int]], message: str, *, by: Actor, now: datetime, seen: int | None = None
    ):
        """Offer the customer other times, each with the id of a staff member, and email them; nobody holds these. The
        request stays as it is until the customer chooses one, or the office answers it.
        """
        self._require_waiting(now, seen)
        if not 1 <= len(times) <= MOST_PROPOSED:
            raise Refused(_("Choose one to three times."))
        self.proposed = [[at.astimezone(UTC).isoformat(), staff_id] for at, staff_id in sorted(times)]
        self.sequence += 1
        written = [self.company.format_moment(at) for at, _staff_id in sorted(times)]
        record(self, "proposed", by=by, at=now, after={"times": written, "message": message})
        self._notify("proposed", now, message=message)

    def choose(self: Any, starts_at: datetime, *, by: Actor, now: datetime):
        """Take one of the times that the office has proposed, and email both sides. Raises `Taken` if it is no longer
        free.
        """
        self.lock()
        self._refuse_unanswerable(now)
        found = {datetime.fromisoformat(at): staff_id for at, staff_id in self.proposed}
        if starts_at not in found:
            raise Refused(_("That time is no longer offered."))
        if starts_at <= now:
            raise Refused(_("That time has passed."))
        before, old = self._times, self.starts_at
        self._move(starts_at, self.minutes, self.buffer_minutes, [found[starts_at]], by=by, now=now)
        self.approval = CONFIRMED
        record(self, "rescheduled", by=by, at=now, before=before, after=self._times)
        self._notify("moved", now, old)

    @property
    def _wanted(self: Any) -> dict:
        """The other time that is asked for, for the audit trail."""
        return {"wanted_starts_at": self.wanted_starts_at.isoformat()} if self.wanted_starts_at else {}

    @property
    def _wanted_span(self: Any) -> list[slices.Span]:
        """The quarter hours of that time."""
        if self.wanted_starts_at is None:
            return []
        return [(self.wanted_staff_id, slices.quarters_between(self.wanted_starts_at, self.wanted_free_at))]

    def _close_request(self: Any):
        """Nothing is requested or proposed any more; the quarter hours of a wanted time are still to be released."""
        self.waiting_since = self.wanted_starts_at = self.wanted_free_at = self.wanted_staff_id = None
        self.proposed = []

    def _require_waiting(self: Any, now: datetime, seen: int | None):
        self.lock()
        self._refuse_unanswerable(now)
        if not self.is_waiting:
            raise Refused(_("This appointment is not waiting for your approval."))
        self.refuse_unseen(seen)

    def _refuse_unanswerable(self: Any, now: datetime):
        """What is over cannot be answered, unless the customer has asked for a time that is still to come."""
        wanted = self.wanted_starts_at
        if wanted is None or self.canceled_at or self.completed_at:
            if why := self.why_over(now):
                raise Refused(why)
        elif wanted <= now:
            raise Refused(_("The time that the customer asked for has passed."))
