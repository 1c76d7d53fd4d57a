"""Statuses of an import, and what becomes of a line of its file."""

UPLOADED, CHECKING, CHECKED, DISCARDED = "uploaded", "checking", "checked", "discarded"
RUNNING, STOPPED, FINISHED, UNDOING, UNDONE = "running", "stopped", "finished", "undoing", "undone"
STATUSES = (UPLOADED, CHECKING, CHECKED, DISCARDED, RUNNING, STOPPED, FINISHED, UNDOING, UNDONE)
NOT_STARTED = (UPLOADED, CHECKING, CHECKED)
AT_WORK = (CHECKING, RUNNING, UNDOING)
"""A job is at work, so the page asks for news."""
OVER = (STOPPED, FINISHED)
"""Done, and to be undone for some days."""

ADD, FURTHER, UPDATE, SKIP, ERROR = "add", "further", "update", "skip", "error"
ACTIONS = (ADD, FURTHER, UPDATE, SKIP, ERROR)
"""A line adds a customer, adds a contact or address to the customer of an earlier line, updates a customer, is skipped
because of one, or has a mistake.
"""
TO_DO = (ADD, FURTHER, UPDATE)

REMOVED, RESTORED, KEPT = "removed", "restored", "kept"
UNDONE_TO = ("", REMOVED, RESTORED, KEPT)
"""What undoing did with a line: its customer was removed, has its former values, or was kept as it is."""
