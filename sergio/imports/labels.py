"""Labels of imports: their statuses, and what becomes of their lines."""

from sergio.imports import statuses
from sergio.lib.language import lazy_gettext as _l

STATUSES = {
    statuses.UPLOADED: _l("Columns to choose"),
    statuses.CHECKING: _l("Checking"),
    statuses.CHECKED: _l("Ready to import"),
    statuses.DISCARDED: _l("Discarded"),
    statuses.RUNNING: _l("Importing"),
    statuses.STOPPED: _l("Stopped"),
    statuses.FINISHED: _l("Imported"),
    statuses.UNDOING: _l("Undoing"),
    statuses.UNDONE: _l("Undone"),
}
COLORS = {
    statuses.CHECKED: "open",
    statuses.RUNNING: "open",
    statuses.FINISHED: "paid",
    statuses.UNDOING: "open",
}
"""The `data-status` of a badge; "draft" for any other."""
BEFORE = {
    statuses.ERROR: _l("With errors"),
    statuses.ADD: _l("New customers"),
    statuses.FURTHER: _l("More about them"),
    statuses.UPDATE: _l("Updates"),
    statuses.SKIP: _l("Skipped"),
}
"""What will become of the lines, as tabs of the preview."""
AFTER = {
    statuses.ADD: _l("Added"),
    statuses.FURTHER: _l("More about them"),
    statuses.UPDATE: _l("Updated"),
    statuses.SKIP: _l("Skipped"),
    statuses.ERROR: _l("With errors"),
}
"""What became of them, as tabs of the report."""
UNDONE = {
    statuses.KEPT: _l("Kept"),
    statuses.REMOVED: _l("Removed"),
    statuses.RESTORED: _l("Restored"),
}
"""What undoing did with their customers, as tabs of its report."""
