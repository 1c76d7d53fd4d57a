"""The queue as processes: workers that are slow, suspended or killed, and servers that are down."""

import socket
import time
from collections import Counter
from contextlib import contextmanager

import pytest
from sqlalchemy import func, select, update

from sergio import jobs, outbox
from sergio.audit.actor import BY_SYSTEM
from sergio.auth.models import MagicLink
from sergio.extensions import db
from sergio.jobs.models import Job, Outage
from sergio.lib import clock
from sergio.outbox.models import OutgoingEmail
from sergio.outbox.wording import Words
from sergio.payments.models import PaymentAttempt
from sergio.sandbox.mailbox import running_mailbox
from tests.faults.program import HOST, Changed
from tests.invoices import builders
from tests.ports import free_port

SOON = {"sergio.jobs.claims.LEASE": 2}


@pytest.fixture
def mailbox(tmp_path):
    with running_mailbox(tmp_path / "mail") as mailbox:
        yield mailbox


@pytest.fixture
def worker(start):
    """`worker(changes, mail_port=…)`: a worker process, with constants changed as tests/faults/changed.py says."""

    def run(changes=(), **settings):
        changed = [f"{path}={value}" for path, value in dict(changes).items()]
        return start("work", *changed, kind=Changed, mail_server=HOST, **settings)

    return run


def write(company, count: int) -> set[str]:
    """So many emails, committed; their Message-IDs."""
    facts = {"words": Words("Email", "Hello"), "link": "x", "code": "x", "until": clock.now()}
    emails = [
        outbox.send(company, "ana@example.com", "auth/email/sign_in", f"Email {number}", **facts)
        for number in range(count)
    ]
    ids = {email.message_id for email in emails}
    db.session.commit()
    return ids


def came(mailbox) -> Counter:
    """How often each Message-ID came."""
    return Counter(message["Message-ID"] for message in mailbox.emails())


def wait_until(true, seconds: float = 100) -> float:
    """How many seconds passed until something was true."""
    started = time.monotonic()
    while not true():
        assert time.monotonic() - started < seconds, "it did not happen in time"
        time.sleep(0.05)
    return time.monotonic() - started


def all_sent() -> bool:
    db.session.rollback()
    return not db.session.scalar(select(func.count()).where(OutgoingEmail.sent_at.is_(None)))


def sent_by_two_workers(worker, sparkle, mailbox, count: int, changes=None) -> Counter:
    """So many emails, one by one; the server lets nobody in until both workers stand before it with the same one."""
    patient = {"sergio.outbox.smtp.SECONDS": 60, "sergio.outbox.smtp.CONVERSATION": 60}
    for _ in range(2):
        worker({"sergio.jobs.claims.LEASE": 1, **patient, **(changes or {})}, mail_port=mailbox.port)
    for _ in range(count):
        mailbox.slow_down(50, "EHLO")
        connections = mailbox.connections
        write(sparkle, 1)
        wait_until(lambda before=connections: mailbox.connections == before + 2)
        mailbox.slow_down(0, "EHLO")
        wait_until(all_sent)
    time.sleep(2)  # for a second copy on its way
    return came(mailbox)


def test_a_worker_that_lost_its_lease_sends_nothing(worker, sparkle, mailbox, long):
    count = 20 if long else 2
    emails = sent_by_two_workers(worker, sparkle, mailbox, count)
    assert (len(emails), set(emails.values())) == (count, {1})


def test_control_without_renewing_the_lease_some_are_sent_twice(worker, sparkle, mailbox):
    emails = sent_by_two_workers(worker, sparkle, mailbox, 1, {"sergio.jobs.confirm_lease": "off"})
    assert min(emails.values()) > 1


def test_killed_workers_lose_no_email(worker, sparkle, mailbox, long):
    mailbox.slow_down(0.1)
    ids = write(sparkle, 40)
    kills = 8 if long else 2
    for kill in range(1, kills + 1):
        running = worker(SOON, mail_port=mailbox.port)
        wait_until(lambda enough=40 * kill // (kills + 2): len(came(mailbox)) > enough)
        running.kill()
    worker(SOON, mail_port=mailbox.port)
    wait_until(all_sent)
    emails = came(mailbox)
    assert set(emails) == ids
    assert emails.total() - len(emails) <= kills


def is_down_for_long() -> bool:
    """Whether a worker has tried the mail server three times."""
    db.session.rollback()
    outage = db.session.scalar(Outage.on())
    return outage is not None and outage.failures >= 3


def test_after_an_outage_all_emails_leave_within_seconds(worker, sparkle, tmp_path, long):
    port = free_port()
    ids = write(sparkle, 10)
    worker(mail_port=port)
    wait_until(is_down_for_long)
    time.sleep(90 if long else 0)  # pytest ends a test that is silent for two minutes
    with running_mailbox(tmp_path / "mail", port) as mailbox:
        took = wait_until(lambda: len(came(mailbox)) == 10)
    assert set(came(mailbox)) == ids
    assert took < 20


@contextmanager
def silent_stripe():
    """Takes every connection and never says a word."""
    with socket.create_server((HOST, 0), backlog=200) as listener:
        yield f"http://{HOST}:{listener.getsockname()[1]}"


def attempts(ana, count: int):
    """So many payments that were begun and are still open at Stripe."""
    for number in range(count):
        invoice = builders.invoice(ana)
        attempt = PaymentAttempt.start({invoice: invoice.due}, ana, by=BY_SYSTEM, at=clock.now())
        attempt.intent, attempt.status = f"pi_{number}", "open"
    jobs.enqueue("payments.reconcile")
    db.session.commit()


def ask_for_link(sparkle):
    MagicLink.request(sparkle, "portal", "ana@example.com", nonce="nonce", next_path="", now=clock.now())
    db.session.commit()


def is_stuck_at_stripe() -> bool:
    db.session.rollback()
    tried = select(Job).where(Job.name == "payments.check", Job.attempts > 0)
    return bool(db.session.scalars(tried).all())


def test_a_stalled_stripe_delays_no_sign_in(worker, sparkle, ana, mailbox):
    with silent_stripe() as stripe:
        attempts(ana, 40)
        running = worker(mail_port=mailbox.port, stripe_api_base=stripe)
        wait_until(is_stuck_at_stripe)
        ask_for_link(sparkle)
        took = wait_until(lambda: came(mailbox))
        assert took < 5
        assert running.stop() < 10
        assert running.process.returncode == 0, running.log


@pytest.mark.usefixtures("one_database")
def test_control_in_one_lane_without_the_pause_it_waits_behind_all_payments(worker, sparkle, ana, mailbox):
    with silent_stripe() as stripe:
        attempts(ana, 40)
        worker({"sergio.jobs.outages.begin_or_extend": "off"}, mail_port=mailbox.port, stripe_api_base=stripe)
        wait_until(is_stuck_at_stripe)
        ask_for_link(sparkle)
        db.session.execute(update(Job).where(Job.name == "auth.send_link").values(lane=jobs.PAYMENTS))
        db.session.commit()
        time.sleep(6)
        assert came(mailbox) == {}


def test_an_idle_worker_stops_on_sigterm(worker, sparkle, mailbox):
    running = worker(mail_port=mailbox.port)
    write(sparkle, 1)
    wait_until(all_sent)
    assert running.stop() < 10
    assert running.process.returncode == 0, running.log
