"""After the response: email the sign-in link, send many invitations, and delete what has expired."""

from sqlalchemy import select

from sergio.auth import emails
from sergio.auth.invitation_runs import InvitationRun
from sergio.auth.models import HandOver, MagicLink, SignIn
from sergio.auth.previews import Preview
from sergio.extensions import db
from sergio.jobs import EMAIL, SIGN_IN, SMTP, job
from sergio.lib import clock
from sergio.lib.language import lazy_gettext as _l
from sergio.web.limits import RateLimitWindow


@job("auth.send_link", lane=SIGN_IN, label=_l("Preparing a sign-in email"))
def send_link(link_id: int):
    """Email the link to the address as the company has it on record. Without such an address, send nothing, but
    to somebody who wants to become a customer.
    """
    link = db.session.get(MagicLink, link_id)
    if link is None or link.digest:
        return
    people = db.session.scalars(link.people()).all()
    if not people and link.for_new and link.is_valid(clock.now()):
        emails.confirm_address(link.company, link.email, code=link.issue()[1], expires_at=link.expires_at)
    if not people:
        return
    if not link.is_valid(clock.now()):
        emails.sign_in_too_late(link.company, people[0].email, requested_at=link.requested_at)
        return
    token, code = link.issue()
    names = {person.first_name for person in people}
    emails.sign_in(
        link.company,
        people[0].email,
        names.pop() if len(names) == 1 else "",
        path=f"/{link.audience}/sign-in/{token}",
        code=code,
        expires_at=link.expires_at,
    )


@job("auth.invite_page", lane=EMAIL, server=SMTP, label=_l("Sending invitations to the portal"))
def invite_page(run_id: int):
    """Invite the next contacts of a run. It waits while the mail server is down, like the emails it adds."""
    run = db.session.scalar(select(InvitationRun).where(InvitationRun.id == run_id).with_for_update())
    if run:
        run.invite_page(clock.now())


@job("auth.delete_expired", label=_l("Deleting old sign-ins"))
def delete_expired():
    """Delete links, previews and sign-ins a week after they expired, and rate-limit counts of past windows."""
    expiring = (MagicLink, HandOver, Preview, SignIn, RateLimitWindow)
    for statement in (kind.delete_expired(clock.now()) for kind in expiring):
        db.session.execute(statement.execution_options(synchronize_session=False))
