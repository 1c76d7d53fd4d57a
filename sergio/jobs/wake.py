"""Huey: wakes the workers after a commit with new jobs, and runs the schedule every minute.

A lost wake-up only delays a job: each lane polls every second. So nobody waits until one is on the disk.
"""

import logging
import sqlite3
import sys
import time
from functools import cached_property
from importlib import import_module
from math import inf
from typing import Any, cast

from flask import Flask, current_app
from sqlalchemy import event

from sergio.config import Config
from sergio.database.engines import Session
from sergio.jobs import schedule
from sergio.jobs.lanes import Lanes
from sergio.jobs.registry import SIGN_IN
from sergio.lib import clock

log = logging.getLogger(__name__)
PAUSE = 0.1
"""Seconds for which a process sends a lane no second wake-up: what comes meanwhile waits for its next poll, a second at
most. Somebody waits for each sign-in link, so their lane is always woken.
"""
LOCK = 7_400_216
"""The PostgreSQL advisory lock for creating Huey's tables; a number that nothing else uses."""


SERVERS = {"redis": "redis_url", "psycopg": "database_url"}
"""The libraries that Huey loads wherever it finds them, and the setting without which we do not use them."""


def load_huey(config: Config):
    """Load Huey before the web server's processes start: they share its memory, and the first request of each that
    writes does not keep all others waiting for a tenth of a second. Unused libraries, up to 11 MB, are hidden from it.
    """
    unused = [name for name, setting in SERVERS.items() if not getattr(config, setting) and name not in sys.modules]
    for name in unused:
        cast(dict, sys.modules)[name] = None  # "not there", see importlib
    import_module("huey")
    for name in unused:
        del sys.modules[name]


def init_app(app: Flask):
    app.extensions["waker"] = Waker(app)


class Waker:
    """Wakes a lane in some worker process. Huey is imported when first needed: it is slow to load, and requests that
    only read never need it.
    """

    def __init__(self, app: Flask):
        self.app = app
        self.lanes = Lanes(app)
        self.woken: dict[str, float] = {}

    @property
    def huey(self):
        """The Huey of this installation, with two tasks: wake a lane, and run the schedule each minute."""
        return self._made[0]

    def wake(self, lane: str):
        now = time.monotonic()
        if lane == SIGN_IN or now - self.woken.get(lane, -inf) >= PAUSE:
            self._made[1](lane)
            self.woken[lane] = now

    def tick(self):
        with self.app.app_context():
            schedule.enqueue_due(clock.now())

    @cached_property
    def _made(self):
        from huey import crontab

        huey = huey_for(self.app.config["SERGIO"])
        huey.periodic_task(crontab(), name="tick")(self.tick)
        return huey, huey.task(name="wake")(self.lanes.wake)


def huey_for(config: Config):
    """The Huey for the installation: in memory in tests, else Redis, PostgreSQL or a SQLite file."""
    from huey import MemoryHuey, RedisHuey, SqliteHuey

    if config.env == "testing":
        return MemoryHuey(results=False)
    if config.redis_url:
        return RedisHuey(url=config.redis_url, results=False)
    if config.database_url:
        return postgres_huey(config.database_url.replace("+psycopg", ""))
    config.instance.mkdir(parents=True, exist_ok=True)
    connections: Any = {"factory": NotWaiting}  # passed on to sqlite3.connect
    return SqliteHuey(filename=str(config.instance / "wake.db"), results=False, **connections)


class NotWaiting(sqlite3.Connection):
    """A connection whose commits, in a write-ahead log, do not wait for the disk."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.execute("PRAGMA synchronous = NORMAL")


def postgres_huey(dsn: str):
    """Huey on PostgreSQL. Each process creates its tables when it starts, and concurrent `CREATE TABLE IF NOT EXISTS`
    statements fail, so they run one after the other.
    """
    import psycopg
    from huey import PostgresHuey

    with psycopg.connect(dsn) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        return PostgresHuey(dsn=dsn, results=False, options="-c synchronous_commit=off")


@event.listens_for(Session, "after_commit")
def wake(session):
    """Wake the lanes of the jobs that were committed; releasing a savepoint commits nothing yet."""
    if session.in_nested_transaction():
        return
    for lane in session.info.pop("wake", ()):
        try:
            current_app.extensions["waker"].wake(lane)
        except Exception:
            log.warning("no wake-up sent; the lane will find the job on its own", exc_info=True)


@event.listens_for(Session, "after_rollback")
def discard_wake_ups(session):
    session.info.pop("wake", None)
