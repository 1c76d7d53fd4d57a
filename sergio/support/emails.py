"""The email to the people who run the installation."""

from typing import NamedTuple

from sergio import outbox
from sergio.companies.plans import PRIORITY_SUPPORT
from sergio.lib.language import OFFICE, speaking
from sergio.lib.language import gettext as _


class SupportRequest(NamedTuple):
    """What a staff member asks, and what is attached to it. `email` is theirs, for the reply."""

    subject: str
    message: str
    name: str
    email: str
    role: str
    error: str
    build: str


@speaking(OFFICE)
def requested(company, to: str, asked: SupportRequest):
    """To the support address; a reply goes to the staff member who asked."""
    urgent = _("[Priority]") if company.buys_plans and company.has(PRIORITY_SUPPORT) else ""
    subject = f"{urgent} {asked.subject} ({company.name})".strip()
    outbox.send(company, to, "support/email/requested", subject, reply_to=asked.email, asked=asked)
