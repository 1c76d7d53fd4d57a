"""The queue: a job exists if its transaction commits, runs in one worker at a time, and survives failures."""

import threading
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from sergio import jobs
from sergio.audit.actor import BY_SYSTEM
from sergio.extensions import db
from sergio.jobs import claims, schedule, worker
from sergio.jobs.claims import LEASE, claim
from sergio.jobs.models import GIVE_UP_AFTER, LONGEST_PAUSE, STARTS, Job, pause
from sergio.jobs.registry import LANES, REGISTRY, label_of
from sergio.jobs.wake import PAUSE
from sergio.lib import clock
from tests import factories
from tests.jobs.conftest import only_job


def test_a_job_runs_once(session, work, done):
    jobs.enqueue("note", word="hello")
    assert (work(), work()) == (1, 0)
    assert done == ["hello"]


def test_a_job_of_a_failed_transaction_does_not_exist(session, work, done):
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
    assert timedelta(0) < first.run_at - clock.now() <= timedelta(seconds=1)
    with time_machine.travel(clock.now() + timedelta(seconds=2), tick=False):
        work()
        assert only_job().run_at - clock.now() == timedelta(seconds=2)


def test_the_pauses_fill_three_days_and_stay_below_the_allowed_starts():
    assert [pause(tries).total_seconds() for tries in (1, 2, 3, 13, 14, 40)] == [1, 2, 4, 4096, 7200, 7200]
    starts = 0
    waited = timedelta()
    while waited < GIVE_UP_AFTER:
        starts += 1
        waited += pause(starts)
    assert 40 < starts < STARTS
    assert waited < GIVE_UP_AFTER + LONGEST_PAUSE


def test_a_job_that_never_works_is_given_up_after_three_days_and_can_be_retried(session, work, done):
    jobs.enqueue("stumble", word="x")
    session.commit()
    for hours in (0, 24, 48, 71):
        with time_machine.travel(clock.now() + timedelta(hours=hours)):
            work()
    assert (len(done), session.scalars(Job.dead()).all()) == (4, [])
    with time_machine.travel(clock.now() + timedelta(hours=74)):
        work()
        given_up = session.scalars(Job.dead()).one()
        given_up.retry(by=BY_SYSTEM, now=clock.now())
        work()
        assert len(done) == 6
        assert only_job().failed_at is None


def test_a_job_that_ends_its_worker_each_time_is_given_up(session, work, done):
    jobs.enqueue("note", word="deadly")
    session.commit()
    at = clock.now()
    for _ in range(STARTS):
        at += LEASE + timedelta(seconds=1)
        assert claim(at).name == "note"
    with time_machine.travel(at + LEASE + timedelta(seconds=1)):
        work()
    assert done == []
    assert "The program exited" in session.scalars(Job.dead()).one().error


def test_what_a_job_wrote_before_it_failed_is_undone(session, work, done, perform):
    def half():
        jobs.enqueue("note", word="half")
        db.session.flush()
        raise RuntimeError("stop")

    perform("half", half)
    jobs.enqueue("half")
    work()
    assert only_job().name == "half"


def test_a_job_whose_worker_died_is_taken_over_when_the_lease_ends(session, work, done):
    jobs.enqueue("note", word="again")
    session.commit()
    assert claim(clock.now()).name == "note"
    assert work() == 0
    with time_machine.travel(clock.now() + LEASE + timedelta(seconds=1)):
        work()
    assert done == ["again"]


def test_two_workers_never_take_the_same_job(app, session, done):
    taken = claimed_by_two(app, session)
    assert len(taken) == len(set(taken)) == 40


def test_control_without_the_lease_two_workers_take_the_same_jobs(app, session, done, monkeypatch):
    monkeypatch.setattr(claims, "LEASE", timedelta(seconds=-1))
    taken = claimed_by_two(app, session)
    assert len(taken) > len(set(taken))


