"""Huey: carries wake-ups from wherever work was asked for to the workers, and keeps the clock.

A lost wake-up loses nothing: a lane looks by itself every second.
"""

import logging
from functools import cached_property

from flask import Flask, current_app
from sqlalchemy import event

from sergio.config import Config
from sergio.database.engines import Session
from sergio.jobs import schedule
from sergio.jobs.lanes import Lanes
from sergio.lib import clock

log = logging.getLogger(__name__)
LOCK = 7_400_216
"""What processes that make Huey's tables in PostgreSQL lock; any number nobody else locks."""


def init_app(app: Flask):
    """Give the app its waker."""
    app.extensions["waker"] = Waker(app)


class Waker:
    """Wakes a lane in some worker process. Its Huey is made when first needed: it is slow to load, and a reader never
    needs it.
    """

    def __init__(self, app: Flask):
        self.app = app
        self.lanes = Lanes(app)

    @property
    def huey(self):
        """The Huey of this installation, with the two tasks it knows: wake a lane, and each minute the schedule."""
        return self._made[0]

    def wake(self, lane: str):
        """Wake a lane, wherever it runs."""
        self._made[1](lane)

    def tick(self):
        """Ask for the recurring work whose time has come."""
        with self.app.app_context():
            schedule.enqueue_due(clock.now())

    @cached_property
    def _made(self):
        from huey import crontab

        huey = huey_for(self.app.config["SERGIO"])
        huey.periodic_task(crontab(), name="tick")(self.tick)
        return huey, huey.task(name="wake")(self.lanes.wake)


def huey_for(config: Config):
    """The Huey that fits the installation: memory in tests, Redis or PostgreSQL when distributed, else a file."""
    from huey import MemoryHuey, RedisHuey, SqliteHuey

    if config.env == "testing":
        return MemoryHuey(results=False)
    if config.redis_url:
        return RedisHuey(url=config.redis_url, results=False)
    if config.database_url:
        return postgres_huey(config.database_url.replace("+psycopg", ""))
    config.instance.mkdir(parents=True, exist_ok=True)
    return SqliteHuey(filename=str(config.instance / "wake.db"), results=False)


def postgres_huey(dsn: str):
    """Huey on PostgreSQL. It makes its tables in the first process that asks, and all ask at once when they start:
    `CREATE TABLE IF NOT EXISTS` fails for those who come second, so they take turns.
    """
    import psycopg
    from huey import PostgresHuey

    with psycopg.connect(dsn) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        return PostgresHuey(dsn=dsn, results=False)


@event.listens_for(Session, "after_commit")
def wake(session):
    """Wake the lanes in which the committed transaction asked for work; a savepoint has committed nothing yet."""
    if session.in_nested_transaction():
        return
    for lane in session.info.pop("wake", ()):
        try:
            current_app.extensions["waker"].wake(lane)
        except Exception:
            log.warning("no wake-up sent; the lane will find the job on its own", exc_info=True)


@event.listens_for(Session, "after_rollback")
def let_sleep(session):
    """The jobs were rolled back."""
    session.info.pop("wake", None)
