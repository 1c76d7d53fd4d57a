"""Health checks: /up for this process, /up/ready for the database, its schema and the queue."""

from datetime import timedelta

from flask import Blueprint, current_app, jsonify
from sqlalchemy.exc import SQLAlchemyError

from sergio.database.revision import Outdated, require_up_to_date
from sergio.extensions import db
from sergio.jobs.models import Job, Outage
from sergio.jobs.registry import URGENT, names_that_need
from sergio.lib import clock

LONGEST_WAIT = timedelta(minutes=5)

bp = Blueprint("health", __name__, url_prefix="/up")


@bp.get("")
def up():
    """Responds without the database, so that a supervisor does not restart a healthy process during its outage."""
    return "ok", 200, {"Content-Type": "text/plain; charset=utf-8"}


@bp.get("/ready")
def ready():
    """200 if database, schema and queue work, else 503. Names the part that fails; the reason is only in the log."""
    healthy = {"database": False, "schema": False, "queue": False}
    try:
        healthy["schema"] = schema_is_current()
        healthy["database"] = True
        healthy["queue"] = healthy["schema"] and queue_moves()
    except SQLAlchemyError:
        current_app.logger.exception("the database is not responding")
    return jsonify(healthy), 200 if all(healthy.values()) else 503


def schema_is_current() -> bool:
    try:
        require_up_to_date(db.engines["reading"])
    except Outdated:
        return False
    return True


def queue_moves() -> bool:
    """Whether no urgent job is overdue by more than `LONGEST_WAIT`; those that wait for a server that is down do not
    count.
    """
    now = clock.now()
    away = db.session.scalars(Outage.on().with_only_columns(Outage.server)).all()
    due = Job.due(now, URGENT).where(Job.name.not_in(names_that_need(away))).with_only_columns(Job.run_at)
    oldest = db.session.scalar(due.limit(1))
    return oldest is None or now - oldest < LONGEST_WAIT
