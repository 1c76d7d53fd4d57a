"""Emails that would arrive too late: they are not sent, and staff can see why."""

from datetime import datetime

from sergio.extensions import db
from sergio.jobs import SMTP
from sergio.jobs.models import Outage
from sergio.lib import clock
from sergio.lib.language import OFFICE, ngettext, speaking
from sergio.lib.language import gettext as _
from sergio.outbox.compose import new_message_id, one_line
from sergio.outbox.models import OutgoingEmail


def keep_unsent(company, to: str, subject: str, *, requested_at: datetime):
    """Keep a record of an email that was requested at `requested_at` and is too late to be sent."""
    now = clock.now()
    email = OutgoingEmail(company=company, message_id=new_message_id(), to=to, subject=one_line(subject))
    email.text, email.html, email.created_at = "", "", requested_at
    email.mark_refused(why_late(company, requested_at, now), now)
    db.session.add(email)


def why_late(company, requested_at: datetime, now: datetime) -> str:
    """Why an email has not been sent since `requested_at`, in the office's language."""
    minutes = Outage.minutes(SMTP, requested_at, now)
    with speaking(OFFICE):
        if not minutes:
            return _("Not sent: it would have arrived too late.")
        return ngettext(
            "Not sent: our mail server could not be reached for %(num)d minute.",
            "Not sent: our mail server could not be reached for %(num)d minutes.",
            minutes,
        )
