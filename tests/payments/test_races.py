"""Concurrent tabs, clicks and workers: one attempt, one intent, one charge, one payment."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from sergio.audit.actor import BY_SYSTEM
from sergio.extensions import db
from sergio.invoices.models import Invoice
from sergio.lib import clock
from sergio.lib.refused import Refused
from sergio.payments import checkout, sync
from sergio.payments.models import Payment, PaymentAttempt, PaymentAttemptPart
from sergio.payments.stripe.gateway import Gateway
from tests.browser import SAME_ORIGIN, Browser, settle
from tests.payments.card_form import GOOD

OPEN_INDEX = next(
    index for index in PaymentAttemptPart.__table__.indexes if index.unique and index.name.endswith("open")
)


def at_once(count, work):
    """What `work(n)` returns when `count` threads do it together."""
    gate = threading.Barrier(count)

    def wait_and_work(number):
        gate.wait()
        return work(number)

    settle()
    with ThreadPoolExecutor(count) as crowd:
        return list(crowd.map(wait_and_work, range(count)))


@pytest.fixture
def no_index(session):
    """The database without the index that allows one open attempt an invoice."""
    with db.engine.begin() as connection:
        connection.execute(text(f'DROP INDEX "{OPEN_INDEX.name}"'))
    yield
    session.remove()
    with db.engine.begin() as connection:
        connection.execute(PaymentAttemptPart.__table__.delete())
        connection.execute(PaymentAttempt.__table__.delete())
    with db.engine.begin() as connection:
        OPEN_INDEX.create(connection)


@pytest.fixture
def sixteen_tabs(app, ana):
    """Sixteen browsers of Ana's, each with the CSRF token of an open page."""
    tabs = [Browser(app, "sparkle") for _tab in range(16)]
    for tab in tabs:
        tab.be(ana)
        tab.token = tab.csrf_token()
    return tabs


def test_sixteen_presses_are_one_intent_and_one_charge(
    sixteen_tabs, ana, invoice, records, sandbox, card_form, receive_events
):
    def press(number):
        tab = sixteen_tabs[number]
        form = {"data": {"csrf_token": tab.token}, "headers": SAME_ORIGIN, "base_url": tab.base_url}
        return tab.client.post("/portal/invoices/1/pay", **form).status_code

    responses = at_once(16, press)
    assert set(responses) <= {303, 503}  # 503: more than two at a time do not wait for Stripe
    assert 303 in responses
    assert len(records.attempts) == 1
    assert len(sandbox.events("payment_intent.created")) == 1
    form = card_form(ana)
    at_once(4, lambda _tab: form.pay(GOOD))
    receive_events()
    assert [entry.charged for entry in sandbox.ledger()] == [12_000]
    assert (records.invoice.due, len(records.payments)) == (0, 1)


def look_then_insert(app, invoice_id, contact_id, all_have_looked):
    """How an attempt must not be started: check and insert are two transactions, without a lock of the invoice."""
    with app.app_context():
        invoice = db.session.get_one(Invoice, invoice_id)
        found = db.session.scalar(PaymentAttempt.open_for(invoice))
        db.session.rollback()
        all_have_looked.wait()
        if found is None:
            parts = [PaymentAttemptPart.of(db.session.get_one(Invoice, invoice_id), 1)]
            attempt = PaymentAttempt.of_parts(parts, contact_id=contact_id)
            attempt.created_at = attempt.checked_at = clock.now()
            attempt.started_by_kind, attempt.started_by_name = BY_SYSTEM.kind, BY_SYSTEM.name
            db.session.add(attempt)
            try:
                db.session.commit()
            except IntegrityError:
                db.session.rollback()


def racy_starts(app, invoice, ana):
    ids = (invoice.id, ana.id)
    all_have_looked = threading.Barrier(4)
    at_once(4, lambda _tab: look_then_insert(app, *ids, all_have_looked))


def test_the_database_allows_one_open_attempt(app, invoice, ana, records):
    racy_starts(app, invoice, ana)
    assert len(records.attempts) == 1


@pytest.mark.usefixtures("no_index")
def test_control_without_the_index_the_same_race_creates_several(app, invoice, ana, records):
    racy_starts(app, invoice, ana)
    assert len(records.attempts) > 1


def outcomes_of(app, action):
    """The outcomes of six workers that record together: None, or the IntegrityError."""

    def work(_worker):
        with app.app_context():
            try:
                action()
                db.session.commit()
            except IntegrityError as error:
                db.session.rollback()
                return error
            return None

    return at_once(6, work)


@pytest.fixture
def paid(app, card_form, ana, invoice):
    """The intent of a payment we have not recorded."""
    form = card_form(ana)
    form.pay()
    with app.app_context():
        return Gateway(form.account).read_all(form.intent)


def test_six_workers_record_one_payment(app, paid, records, outbox):
    assert outcomes_of(app, lambda: sync.apply(paid)) == [None] * 6
    assert (len(records.payments), records.payments[0].number, records.invoice.due) == (1, 1, 0)
    assert len(outbox.emails) == 2


