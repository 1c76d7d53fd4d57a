"""The lanes of one worker process: each a thread that does what is due in its lane and looks again."""

import logging
import time
from threading import Event, Thread

from flask import Flask

from sergio.jobs import worker
from sergio.jobs.registry import LANES

log = logging.getLogger(__name__)

LOOK_EVERY = 1.0
"""Seconds. A wake-up makes it sooner; this finds what has become due meanwhile, and what a lost wake-up was for."""


class Lane(Thread):
    """One lane: `wake()` makes it look at once."""

    def __init__(self, app: Flask, name: str):
        super().__init__(name=f"lane {name}", daemon=True)
        self.app, self.lane = app, name
        self.woken, self.stopping = Event(), Event()

    def wake(self):
        self.woken.set()

    def run(self):
        while not self.stopping.is_set():
            self.woken.clear()
            try:
                with self.app.app_context():
                    worker.drain([self.lane], self.stopping)
            except Exception:  # the database is away: so is everybody else's, and it will be back
                log.exception("lane %s failed", self.lane)
            self.woken.wait(LOOK_EVERY)


class Lanes:
    """All lanes of this process."""

    def __init__(self, app: Flask):
        self.threads = {name: Lane(app, name) for name in LANES}

    def start(self):
        for lane in self.threads.values():
            lane.start()

    def wake(self, name: str):
        """Make a lane look at once."""
        self.threads[name].wake()

    def stop(self, seconds: float):
        """Begin nothing more, and wait for what is under way; what takes longer is done again after its lease."""
        until = time.monotonic() + seconds
        for lane in self.threads.values():
            lane.stopping.set()
            lane.wake()
        for lane in self.threads.values():
            lane.join(max(0, until - time.monotonic()))
