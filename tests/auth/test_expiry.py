"""Deleting links and sign-ins a week after they ended, and nothing else."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from sergio import jobs
from sergio.audit.actor import BY_SYSTEM
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


@pytest.fixture
def later(ana):
    """A later sign-in of Ana's than those of the test, which is kept."""

    def sign_in():
        SignIn.start(ana, browser="a test", by=BY_SYSTEM, now=clock.now() + timedelta(seconds=1))

    return sign_in


def test_an_ended_sign_in_is_deleted_after_a_week(browser_of, ana, session, work, later):
    browser_of(ana).post("/portal/sign-out")
    later()
    assert left(session, work, SignIn, timedelta(days=6)) == 2
    assert left(session, work, SignIn, timedelta(days=7, minutes=1)) == 1


def test_an_idle_sign_in_is_deleted_a_week_after_it_expired(browser_of, ana, session, work, later):
    browser_of(ana)
    later()
    assert left(session, work, SignIn, timedelta(days=36)) == 2
    assert left(session, work, SignIn, timedelta(days=37, minutes=1)) == 1


def test_the_last_sign_in_of_each_contact_is_kept_and_none_of_staff(browser_of, ana, ben, olga, session, work):
    for person in (ana, ben, olga):
        browser_of(person)
    assert left(session, work, SignIn, timedelta(days=300)) == 2
    session.rollback()
    assert {row.contact_id for row in session.scalars(select(SignIn))} == {ana.id, ben.id}
