"""All recurring work on one screen."""

from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError

from sergio.extensions import db
from sergio.jobs.models import Job

RECURRING = {
    "payments.reconcile": timedelta(minutes=5),
    "payments.catch_up": timedelta(days=1),
    "auth.forget": timedelta(hours=6),
    "outbox.forget": timedelta(days=1),
    "jobs.forget": timedelta(days=1),
}


def enqueue_due(at: datetime):
    """Enqueue each recurring job once a period, however many machines ask: the period is in its unique key."""
    for name, every in RECURRING.items():
        period = int(at.timestamp() // every.total_seconds())
        db.session.add(Job(name=name, key=f"{name}@{period}", run_at=at))
        try:
            db.session.commit()
        except IntegrityError:
            db.session.rollback()
