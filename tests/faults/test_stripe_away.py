"""Stripe is slow or dead: other pages stay quick, and half-done payments settle by themselves once it is back."""

import os
import signal
import threading
import time
from contextlib import contextmanager

import pytest
from sqlalchemy import select

from sergio.extensions import db
from sergio.jobs import PAYMENTS
from sergio.jobs.models import Job, Outage
from sergio.lib import clock
from sergio.payments import charging
from sergio.payments.methods import CARD
from sergio.payments.models import PaymentAttempt
from sergio.payments.stripe.errors import Unavailable
from sergio.sandbox.serving import serving
from tests import factories
from tests.factories import by
from tests.faults.program import Changed, Client, Web, on_our_host, wait_until
from tests.invoices import builders
from tests.payments.saving import Saver
from tests.ports import free_port

PAGES = ("/portal/", "/portal/invoices", "/portal/invoices/1", "/portal/quotes", "/portal/account")
PAUSE, PRESS_EVERY = 0.05, 2
"""Seconds between two pages that are read, and between two presses of each who pays."""
MOST = 0.5
"""Seconds that 95 of 100 other pages take at most; on a machine that has more to do, no more than twice the usual."""
SETTLED_WITHIN = 60
SLOW, DEAD = {"kind": "slow", "seconds": 30}, {"kind": "drop"}
SECRET = "whsec_sergio"


def p95(client: Client, seconds: float) -> float:
    """How long a page takes at most, in 95 of 100 requests."""
    waits, until = [], time.monotonic() + seconds
    while time.monotonic() < until:
        for path in PAGES:
            began = time.monotonic()
            assert client.get(path).status == 200
            waits.append(time.monotonic() - began)
            time.sleep(PAUSE)
    return sorted(waits)[int(len(waits) * 0.95)]


@pytest.fixture
def payers(sparkle, client_of, session):
    """`payers(web)`: four customers with an invoice each, in browsers of a server."""
    contacts = [factories.contact(sparkle, f"Payer {number}", f"payer{number}@example.com") for number in range(4)]
    numbers = [builders.invoice(contact).number for contact in contacts]
    session.commit()
    return lambda web: [(client_of(web, contact), number) for contact, number in zip(contacts, numbers, strict=True)]


@contextmanager
def pressing(payers):
    """Each of them presses Pay again and again."""
    stop = threading.Event()

    def press(client: Client, number: int):
        while not stop.is_set():
            assert client.post(f"/portal/invoices/{number}/pay").status in (303, 503)
            stop.wait(PRESS_EVERY)

    presses = [threading.Thread(target=press, args=payer) for payer in payers]
    for each in presses:
        each.start()
    yield
    stop.set()
    for each in presses:
        each.join()


@pytest.mark.usefixtures("one_database", "invoice")
@pytest.mark.parametrize(("fault", "seconds"), [(SLOW, 30), (DEAD, 60)], ids=["slow", "dead"])
def test_other_pages_stay_quick_while_stripe_is_slow_or_dead(
    fault, seconds, serve, client_of, payers, ana, sandbox, long
):
    web = serve("--workers", 1)
    reader, pay = client_of(web, ana), payers(web)
    usual = p95(reader, 5 if long else 1)
    sandbox.fault("/v1/*", times=10_000, **fault)
    with pressing(pay):
        slowest = p95(reader, seconds if long else 3)
    assert sandbox.faults.waiting[0].times <= 10_000 - len(pay)
    sandbox.faults.waiting.clear()
    assert slowest < max(MOST, 2 * usual), (slowest, usual)


class Patient(Web):
    """A server that lets each request end before it begins too many others, as if it only computed."""

    module = "tests.faults.changed"
    changes = (
        "sergio.lib.elsewhere.is_waiting=off",
        "sergio.commands.serve.QUICK=60",
        "sergio.commands.serve.QUICK_ON_A_SERVER=60",
    )

    def __init__(self, port: int, *arguments, **kwargs):
        super().__init__(port, *self.changes, *arguments, **kwargs)


