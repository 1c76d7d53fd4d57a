"""The list of recurring jobs and how often each is enqueued."""

from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError

from sergio.extensions import db
from sergio.jobs.models import Job
from sergio.jobs.registry import REGISTRY

RECURRING = {
    "billing.reconcile": timedelta(minutes=5),
    "booking.find_offers": timedelta(minutes=5),
    "booking.end_waiting": timedelta(hours=1),
    "booking.free_expired": timedelta(minutes=5),
    "booking.settle_guarantees": timedelta(minutes=1),
    "booking.find_calendars": timedelta(minutes=5),
    "booking.find_reminders": timedelta(minutes=5),
    "booking.find_series": timedelta(days=1),
    "invoices.find_reminders": timedelta(hours=1),
    "payments.reconcile": timedelta(minutes=5),
    "payments.find_automatic": timedelta(hours=1),
    "payments.find_saved": timedelta(minutes=5),
    "payments.warn_of_expiry": timedelta(days=1),
    "payments.delete_expired": timedelta(days=1),
    "payments.catch_up": timedelta(days=1),
    "quotes.remind": timedelta(hours=1),
    "auth.delete_expired": timedelta(hours=6),
    "sign_up.delete_expired": timedelta(days=1),
    "overview.close_checklists": timedelta(days=1),
    "imports.delete_expired": timedelta(days=1),
    "widget.delete_expired": timedelta(days=1),
    "outbox.read_bounces": timedelta(minutes=5),
    "outbox.delete_expired": timedelta(days=1),
    "jobs.delete_expired": timedelta(days=1),
}


def enqueue_due(now: datetime):
    """Enqueue each recurring job once a period, on any number of machines: the period is part of its unique key.

    It is given up when the next period begins.
    """
    for name, every in RECURRING.items():
        key = f"{name}@{int(now.timestamp() // every.total_seconds())}"
        db.session.add(Job(name=name, lane=REGISTRY[name].lane, key=key, run_at=now, give_up_at=now + every))
        try:
            db.session.commit()
        except IntegrityError:
            db.session.rollback()
