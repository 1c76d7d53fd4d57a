"""Creating sample data without the emails, their links, and the jobs that the models add."""

from contextlib import contextmanager

from sqlalchemy import event

from sergio.extensions import db
from sergio.jobs import DOCUMENTS
from sergio.jobs.registry import LANES
from sergio.outbox.models import OutgoingEmail


@contextmanager
def emails_suppressed():
    """Delete the emails, and what stands in them, that the session adds within the block, and no others. Of the jobs,
    only those that keep PDFs are added.
    """
    session = db.session()
    added = []

    def note(session, row):
        if isinstance(row, OutgoingEmail) or getattr(row, "stands_in_email", False):
            added.append(row)

    event.listen(session, "pending_to_persistent", note)
    session.info["refused_lanes"] = set(LANES) - {DOCUMENTS}
    try:
        yield
        session.flush()
    finally:
        session.info.pop("refused_lanes")
        event.remove(session, "pending_to_persistent", note)
    for row in added:
        session.delete(row)
    session.flush()
