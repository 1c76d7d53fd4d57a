"""The email that invites someone to the team."""

from typing import Any
from urllib.parse import urlencode

from sergio import outbox
from sergio.lib.language import OFFICE, speaking
from sergio.lib.language import gettext as _


@speaking(OFFICE)
def invited(member, inviter: str):
    """How to sign in: a link to the office's sign-in page with the address filled in."""
    company = member.company
    subject = _("%(name)s invited you to %(company)s", name=inviter, company=company.name)
    facts: dict[str, Any] = {"member": member, "inviter": inviter, "until": member.invited_until}
    facts["sign_in_path"] = f"/office/sign-in?{urlencode({'email': member.email})}"
    outbox.send(company, member.email, "staff/email/invited", subject, expires_at=member.invited_until, **facts)
