"""Labels of access to the portal, of links to documents, and of what a run of invitations did with each contact."""

from typing import NamedTuple

from babel.support import LazyProxy

from sergio.auth.document_links import APPOINTMENT, INVOICE, OFFER, QUOTE
from sergio.lib.language import lazy_gettext as _l

STATUSES = NONE, INVITED, ACTIVE, BOUNCED, NO_EMAIL = "none", "invited", "active", "bounced", "no_email"
"""Whether a contact can use the portal: active has signed in, bounced is an invitation that was not accepted by their
mail server.
"""
EXPIRED = "expired"
"""An invitation that has expired, which pages show apart from other ones."""

STATUS_LABELS = {
    NONE: _l("Not invited"),
    INVITED: _l("Invited"),
    EXPIRED: _l("Invitation expired"),
    ACTIVE: _l("Active"),
    BOUNCED: _l("Email bounced"),
    NO_EMAIL: _l("No email address"),
}
TONES = {
    NONE: "draft",
    INVITED: "sent",
    EXPIRED: "warning",
    ACTIVE: "active",
    BOUNCED: "failed",
    NO_EMAIL: "warning",
}
"""The `data-status` of each, which gives the badge its color."""
TABS = {
    "all": _l("All"),
    NONE: _l("Not invited"),
    INVITED: _l("Invited"),
    ACTIVE: _l("Active"),
    BOUNCED: _l("Bounced"),
    NO_EMAIL: _l("No email"),
}

WHO = NEVER, NOT_ACTIVE, EVERYONE, CHOSEN = "never", "not_active", "everyone", "chosen"
"""Whom a run of invitations goes through: contacts never invited, those invited who have not signed in, all of them, or
those ticked.
"""
WHO_LABELS = {
    NEVER: _l("Never invited"),
    NOT_ACTIVE: _l("Invited, but haven't signed in"),
    EVERYONE: _l("All customers"),
    CHOSEN: _l("The ones you selected"),
}
OUTCOMES = SENT, ARCHIVED, WITHOUT_EMAIL, USES_PORTAL, RECENT, REFUSED, SAME_MAILBOX = (
    "sent",
    "archived",
    "no_email",
    "active",
    "recent",
    "bounced",
    "same_mailbox",
)
"""What a run does with a contact: it sends an invitation, or skips them for a reason."""
SKIPPED = OUTCOMES[1:]
OUTCOME_LABELS = {
    SENT: _l("Invitation sent"),
    ARCHIVED: _l("Customer is archived"),
    WITHOUT_EMAIL: _l("No email address"),
    USES_PORTAL: _l("Already active"),
    RECENT: _l("Invited in the last 24 hours"),
    REFUSED: _l("The last invitation bounced"),
    SAME_MAILBOX: _l("Same email address as another contact"),
}
ENDS = COMPLETE, STOPPED, NO_PORTAL = "complete", "stopped", "no_portal"
"""How a run ended: after its last contact, by a staff member, or because the plan has no portal any more."""


class DocumentLabel(NamedTuple):
    """Of a kind of document: its name, and the title and the button of the page where a link to it leads."""

    named: LazyProxy
    title: LazyProxy
    open: LazyProxy


DOCUMENT_LABELS = {
    QUOTE: DocumentLabel(_l("Quote"), _l("Your quote"), _l("Open quote")),
    INVOICE: DocumentLabel(_l("Invoice"), _l("Your invoice"), _l("Open invoice")),
    APPOINTMENT: DocumentLabel(_l("Appointment"), _l("Your appointment"), _l("Open appointment")),
    OFFER: DocumentLabel(_l("Waitlist offer"), _l("A time is free for you"), _l("See the time")),
}
