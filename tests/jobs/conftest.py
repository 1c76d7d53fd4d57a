"""Jobs for tests: some note their arguments, some fail."""

import pytest
from sqlalchemy import select

from sergio import jobs
from sergio.extensions import db
from sergio.jobs.models import Job
from sergio.jobs.registry import REGISTRY, Work


@pytest.fixture
def perform(monkeypatch):
    """`perform(name, function, **more)`: register a job during this test."""
    return lambda name, function, **more: monkeypatch.setitem(REGISTRY, name, Work(function, **more))


@pytest.fixture
def done(perform):
    """What the jobs "note" and "stumble" did: a list that grows."""
    seen = []

    def stumble(word):
        seen.append(word)
        raise RuntimeError("no luck")

    perform("note", lambda word: seen.append(word))
    perform("stumble", stumble)
    return seen


@pytest.fixture
def server(perform):
    """A server that jobs named "call" need; `server.away` is what calling it raises, `server.called` who called."""
    return Server(perform)


class Server:
    """Stands for a mail server: the jobs "call" (in the lane of emails) and "idle" (does not call it after all)."""

    def __init__(self, perform):
        self.away: Exception | None = None
        self.called: list[str] = []
        perform("call", self.call, lane=jobs.EMAIL, server=jobs.SMTP)
        perform("idle", lambda: None, lane=jobs.EMAIL, server=jobs.SMTP)

    def call(self, word: str):
        self.called.append(word)
        if self.away:
            raise self.away
        jobs.server_answered()


def only_job() -> Job:
    db.session.rollback()
    return db.session.scalars(select(Job)).one()
