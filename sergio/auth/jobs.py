"""After the response: email the sign-in link, send many invitations, and delete what has expired."""

from collections.abc import Sequence

from sqlalchemy import select

from sergio.audit.actor import BY_SYSTEM
from sergio.auth import emails
from sergio.auth.document_links import DocumentLink
from sergio.auth.email_changes import EmailChange
from sergio.auth.invitation_runs import InvitationRun
from sergio.auth.models import HandOver, MagicLink, SignIn
from sergio.auth.previews import Preview
from sergio.extensions import db
from sergio.jobs import EMAIL, SIGN_IN, SMTP, job
from sergio.lib import clock
from sergio.lib.language import OFFICE, speaking
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
    if people:
        with speaking(language_of(link, people)):
            email_link(link, people)
    elif link.for_new and link.is_valid(clock.now()):
        with speaking(link.language or link.company.language):
            emails.confirm_address(link.company, link.email, code=link.issue()[1], expires_at=link.expires_at)


def language_of(link: MagicLink, people: Sequence) -> str:
    """The language of the email to the `people` of one address, of whom one may have chosen it."""
    if link.audience == "office":
        return OFFICE
    chosen = next((person.language for person in people if person.language), None)
    return chosen or link.language or link.company.language


def email_link(link: MagicLink, people: Sequence):
    """Email it to these people of one address, or keep that it is too late."""
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


@job("auth.renew_document_link", lane=EMAIL, label=_l("Preparing a new link to a document"))
def renew_document_link(document_link_id: int):
    """Email the contact of a link that ended a new one. Without such a link, or while it works, send nothing."""
    link = db.session.scalar(select(DocumentLink).where(DocumentLink.id == document_link_id).with_for_update())
    now = clock.now()
    if link and not link.works(now) and (url := link.renew(by=BY_SYSTEM, at=now)):
        emails.document_link(link.contact, link.kind, url=url)


@job("auth.invite_page", lane=EMAIL, server=SMTP, label=_l("Sending invitations to the portal"))
def invite_page(run_id: int):
    """Invite the next contacts of a run. It waits while the mail server is down, like the emails it adds."""
    run = db.session.scalar(select(InvitationRun).where(InvitationRun.id == run_id).with_for_update())
    if run:
        run.invite_page(clock.now())


@job("auth.delete_expired", label=_l("Deleting old sign-ins"))
def delete_expired():
    """Delete links, email changes, previews and sign-ins a week after they expired, and counts of past windows."""
    expiring = (MagicLink, HandOver, EmailChange, Preview, SignIn, RateLimitWindow)
    for statement in (kind.delete_expired(clock.now()) for kind in expiring):
        db.session.execute(statement.execution_options(synchronize_session=False))
