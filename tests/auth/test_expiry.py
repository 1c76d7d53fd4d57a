"""Deleting links and sign-ins a week after they ended, and nothing else."""

from datetime import timedelta

import time_machine
from sqlalchemy import select

from sergio import jobs
from sergio.auth.models import MagicLink, SignIn
from sergio.lib import clock


def left(session, work, kind, passed) -> int:
    with time_machine.travel(clock.now() + passed):
        jobs.enqueue("auth.delete_expired")
        work()
        session.rollback()
        return len(session.scalars(select(kind)).all())


def test_a_link_is_deleted_a_week_after_it_expired(visitor, sparkle, ana, request_link, session, work):
    request_link(visitor(sparkle), "ana@example.com")
    assert left(session, work, MagicLink, timedelta(days=7)) == 1
    assert left(session, work, MagicLink, timedelta(days=7, minutes=16)) == 0


def test_an_ended_sign_in_is_deleted_after_a_week(browser_of, ana, session, work):
    browser_of(ana).post("/portal/sign-out")
    assert left(session, work, SignIn, timedelta(days=6)) == 1
    assert left(session, work, SignIn, timedelta(days=7, minutes=1)) == 0


def test_an_idle_sign_in_is_deleted_a_week_after_it_expired(browser_of, ana, session, work):
    browser_of(ana)
    assert left(session, work, SignIn, timedelta(days=36)) == 1
    assert left(session, work, SignIn, timedelta(days=37, minutes=1)) == 0
