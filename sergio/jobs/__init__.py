"""The durable queue: a job is a row, written in the transaction that wants it done."""

from sergio.jobs.models import enqueue
from sergio.jobs.registry import job

__all__ = ["enqueue", "job"]
