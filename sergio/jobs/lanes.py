"""The lanes of one worker process: each is a thread that runs the due jobs of its lane, and polls."""

import logging
import time
from threading import Event, Thread

from flask import Flask

from sergio.jobs import worker
from sergio.jobs.registry import LANES

log = logging.getLogger(__name__)

POLL_EVERY = 1.0
"""Seconds. A wake-up makes it sooner; polling finds jobs that became due, and those whose wake-up was lost."""


class Lane(Thread):
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
            except Exception:  # such as a database that is down: try again with the next poll
                log.exception("lane %s failed", self.lane)
            self.woken.wait(POLL_EVERY)


class Lanes:
    """All lanes of this process."""

    def __init__(self, app: Flask):
        self.threads = {name: Lane(app, name) for name in LANES}

    def start(self):
        for lane in self.threads.values():
            lane.start()

    def wake(self, name: str):
        self.threads[name].wake()

    def stop(self, seconds: float):
        """Start no more jobs, and wait for running ones; one that takes longer runs again after its lease."""
        until = time.monotonic() + seconds
        for lane in self.threads.values():
            lane.stopping.set()
            lane.wake()
        for lane in self.threads.values():
            lane.join(max(0, until - time.monotonic()))
