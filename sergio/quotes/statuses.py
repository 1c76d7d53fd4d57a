"""The statuses of a quote, and what to say to somebody who answers one that is not open."""

from flask_babel import lazy_gettext as _l

DRAFT, SENT, CHANGES_REQUESTED = "draft", "sent", "changes-requested"
ACCEPTED, DECLINED, EXPIRED, WITHDRAWN = "accepted", "declined", "expired", "withdrawn"
OPEN = (SENT, CHANGES_REQUESTED)

CLOSED = {
    DRAFT: _l("This quote has not been sent yet."),
    DECLINED: _l("This quote was declined. If you have changed your mind, ask us for a fresh one."),
    EXPIRED: _l("This quote has expired. Ask us for a fresh one, and we will look at the price again."),
    WITHDRAWN: _l("We have taken this quote back. Please ask us for a fresh one."),
}
