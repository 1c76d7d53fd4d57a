"""The statuses of a quote, and the sentences for one that can no longer be answered."""

from datetime import date

from sergio.lib.language import lazy_gettext as _l

DRAFT, SENT, CHANGES_REQUESTED = "draft", "sent", "changes-requested"
ACCEPTED, DECLINED, EXPIRED, WITHDRAWN = "accepted", "declined", "expired", "withdrawn"
OPEN = (SENT, CHANGES_REQUESTED)
OUTCOMES = (DRAFT, *OPEN, ACCEPTED, DECLINED, WITHDRAWN)
"""The statuses that do not depend on the day."""

WHY_CLOSED = {
    DRAFT: _l("This quote has not been sent yet."),
    DECLINED: _l("This quote was declined. If you changed your mind, ask us for a new one."),
    EXPIRED: _l("This quote has expired. Ask us for a new one, and we will review the price."),
    WITHDRAWN: _l("This quote was withdrawn. Ask us for a new one."),
}
CHANGED = _l("This quote changed while you had it open. Review it again before you respond.")


def status_on(quote, on: date) -> str:
    """The status on a day, of a quote or a row with its `outcome` and `open_until`."""
    return EXPIRED if quote.open_until and quote.open_until < on else quote.outcome


def outcome_of(quote) -> str:
    """The status that a quote's versions and answers give it, whatever the day."""
    if quote.acceptance:
        return ACCEPTED
    if quote.withdrawn_at:
        return WITHDRAWN
    if quote.newest is None:
        return DRAFT
    if quote.decline_now:
        return DECLINED
    return CHANGES_REQUESTED if quote.has_unanswered_request else SENT
