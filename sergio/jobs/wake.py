"""Huey: runs the workers, wakes them after a commit, keeps the clock. A lost wake-up loses nothing."""

import logging

from flask import Flask, current_app
from huey import Huey, MemoryHuey, PostgresHuey, RedisHuey, SqliteHuey, crontab
from sqlalchemy import event

from sergio.jobs import schedule, worker
from sergio.lib import clock
from sergio.lib.database import Session

log = logging.getLogger(__name__)


def init_app(app: Flask):
    """Give the app its Huey and the two tasks it knows: drain the queue, and each minute the schedule."""
    huey = app.extensions["huey"] = bell(app.config["SERGIO"])

    @huey.task(name="drain")
    def drain():
        with app.app_context():
            worker.drain()

    @huey.periodic_task(crontab(), name="tick")
    def tick():
        with app.app_context():
            schedule.enqueue_due(clock.now())
            worker.drain()

    app.extensions["drain"] = drain


def bell(config) -> Huey:
    """The Huey that fits the installation: memory in tests, Redis or PostgreSQL when distributed, else a file."""
    if config.env == "testing":
        return MemoryHuey(results=False)
    if config.redis_url:
        return RedisHuey(url=config.redis_url, results=False)
    if config.database_url:
        return PostgresHuey(dsn=config.database_url.replace("+psycopg", ""), results=False)
    config.instance.mkdir(parents=True, exist_ok=True)
    return SqliteHuey(filename=str(config.instance / "wake.db"), results=False)


@event.listens_for(Session, "after_commit")
def wake(session):
    """Ring for a worker when the committed transaction asked for work."""
    if session.info.pop("wake", False):
        try:
            current_app.extensions["drain"]()
        except Exception:
            log.warning("no wake-up sent; the next tick will find the job", exc_info=True)


@event.listens_for(Session, "after_rollback")
def let_sleep(session):
    """The work that was asked for was taken back."""
    session.info.pop("wake", None)
