"""The durable queue: a job is a row, added in the caller's transaction."""

from sergio.jobs.claims import confirm_lease, server_answered
from sergio.jobs.models import enqueue, enqueue_once
from sergio.jobs.outages import SMTP, STRIPE, CutShort, Unreachable
from sergio.jobs.registry import CALENDARS, DOCUMENTS, EMAIL, IMPORTS, OTHER, PAYMENTS, SIGN_IN, job

__all__ = [
    "CALENDARS",
    "DOCUMENTS",
    "EMAIL",
    "IMPORTS",
    "OTHER",
    "PAYMENTS",
    "SIGN_IN",
    "SMTP",
    "STRIPE",
    "CutShort",
    "Unreachable",
    "confirm_lease",
    "enqueue",
    "enqueue_once",
    "job",
    "server_answered",
]
