"""Huey: runs the workers, wakes them after a commit, keeps the clock. A lost wake-up loses nothing."""

import logging
from functools import cached_property

from flask import Flask, current_app
from sqlalchemy import event

from sergio.config import Config
from sergio.jobs import schedule, worker
from sergio.lib import clock
from sergio.lib.database import Session

log = logging.getLogger(__name__)


def init_app(app: Flask):
    """Give the app its bell."""
    app.extensions["bell"] = Bell(app)


class Bell:
    """What rings for a worker. Its Huey is made when first needed: it is slow to load, and a reader never needs it."""

    def __init__(self, app: Flask):
        self.app = app

    @property
    def huey(self):
        """The Huey of this installation, with the two tasks it knows: drain the queue, and each minute the schedule."""
        return self._made[0]

    def ring(self):
        """Wake a worker, wherever it runs."""
        self._made[1]()

    def drain(self):
        """Do what is due."""
        with self.app.app_context():
            worker.drain()

    def tick(self):
        """Ask for the recurring work whose time has come, and do what is due."""
        with self.app.app_context():
            schedule.enqueue_due(clock.now())
            worker.drain()

    @cached_property
    def _made(self):
        from huey import crontab

        huey = huey_for(self.app.config["SERGIO"])
        huey.periodic_task(crontab(), name="tick")(self.tick)
        return huey, huey.task(name="drain")(self.drain)


def huey_for(config: Config):
    """The Huey that fits the installation: memory in tests, Redis or PostgreSQL when distributed, else a file."""
    from huey import MemoryHuey, PostgresHuey, RedisHuey, SqliteHuey

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
            current_app.extensions["bell"].ring()
        except Exception:
            log.warning("no wake-up sent; the next tick will find the job", exc_info=True)


@event.listens_for(Session, "after_rollback")
def let_sleep(session):
    """The work that was asked for was taken back."""
    session.info.pop("wake", None)
