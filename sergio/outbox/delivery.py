"""Sending one email: sent, retried, waiting for the mail server, or given up."""

import logging
from datetime import timedelta

from flask import current_app
from sqlalchemy import delete

from sergio.extensions import db
from sergio.jobs import EMAIL, SMTP, job
from sergio.lib import clock
from sergio.lib.email_addresses import on_the_wire
from sergio.lib.language import OFFICE, speaking
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.outbox import bounces
from sergio.outbox.bounce_mailbox import unread
from sergio.outbox.bounces import return_path
from sergio.outbox.lateness import why_late
from sergio.outbox.models import OutgoingEmail
from sergio.outbox.smtp import MimeMessage, NotNow, hand_over

KEPT = timedelta(days=90)
log = logging.getLogger(__name__)


@job("outbox.deliver", lane=EMAIL, server=SMTP, label=_l("Sending an email"))
def deliver(email_id: int):
    """Send one email. Temporary errors are raised, so that the job is retried; permanent refusals are stored.

    No transaction is open during the SMTP conversation. A crash between the server's acceptance and our commit sends
    the email again, under the same Message-ID.
    """
    email = db.session.get(OutgoingEmail, email_id)
    if email is None or email.sent_at or email.refused_at:
        return
    if why := why_not_to_send(email):
        email.mark_refused(why, clock.now())
        return
    message = MimeMessage(email, sender=current_app.config["SERGIO"].mail_sender, return_path=return_path(email))
    db.session.commit()
    try:
        refusal = hand_over(message)
    except NotNow as put_off:
        db.session.get_one(OutgoingEmail, email_id).mark_deferred(str(put_off), clock.now())
        db.session.commit()
        raise
    email = db.session.get_one(OutgoingEmail, email_id)
    if refusal:
        bounces.refuse(email, refusal, clock.now())
    else:
        email.mark_sent(clock.now())


def why_not_to_send(email: OutgoingEmail) -> str:
    """Why the email must not be sent; "" if it may be."""
    now = clock.now()
    if email.is_expired(now):
        return why_late(email.company, email.created_at, now)
    if on_the_wire(email.to) is None:
        with speaking(OFFICE):
            return _("This is not a valid email address.")
    return ""


@job("outbox.read_bounces", label=_l("Reading which emails came back"))
def read_bounces():
    """Note what mail servers report of emails that they had accepted, if a mailbox for that is configured.

    No transaction is open while the mailbox is asked. What was noted before a crash is noted once more. Anybody can
    write to that mailbox: a message that nobody can read must not keep those behind it from being read.
    """
    config = current_app.config["SERGIO"]
    if not config.bounces_server:
        return
    db.session.commit()
    for raw in unread(config):
        try:
            report = bounces.read(raw)
        except Exception:  # the standard library's parser raises many kinds for headers that are malformed
            log.warning("a report in the mailbox of bounces cannot be read", exc_info=True)
            continue
        if report:
            bounces.note(report, clock.now())
            db.session.commit()


@job("outbox.delete_expired", label=_l("Deleting old emails"))
def delete_expired():
    """Delete emails after 90 days, sent or not."""
    statement = delete(OutgoingEmail).where(OutgoingEmail.created_at < clock.now() - KEPT)
    db.session.execute(statement.execution_options(synchronize_session=False))
