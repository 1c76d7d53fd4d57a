"""The statuses of a quote, and the sentences for one that can no longer be answered."""

from sergio.lib.language import lazy_gettext as _l

DRAFT, SENT, CHANGES_REQUESTED = "draft", "sent", "changes-requested"
ACCEPTED, DECLINED, EXPIRED, WITHDRAWN = "accepted", "declined", "expired", "withdrawn"
OPEN = (SENT, CHANGES_REQUESTED)

WHY_CLOSED = {
    DRAFT: _l("This quote has not been sent yet."),
    DECLINED: _l("This quote was declined. If you changed your mind, ask us for a new one."),
    EXPIRED: _l("This quote has expired. Ask us for a new one, and we will review the price."),
    WITHDRAWN: _l("This quote was withdrawn. Ask us for a new one."),
}
CHANGED = _l("This quote changed while you had it open. Review it again before you respond.")
