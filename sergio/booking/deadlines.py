"""Until when an appointment can be changed, and by whom, part of its models."""

from datetime import datetime, timedelta
from typing import Any

from sergio.audit.actor import Actor
from sergio.booking import formats
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused


class Deadlines:
    """Why an appointment can no longer be changed: by its customer, or by anybody."""

    def why_not_move(self: Any, now: datetime) -> str:
        """Why the customer can no longer move it online; empty while they can."""
        rule = _("Appointments can be rescheduled online up to %(limit)s before they start.")
        return self.why_over(now) or self._why_late(now, self.company.reschedule_minutes, rule)

    def why_not_cancel(self: Any, now: datetime) -> str:
        """Why the customer can no longer cancel it online; empty while they can."""
        rule = _("Appointments can be canceled online up to %(limit)s before they start.")
        return self.why_over(now) or self._why_late(now, self.company.cancel_minutes, rule)

    def why_over(self: Any, now: datetime) -> str:
        """Why nobody can change it any more; empty while they can."""
        if self.canceled_at:
            return _("This appointment was canceled.")
        return _("This appointment is over.") if self.completed_at or self.ends_at <= now else ""

    def _why_late(self: Any, now: datetime, minutes: int, rule: str) -> str:
        if now <= online_until(self.starts_at, minutes):
            return ""
        return rule % {"limit": formats.length(minutes)}

    def refuse_unseen(self: Any, seen: int | None):
        """Raise `Refused` if it has changed since its `sequence` was `seen`."""
        if seen not in (None, self.sequence):
            moment = self.company.format_moment(self.starts_at)
            raise Refused(_("This appointment has changed. It is now on %(moment)s. Check it again.", moment=moment))

    def _refuse(self: Any, refusal_for: str, why_over: str, by: Actor):
        """Raise `Refused`: to a customer with `why_not` and how to reach the company, to staff with `why_over`."""
        if by.is_contact and refusal_for:
            raise Refused(f"{refusal_for} {self.company.how_to_reach}")
        if why_over:
            raise Refused(why_over)


def online_until(starts_at: datetime, minutes: int) -> datetime:
    """The last moment to change an appointment online that may be changed up to `minutes` before it starts."""
    return starts_at - timedelta(minutes=minutes)
