"""The queue: work exists if its transaction commits, is done by one worker at a time, and survives what goes wrong."""

import threading
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from sergio import jobs
from sergio.extensions import db
from sergio.jobs import models, schedule, worker
from sergio.jobs.models import ATTEMPTS, LEASE, Job, claim
from sergio.jobs.registry import REGISTRY
from sergio.lib import clock


@pytest.fixture
def done(monkeypatch):
    """What the jobs "note" and "stumble" did: a list that grows."""
    seen = []

    def stumble(word):
        seen.append(word)
        raise RuntimeError("no luck")

    monkeypatch.setitem(REGISTRY, "note", lambda word: seen.append(word))
    monkeypatch.setitem(REGISTRY, "stumble", stumble)
    return seen


def only_job() -> Job:
    db.session.rollback()
    return db.session.scalars(select(Job)).one()


def test_a_job_is_done_once(session, work, done):
    jobs.enqueue("note", word="hello")
    assert (work(), work()) == (1, 0)
    assert done == ["hello"]


def test_a_job_of_a_transaction_that_failed_never_was(session, work, done):
    jobs.enqueue("note", word="hello")
    session.rollback()
    work()
    assert done == []


def test_a_job_waits_for_its_time(session, work, done):
    jobs.enqueue("note", at=clock.now() + timedelta(hours=1), word="later")
    work()
    assert done == []
    with time_machine.travel(clock.now() + timedelta(hours=1, seconds=1)):
        work()
    assert done == ["later"]


def test_a_failed_job_is_tried_again_after_a_growing_pause(session, work, done):
    jobs.enqueue("stumble", word="x")
    work()
    first = only_job()
    assert first.error == "RuntimeError: no luck"
    assert timedelta(0) < first.run_at - clock.now() <= timedelta(seconds=2)
    with time_machine.travel(clock.now() + timedelta(seconds=3)):
        work()
        assert only_job().run_at - clock.now() > timedelta(seconds=3)


def test_a_job_that_never_works_is_given_up_and_can_be_retried(session, work, done):
    jobs.enqueue("stumble", word="x")
    for day in range(ATTEMPTS):
        with time_machine.travel(clock.now() + timedelta(days=day)):
            work()
    assert len(done) == ATTEMPTS
    given_up = session.scalars(Job.dead()).one()
    given_up.retry(clock.now())
    work()
    assert len(done) == ATTEMPTS + 1


def test_what_a_job_wrote_before_it_failed_is_undone(session, work, monkeypatch):
    def half():
        jobs.enqueue("note", word="half")
        db.session.flush()
        raise RuntimeError("stop")

    monkeypatch.setitem(REGISTRY, "half", half)
    jobs.enqueue("half")
    work()
    assert only_job().name == "half"


def test_a_job_whose_worker_died_is_taken_over_when_the_lease_ends(session, work, done):
    jobs.enqueue("note", word="again")
    session.commit()
    assert len(claim(10, clock.now())) == 1
    assert work() == 0
    with time_machine.travel(clock.now() + LEASE + timedelta(seconds=1)):
        work()
    assert done == ["again"]


def test_two_workers_never_take_the_same_job(app, session):
    taken = claimed_by_two(app, session)
    assert len(taken) == len(set(taken)) == 40


def test_control_without_the_lease_two_workers_take_the_same_jobs(app, session, monkeypatch):
    monkeypatch.setattr(models, "LEASE", timedelta(seconds=-1))
    taken = claimed_by_two(app, session)
    assert len(taken) > len(set(taken))


def claimed_by_two(app, session) -> list[int]:
    """The ids two workers claim, each in turns of five until it has had 40 or nothing is left."""
    for number in range(40):
        jobs.enqueue("note", word=str(number))
    session.commit()
    taken, together = [], threading.Barrier(2)

    def take():
        with app.app_context():
            together.wait()
            for _ in range(8):
                taken.extend(claim(5, clock.now()))

    workers = [threading.Thread(target=take) for _ in range(2)]
    [thread.start() for thread in workers]
    [thread.join() for thread in workers]
    return taken


def test_recurring_work_is_asked_for_once_a_period_however_often_the_clock_ticks(session):
    noon = clock.now().replace(hour=12, minute=0, second=30)
    for second in range(3):
        schedule.enqueue_due(noon + timedelta(seconds=second))
    count = select(func.count()).select_from(Job).where(Job.name == "payments.reconcile")
    assert session.scalar(count) == 1
    schedule.enqueue_due(noon + timedelta(minutes=5))
    assert session.scalar(count) == 2


def test_all_recurring_work_has_a_job_by_its_name(app):
    assert set(schedule.RECURRING) <= set(REGISTRY)


def test_finished_jobs_are_forgotten_after_a_week(session, work, done):
    jobs.enqueue("note", word="old")
    work()
    with time_machine.travel(clock.now() + timedelta(days=8)):
        worker.forget()
        session.commit()
    assert session.scalars(select(Job)).all() == []


def test_a_commit_with_work_in_it_rings_for_a_worker_and_a_rollback_does_not(app, session):
    bell = app.extensions["bell"].huey
    bell.flush()
    jobs.enqueue("note", word="x")
    session.rollback()
    assert bell.pending_count() == 0
    jobs.enqueue("note", word="x")
    session.commit()
    assert bell.pending_count() == 1