def claimed_by_two(app, session) -> list[int]:
    """The ids two workers claim, each in turns until it has had 40 or nothing is left."""
    for number in range(40):
        jobs.enqueue("note", word=str(number))
    session.commit()
    taken = []
    together = threading.Barrier(2)

    def take():
        with app.app_context():
            together.wait()
            for _ in range(40):
                if claimed := claim(clock.now()):
                    taken.append(claimed.job_id)

    workers = [threading.Thread(target=take) for _ in range(2)]
    [thread.start() for thread in workers]
    [thread.join() for thread in workers]
    return taken


def test_recurring_jobs_are_enqueued_once_a_period(session):
    noon = clock.now().replace(hour=12, minute=0, second=30)
    for second in range(3):
        schedule.enqueue_due(noon + timedelta(seconds=second))
    count = select(func.count()).select_from(Job).where(Job.name == "payments.reconcile")
    assert session.scalar(count) == 1
    schedule.enqueue_due(noon + timedelta(minutes=5))
    assert session.scalar(count) == 2


def test_every_recurring_job_is_registered(app):
    assert set(schedule.RECURRING) <= set(REGISTRY)


def test_finished_jobs_are_deleted_after_a_week(session, work, done):
    jobs.enqueue("note", word="old")
    work()
    with time_machine.travel(clock.now() + timedelta(days=8)):
        worker.delete_expired()
        session.commit()
    assert session.scalars(select(Job)).all() == []


def test_failed_jobs_are_deleted_after_three_months(session, done):
    factories.job("note", word="old").failed_at = clock.now()
    session.commit()
    for days, left in ((89, 1), (91, 0)):
        with time_machine.travel(clock.now() + timedelta(days=days)):
            worker.delete_expired()
            session.commit()
        assert len(session.scalars(select(Job)).all()) == left


def test_a_commit_with_jobs_wakes_their_lanes_and_a_rollback_does_not(app, session, done):
    waker = app.extensions["waker"]
    huey = waker.huey
    huey.flush()
    waker.woken.clear()
    jobs.enqueue("note", word="x")
    session.rollback()
    assert huey.pending_count() == 0
    jobs.enqueue("note", word="x")
    jobs.enqueue("note", word="y")
    jobs.enqueue("note", lane=jobs.SIGN_IN, word="z")
    session.commit()
    assert {task.args[0] for task in huey.pending()} == {jobs.OTHER, jobs.SIGN_IN}


def test_many_commits_at_once_send_a_lane_one_wake_up(app, session, done):
    waker = app.extensions["waker"]
    waker.huey.flush()
    waker.woken.clear()
    for word in ("a", "b", "c"):
        jobs.enqueue("note", word=word)
        session.commit()
    assert waker.huey.pending_count() == 1
    waker.woken[jobs.OTHER] -= PAUSE
    jobs.enqueue("note", word="d")
    session.commit()
    assert waker.huey.pending_count() == 2


def test_the_lane_of_sign_in_links_is_woken_by_each_commit(app, session, done):
    waker = app.extensions["waker"]
    waker.huey.flush()
    for word in ("a", "b"):
        jobs.enqueue("note", lane=jobs.SIGN_IN, word=word)
        session.commit()
    assert waker.huey.pending_count() == 2


def test_every_job_has_a_label_and_a_lane(app):
    assert [name for name in REGISTRY if label_of(name) == name] == []
    assert {work.lane for work in REGISTRY.values()} <= set(LANES)


def test_enqueue_once_adds_one_job_until_it_is_over(session, work, done):
    for word in ("first", "second"):
        jobs.enqueue_once("note", 7, word=word)
    jobs.enqueue_once("note", 8, word="other")
    session.commit()
    work()
    jobs.enqueue_once("note", 7, word="third")
    session.commit()
    work()
    assert done == ["first", "other", "third"]


def test_the_database_allows_only_one(session, done):
    jobs.enqueue("note", once="note:7", word="first")
    session.commit()
    with pytest.raises(IntegrityError):
        jobs.enqueue("note", once="note:7", word="second")


def test_a_job_belongs_to_its_company(session, sparkle, rival, done):
    session.info["company_id"] = sparkle.id
    assert factories.job("note", word="x").company_id == sparkle.id
    assert factories.job("note", company=rival, word="x").company_id == rival.id
    session.info.pop("company_id")
    assert factories.job("note", word="x").company_id is None