@pytest.mark.usefixtures("one_database", "invoice")
def test_control_where_those_who_wait_for_stripe_count_other_pages_wait(start, client_of, payers, ana, sandbox, long):
    if not long:
        pytest.skip("a long one")
    web = start(free_port(), "--workers", 1, kind=Patient).wait_until_up()
    reader, pay = client_of(web, ana), payers(web)
    sandbox.fault("/v1/*", times=10_000, **SLOW)
    with pressing(pay):
        time.sleep(PRESS_EVERY)
        slowest = p95(reader, 5)
    sandbox.faults.waiting.clear()
    assert slowest > MOST


@pytest.fixture
def card(app, sandbox, ana, receive_events):
    return Saver(app, sandbox, receive_events).save(ana)


def half_done(app, invoice_id: int, contact, card, sandbox):
    """A charge is sent, but no reply arrives, and then Stripe is gone."""
    contact_id, card_id, actor = contact.id, card.id, by(contact)
    sandbox.hold_webhooks()
    sandbox.fault("/v1/payment_intents/*/confirm", "cut", times=10_000)
    with app.app_context(), pytest.raises(Unavailable):
        charging.pay([invoice_id], contact_id, card_id, by=actor)
    sandbox.fault("/v1/*", "drop", times=10_000)


def is_settled() -> bool:
    db.session.rollback()
    attempt = db.session.scalars(select(PaymentAttempt)).one()
    return attempt.status == "succeeded" and not attempt.invoices[0].due


def is_known_to_be_away() -> bool:
    """Whether the worker has tried, and waits."""
    db.session.rollback()
    return db.session.scalar(Outage.on()) is not None


def is_being_asked() -> bool:
    """Whether a worker waits for Stripe's response."""
    db.session.rollback()
    leased = Job.leased_until > clock.now(), Job.finished_at.is_(None), Job.lane == PAYMENTS
    return db.session.scalar(select(Job.id).where(*leased).limit(1)) is not None


def kill_while_it_asks(worker, other):
    """Kill a worker that waits for Stripe's response; another one is suspended until then."""
    wait_until(lambda: not is_being_asked(), 120)
    os.kill(other.pid, signal.SIGSTOP)
    wait_until(is_being_asked, 120)
    worker.kill()
    os.kill(other.pid, signal.SIGCONT)


@pytest.mark.usefixtures("one_database")
def test_a_half_done_payment_settles_by_itself_when_stripe_is_back(
    app,
    ana,
    invoice,
    card,
    sandbox,
    session,
    start,
    long,
):
    """Though nothing answered for a minute, and a worker was killed while it tried whether Stripe is back."""
    assert card.method == CARD
    half_done(app, invoice.id, ana, card, sandbox)
    changes = () if long else ("sergio.jobs.claims.LEASE=5",)
    with serving(on_our_host(app)) as server:
        sandbox.deliver_webhooks_to(f"http://127.0.0.1:{server.port}/webhooks/stripe", SECRET)
        workers = [start("work", *changes, kind=Changed) for _worker in range(2)]
        sandbox.release_webhooks()
        assert sandbox.wait_for_webhooks(20)
        wait_until(is_known_to_be_away, 120)
        time.sleep(60 if long else 0)
        sandbox.faults.waiting.clear()
        sandbox.fault("/v1/*", times=10_000, **SLOW)
        kill_while_it_asks(*workers)
        assert not is_settled()
        sandbox.faults.waiting.clear()
        back = time.monotonic()
        wait_until(is_settled, SETTLED_WITHIN)
        settled = time.monotonic() - back
    assert len(sandbox.ledger()) == 1
    assert settled < SETTLED_WITHIN


@pytest.mark.usefixtures("one_database")
def test_control_without_a_worker_it_stays_half_done(app, ana, invoice, card, sandbox, session):
    half_done(app, invoice.id, ana, card, sandbox)
    sandbox.faults.waiting.clear()
    assert not is_settled()
