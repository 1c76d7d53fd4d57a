"""Creating sample data without the emails, their links, and the jobs that the models add."""

from contextlib import contextmanager

from sqlalchemy import event

from sergio.extensions import db
from sergio.jobs import DOCUMENTS
from sergio.jobs.models import Job
from sergio.outbox.models import OutgoingEmail


@contextmanager
def emails_suppressed():
    """Delete the emails, what stands in them, and the jobs that the session adds within the block, and no others; its
    PDFs are still kept.
    """
    session = db.session()
    added = []

    def note(session, row):
        job = isinstance(row, Job) and row.lane != DOCUMENTS
        if isinstance(row, OutgoingEmail) or job or getattr(row, "stands_in_email", False):
            added.append(row)

    event.listen(session, "pending_to_persistent", note)
    try:
        yield
        session.flush()
    finally:
        event.remove(session, "pending_to_persistent", note)
    for row in added:
        session.delete(row)
    session.flush()
