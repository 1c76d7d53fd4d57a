"""Labels for the statuses of a quote."""

from sergio.lib.language import lazy_gettext as _l
from sergio.quotes.statuses import ACCEPTED, CHANGES_REQUESTED, DECLINED, DRAFT, EXPIRED, SENT, WITHDRAWN

REPLACED = "replaced"
"""The status of a version that a newer one replaced."""

LABELS = {
    DRAFT: _l("Draft"),
    SENT: _l("Open"),
    CHANGES_REQUESTED: _l("Changes requested"),
    ACCEPTED: _l("Accepted"),
    DECLINED: _l("Declined"),
    EXPIRED: _l("Expired"),
    WITHDRAWN: _l("Withdrawn"),
    REPLACED: _l("Replaced"),
}
