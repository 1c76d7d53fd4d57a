"""Emails that come too late to be of use: they are not sent, and staff can see why."""

from datetime import datetime

from flask_babel import force_locale, ngettext
from flask_babel import gettext as _

from sergio.extensions import db
from sergio.jobs import SMTP
from sergio.jobs.models import Outage
from sergio.lib import clock
from sergio.outbox.compose import new_message_id, one_line
from sergio.outbox.models import OutgoingEmail


def keep_unsent(company, to: str, subject: str, *, asked_at: datetime):
    """Note that an email somebody asked for at `asked_at` was never written, because it would come too late."""
    at = clock.now()
    email = OutgoingEmail(company=company, message_id=new_message_id(), to=to, subject=one_line(subject))
    email.text, email.html, email.created_at = "", "", asked_at
    email.refused(why_late(company, asked_at, at), at)
    db.session.add(email)


def why_late(company, asked_at: datetime, at: datetime) -> str:
    """Why an email asked for at one instant was not sent until another, in the company's language."""
    minutes = Outage.minutes(SMTP, asked_at, at)
    with force_locale(company.language):
        if not minutes:
            return _("Not sent: it would have come too late.")
        return ngettext(
            "Not sent: our mail server could not be reached for %(num)d minute.",
            "Not sent: our mail server could not be reached for %(num)d minutes.",
            minutes,
        )