def test_control_workers_without_the_lock_violate_the_unique_keys(app, paid, records):
    all_have_looked = threading.Barrier(6, timeout=10)

    def look_then_take():
        known = sync.find_attempt(paid).payments
        db.session.rollback()
        all_have_looked.wait()
        return known or sync.record_payments(sync.find_attempt(paid), paid)

    outcomes = outcomes_of(app, look_then_take)
    assert outcomes.count(None) == 1  # the unique keys still allow only one payment
    assert len(records.payments) == 1


def test_one_check_recorded_by_six_people_is_one_payment(app, invoice, records):
    invoice_id = invoice.id

    def record(_person):
        with app.app_context():
            try:
                invoice = db.session.scalars(Invoice.locked(invoice_id)).one()
                Payment.record(invoice, method="check", by=BY_SYSTEM, at=clock.now())
                db.session.commit()
            except Refused:
                db.session.rollback()
                return "refused"
            return "recorded"

    assert sorted(at_once(6, record)) == ["recorded"] + ["refused"] * 5
    assert (records.invoice.due, len(records.payments)) == (0, 1)


def test_the_lock_reads_what_was_recorded_meanwhile(app, invoice, ana, records, session):
    invoice_id, contact_id = invoice.id, ana.id
    if session.get_bind().dialect.name == "sqlite":
        pytest.skip("a write transaction of SQLite begins with the lock")
    session.rollback()
    with app.app_context():
        seen = db.session.get_one(Invoice, invoice_id)
        assert seen.due == 12_000

        def pay_by_check(_somebody):
            with app.app_context():
                Payment.record(
                    db.session.scalars(Invoice.locked(invoice_id)).one(), method="check", by=BY_SYSTEM, at=clock.now()
                )
                db.session.commit()

        with ThreadPoolExecutor(1) as somebody:
            list(somebody.map(pay_by_check, [1]))
        with pytest.raises(Refused, match="already paid"):
            checkout.start_attempt([invoice_id], contact_id, by=BY_SYSTEM)
        db.session.rollback()


def test_receipts_are_numbered_without_gaps_in_any_order(app, ana, session, records):
    from tests.invoices import builders

    for _invoice in range(12):
        builders.invoice(ana)
    session.commit()
    ids = session.scalars(select(Invoice.id)).all()

    def pay(number):
        with app.app_context():
            invoice = db.session.scalars(Invoice.locked(ids[number])).one()
            Payment.record(invoice, method="check", by=BY_SYSTEM, at=clock.now())
            db.session.commit()

    at_once(12, pay)
    assert sorted(payment.number for payment in records.payments) == list(range(1, 13))


class VoidWhilePaying:
    """Somebody presses Pay and has read the invoice; before their attempt is committed, staff void the invoice."""

    def __init__(self, app, work, monkeypatch):
        self.app = app
        self.work = work
        self.has_read = threading.Event()
        self.voided = threading.Event()
        start = PaymentAttempt.start.__func__

        def start_and_wait(cls, *args, **settings):
            attempt = start(cls, *args, **settings)
            self.has_read.set()
            self.voided.wait(1)  # times out while the voiding waits for the invoice
            return attempt

        monkeypatch.setattr(PaymentAttempt, "start", classmethod(start_and_wait))

    def run(self, invoice_id, contact_id):
        def act(who):
            with self.app.app_context():
                if who == 0:
                    checkout.start_attempt([invoice_id], contact_id, by=BY_SYSTEM)
                else:
                    self.has_read.wait(5)
                    db.session.scalars(Invoice.locked(invoice_id)).one().void(by=BY_SYSTEM, at=clock.now())
                    db.session.commit()
                    self.work()
                    self.voided.set()

        at_once(2, act)


@pytest.fixture
def void_while_paying(app, work, monkeypatch):
    return VoidWhilePaying(app, work, monkeypatch)


def test_a_void_invoice_has_no_attempt_left_that_could_be_paid(void_while_paying, invoice, ana, records, sandbox):
    void_while_paying.run(invoice.id, ana.id)
    assert records.invoice.voided_at
    assert [attempt.status for attempt in records.attempts] == ["canceled"]


def test_control_without_the_lock_a_void_invoice_can_still_be_paid(
    void_while_paying, invoice, ana, records, sandbox, monkeypatch, session
):
    if session.get_bind().dialect.name == "sqlite":
        pytest.skip("a write transaction of SQLite is a lock of its own")

    def unlocked(cls, *invoice_ids):
        return select(cls).where(cls.id.in_(invoice_ids)).execution_options(populate_existing=True)

    monkeypatch.setattr(Invoice, "locked", classmethod(unlocked))
    void_while_paying.run(invoice.id, ana.id)
    assert records.invoice.voided_at
    assert [attempt.status for attempt in records.attempts] == ["creating"]
