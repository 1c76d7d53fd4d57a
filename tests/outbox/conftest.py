"""Real SMTP: emails go to a server on 127.0.0.1 instead of Flask-Mail's testing mode."""

import pytest
from sqlalchemy import select, update

from sergio.jobs.models import Job, Outage
from sergio.lib import clock
from sergio.outbox import smtp
from sergio.outbox.models import OutgoingEmail
from sergio.sandbox.mailbox import running_mailbox


@pytest.fixture
def mailbox(app, tmp_path, monkeypatch):
    """A server that stores emails, with faults on command."""
    with running_mailbox(tmp_path / "mail") as mailbox:
        post = app.extensions["mail"]
        for name, value in {"suppress": False, "server": mailbox.host, "port": mailbox.port}.items():
            monkeypatch.setattr(post, name, value)
        monkeypatch.setattr(smtp, "SECONDS", 0.3)
        yield mailbox


@pytest.fixture
def email(session):
    """`email()`: the only email, read again."""

    def read() -> OutgoingEmail:
        session.rollback()
        return session.scalars(select(OutgoingEmail)).one()

    return read


@pytest.fixture
def later(session, work):
    """`later()`: make postponed jobs due now."""

    def hurry():
        session.rollback()
        session.execute(update(Job).values(run_at=clock.now()))
        session.execute(update(Outage).values(next_at=clock.now()))
        session.commit()
        return work()

    return hurry
