"""A server that is down: its jobs wait without counting attempts, one probes, and all run once it is back."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from sergio import jobs
from sergio.jobs import outages
from sergio.jobs.claims import claim
from sergio.jobs.models import GIVE_UP_AFTER, Job, Outage
from sergio.jobs.outages import PAUSES, SMTP, STRIPE
from sergio.lib import clock

AWAY = jobs.Unreachable("connection refused")
SECOND = timedelta(seconds=1)


@pytest.fixture
def calls(session, server):
    """Five jobs that need the server, in the order of their words."""
    for word in "abcde":
        jobs.enqueue("call", word=word)
    session.commit()


@pytest.fixture
def traveler():
    with time_machine.travel(clock.now(), tick=False) as traveler:
        yield traveler


def rows(session) -> list[Job]:
    session.rollback()
    return list(session.scalars(select(Job).order_by(Job.id)))


def test_after_the_first_failure_no_other_job_tries(calls, server, work, traveler):
    server.away = AWAY
    assert (work(), server.called) == (1, ["a"])


def test_control_without_the_outage_every_job_tries_and_fails(calls, server, work, monkeypatch):
    monkeypatch.setattr(outages, "begin_or_extend", lambda *_: None)
    monkeypatch.setattr(Job, "hand_back", Job.fail)
    server.away = AWAY
    work()
    assert len(server.called) == 5


def test_one_job_at_a_time_probes_after_growing_pauses(calls, server, work, traveler):
    server.away = AWAY
    tried = []
    for second in range(40):
        if work():
            tried.append(second)
        traveler.shift(SECOND)
    assert tried == [0, 1, 3, 7, 15, 25, 35]
    assert server.called == list("abcdeab")


def test_waiting_counts_no_attempt(calls, server, work, traveler, session):
    server.away = AWAY
    for _ in range(40):
        work()
        traveler.shift(SECOND)
    assert [(row.attempts, row.failed_at) for row in rows(session)] == [(0, None)] * 5


def test_as_soon_as_one_succeeds_all_run(calls, server, work, traveler, session):
    server.away = AWAY
    for _ in range(40):
        work()
        traveler.shift(SECOND)
    server.away = None
    traveler.shift(PAUSES[SMTP][1] * SECOND)
    assert work() == 5
    assert all(row.finished_at for row in rows(session))
    assert session.scalars(Outage.on()).all() == []


def test_a_second_outage_begins_with_a_short_pause(calls, server, work, traveler, session):
    server.away = AWAY
    for _ in range(20):
        work()
        traveler.shift(SECOND)
    server.away = None
    traveler.shift(20 * SECOND)
    work()
    server.away = AWAY
    jobs.enqueue("call", word="f")
    session.commit()
    assert (work(), work()) == (1, 0)
    traveler.shift(SECOND)
    assert work() == 1


def test_jobs_for_other_servers_continue(calls, server, work, session, perform, done, traveler):
    server.away = AWAY
    jobs.enqueue("note", lane=jobs.EMAIL, word="x")
    session.commit()
    assert (work(), done) == (2, ["x"])


def test_a_job_that_did_not_call_the_server_ends_no_outage(session, server, work, traveler):
    server.away = AWAY
    jobs.enqueue("call", word="a")
    session.commit()
    work()
    traveler.shift(-SECOND)
    jobs.enqueue("idle")
    session.commit()
    traveler.shift(2 * SECOND)
    work()
    assert server.called == ["a", "a"]
    assert len(session.scalars(Outage.on()).all()) == 1


def test_a_job_that_breaks_its_connection_does_not_stop_the_others(session, server, perform, work, traveler):
    def poison():
        raise jobs.CutShort("hung up")

    perform("poison", poison, lane=jobs.EMAIL, server=SMTP)
    jobs.enqueue("poison")
    for word in "abc":
        jobs.enqueue("call", word=word)
    session.commit()
    for _ in range(60):
        work()
        traveler.shift(SECOND)
    assert server.called == list("abc")
    poisoned = rows(session)[0]
    assert (poisoned.finished_at, poisoned.error) == (None, "CutShort: hung up")


def test_a_job_waits_three_days_for_its_server(session, server, work, traveler):
    server.away = AWAY
    jobs.enqueue("call", word="a")
    session.commit()
    work()
    traveler.shift(GIVE_UP_AFTER + SECOND)
    work()
    assert rows(session)[0].failed_at


def test_a_probe_whose_worker_died_is_followed_by_another(calls, server, work, traveler, session):
    server.away = AWAY
    work()
    traveler.shift(SECOND)
    assert claim(clock.now()).probing
    server.away = None
    assert work() == 0
    traveler.shift(61 * SECOND)
    assert work() == 5


def test_stripe_is_probed_less_often(session, perform, work, traveler):
    calls = []

    def ask():
        calls.append(clock.now())
        raise jobs.CutShort("timed out")

    perform("ask", ask, lane=jobs.PAYMENTS, server=STRIPE)
    for _ in range(200):
        jobs.enqueue("ask")
    session.commit()
    for _ in range(300):
        work()
        traveler.shift(SECOND)
    assert len(calls) == 10


def test_the_length_of_an_outage_is_known(session, traveler):
    start = clock.now()
    outages.begin_or_extend(SMTP, "x", start)
    session.commit()
    traveler.shift(timedelta(minutes=20))
    outages.end(SMTP, clock.now())
    session.commit()
    later = start + timedelta(hours=1)
    assert Outage.minutes(SMTP, start, later) == 20
    assert Outage.minutes(SMTP, start + timedelta(minutes=5), later) == 15
    assert Outage.minutes(SMTP, start + timedelta(minutes=21), later) == 0
    assert Outage.minutes(STRIPE, start, later) == 0
