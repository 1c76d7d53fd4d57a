"""Emails leave only after commit: an email is a row, added in the transaction of what it reports."""

from sergio.outbox import delivery  # noqa: F401 - registers the jobs
from sergio.outbox.compose import emails_caught, is_sample, of_company, send, send_kind, send_test, to_office
from sergio.outbox.lateness import keep_unsent

__all__ = ["emails_caught", "is_sample", "keep_unsent", "of_company", "send", "send_kind", "send_test", "to_office"]
