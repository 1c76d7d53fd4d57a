"""Fair turns for the threads of a process that want to write to SQLite.

A writer that waits for SQLite's lock sleeps for up to 100 ms between its tries, so one that came later often gets it
first. Here the threads queue in the order in which they came, and the first one tries every few milliseconds. Writers
are still kept apart by SQLite's own lock: an error in this queue could only cost time.
"""

import time
from collections import deque
from math import inf
from threading import Event, Lock, get_ident
from typing import Any, ClassVar

PATIENCE = 10.0
"""Seconds after which a thread leaves the queue and waits for SQLite in SQLite's own way."""
PAUSE = 0.0003
"""Seconds between the tries of the first thread in the queue; other processes may hold the lock."""


class SecondWriter(RuntimeError):
    """A thread began to write on one connection while it writes on another: it would wait for itself, and all others
    with it. A mistake of the program.
    """


class Turns:
    """A fair lock: threads get it in the order in which they requested it."""

    writing_since: ClassVar[float] = -inf
    """When this process began the write transaction that is open (monotonic seconds); -inf without one."""

    def __init__(self):
        self._mutex = Lock()
        self._waiting: deque[Event] = deque()
        self.taken = False
        self.writer = 0

    def take(self, timeout: float) -> bool:
        """Wait for the turn; False if it did not come within `timeout` seconds."""
        with self._mutex:
            if not self.taken:
                self.taken = True
                return True
            given = Event()
            self._waiting.append(given)
        if given.wait(timeout):
            return True
        with self._mutex:
            if given.is_set():
                return True
            self._waiting.remove(given)
            return False

    def give_back(self):
        """Give the turn to the thread that has waited longest."""
        with self._mutex:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self.taken = False


class TakesTurns:
    """Mixin for a DBAPI connection class: a connection has the turn from `begin_writing` until its transaction ends in
    any way.
    """

    turns: Turns
    has_turn = False

    def begin_writing(self: Any) -> bool:
        """Begin a write transaction; False, with nothing begun, if that failed or took longer than `PATIENCE`.

        Raises `SecondWriter` where this thread has begun one on another connection.
        """
        if self.turns.writer == get_ident() and not self.has_turn:
            raise SecondWriter
        deadline = time.monotonic() + PATIENCE
        self.has_turn = self.has_turn or self.turns.take(PATIENCE)
        if self.has_turn:
            self.turns.writer = get_ident()
        try:
            return self.begin_until(deadline)
        except Exception:  # the engine will get the same error and handle it
            return False
        finally:
            self.give_turn_back()

    def begin_until(self: Any, deadline: float) -> bool:
        """Begin a write transaction as soon as no other connection has one."""
        self.execute("PRAGMA busy_timeout = 0")
        try:
            while not self.begin_now():
                if time.monotonic() > deadline:
                    return False
                time.sleep(PAUSE)
        finally:
            self.execute("PRAGMA busy_timeout = 5000")
        Turns.writing_since = time.monotonic()
        return True

    def begin_now(self: Any) -> bool:
        try:
            self.execute("BEGIN IMMEDIATE")
        except Exception as error:
            if "locked" not in str(error):
                raise
            return False
        return True

    def commit(self: Any):
        """Commit, or roll back if that fails: else the pool would reuse the connection with its transaction open."""
        try:
            super().commit()
        except Exception:
            super().rollback()
            raise
        finally:
            self.give_turn_back()

    def rollback(self: Any):
        try:
            super().rollback()
        finally:
            self.give_turn_back()

    def close(self: Any):
        try:
            super().close()
        finally:
            self.give_turn_back(closed=True)

    def __del__(self):
        self.give_turn_back(closed=True)

    def give_turn_back(self: Any, *, closed: bool = False):
        """Give the turn back unless a transaction is still open."""
        if self.has_turn and (closed or not self.in_transaction):
            self.has_turn = False
            self.turns.writer = 0
            Turns.writing_since = -inf
            self.turns.give_back()
