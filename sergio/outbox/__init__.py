"""Emails leave only after commit: an email is a row, added in the transaction of what it reports."""

from sergio.outbox import delivery  # noqa: F401 - registers the jobs
from sergio.outbox.compose import send, to_office
from sergio.outbox.lateness import keep_unsent

__all__ = ["keep_unsent", "send", "to_office"]
