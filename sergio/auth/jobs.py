"""After the response: find out who asked for a link and write to them; forget what is over."""

from flask_babel import lazy_gettext as _l

from sergio.auth import emails
from sergio.auth.models import MagicLink, SignIn
from sergio.extensions import db
from sergio.jobs import SIGN_IN, job
from sergio.lib import clock
from sergio.web.limits import RateLimitWindow


@job("auth.send_link", lane=SIGN_IN, label=_l("Writing a sign-in email"))
def send_link(link_id: int):
    """Mail the link to the mailbox as the company spells it, if it knows the mailbox; to nobody otherwise."""
    link = db.session.get(MagicLink, link_id)
    if link is None or link.digest:
        return
    people = db.session.scalars(link.people()).all()
    if not people:
        return
    if not link.works(clock.now()):
        emails.sign_in_too_late(link.company, people[0].email, asked_at=link.asked_at)
        return
    token, code = link.arm()
    names = {person.first_name for person in people}
    emails.sign_in(
        link.company,
        people[0].email,
        names.pop() if len(names) == 1 else "",
        path=f"/{link.audience}/sign-in/{token}",
        code=code,
        expires_at=link.expires_at,
    )


@job("auth.delete_expired", label=_l("Deleting old sign-ins"))
def delete_expired():
    """Delete links and sign-ins that have been of no use for a week, and counts whose time is over."""
    for old in (kind.old(clock.now()) for kind in (MagicLink, SignIn, RateLimitWindow)):
        db.session.execute(old.execution_options(synchronize_session=False))
