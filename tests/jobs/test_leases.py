"""Leases: a worker that lost its job to another neither acts nor writes."""

import pytest
from sqlalchemy import update

from sergio import jobs
from sergio.extensions import db
from sergio.jobs import claims, worker
from sergio.jobs.claims import LEASE, LeaseLost, claim, confirm_lease, running
from sergio.jobs.models import Job
from sergio.lib import clock
from tests.jobs.conftest import only_job


@pytest.fixture
def claimed(session, done):
    """A job "note" that this worker has just begun."""
    jobs.enqueue("note", word="x")
    session.commit()
    return claim(clock.now())


def take_over():
    """Another worker takes the job because the lease has ended."""
    at = clock.now() + LEASE * 2
    with db.engine.begin() as connection:
        connection.execute(update(Job).values(lease="another", leased_until=at + LEASE, attempts=2))


def test_a_lease_that_still_holds_is_renewed(claimed):
    before = only_job().leased_until
    db.session.rollback()
    with running(claimed):
        confirm_lease()
    assert only_job().leased_until > before


def test_a_lease_that_ended_but_was_not_taken_is_renewed_too(claimed):
    with db.engine.begin() as connection:
        connection.execute(update(Job).values(leased_until=clock.now() - LEASE))
    with running(claimed):
        confirm_lease()
    assert only_job().leased_until > clock.now()


def test_a_worker_that_lost_the_lease_does_not_act(claimed):
    take_over()
    with running(claimed), pytest.raises(LeaseLost):
        confirm_lease()


def test_outside_a_worker_there_is_nothing_to_confirm(session):
    confirm_lease()


@pytest.mark.parametrize("goes", ["well", "wrong", "away"])
def test_a_worker_that_lost_the_lease_changes_nothing(session, perform, goes):
    def slow():
        jobs.enqueue("slow")  # what it wrote
        db.session.rollback() if goes == "away" else None
        take_over_later()
        if goes == "wrong":
            raise RuntimeError
        if goes == "away":
            raise jobs.Unreachable

    def take_over_later():
        db.session.rollback()
        take_over()
        jobs.enqueue("slow")

    perform("slow", slow, server=jobs.SMTP)
    jobs.enqueue("slow")
    session.commit()
    worker.run(claim(clock.now()))
    row = only_job()
    assert (row.lease, row.attempts, row.error) == ("another", 2, "")
    assert (row.finished_at, row.failed_at) == (None, None)


def test_control_without_the_lease_token_it_does(session, perform, monkeypatch):
    monkeypatch.setattr(claims.Claim, "held", lambda self: db.session.get_one(Job, self.job_id))
    perform("slow", take_over)
    jobs.enqueue("slow")
    session.commit()
    worker.run(claim(clock.now()))
    assert only_job().finished_at


def test_an_attempt_counts_when_it_starts_and_waiting_jobs_do_not_age(session, done):
    for word in "ab":
        jobs.enqueue("note", word=word)
    session.commit()
    claim(clock.now())
    assert sorted(session.scalars(db.select(Job.attempts))) == [0, 1]
