"""A Stripe that is down, slow, cut off or sends nonsense; an invoice that changes while somebody pays it."""

import time
from dataclasses import replace
from threading import BoundedSemaphore, get_ident

import pytest

from sergio import jobs
from sergio.audit.actor import BY_SYSTEM
from sergio.extensions import db
from sergio.jobs.models import Job
from sergio.lib import elsewhere
from sergio.payments.methods import CHECK
from sergio.payments.models import Payment
from sergio.payments.saved import SavedMethod
from sergio.payments.stripe import gateway
from tests.invoices.builders import BY_OLGA
from tests.payments.card_form import SECURE
from tests.payments.saving import Saver

CREATE = "/v1/payment_intents"
SAVED_THEN_DECLINED = "4000000000000341"


@pytest.fixture
def press(browser_of, ana, invoice):
    """`press()`: press Pay; the response."""
    browser = browser_of(ana)
    return lambda: browser.post("/portal/invoices/1/pay")


@pytest.fixture
def short_budget(monkeypatch):
    """A time limit of less than a second, and a new client with the same timeout."""
    monkeypatch.setattr(gateway, "BUDGET", 0.6)
    yield
    deadline = time.monotonic() + 10
    while gateway._slots._value < gateway.CALLS and time.monotonic() < deadline:
        time.sleep(0.05)


def intents(sandbox):
    return {event["data"]["object"]["id"] for event in sandbox.events("payment_intent.created")}


def test_a_response_cut_after_the_effect_is_requested_again_with_the_same_key(
    press, sandbox, records, card_form, receive_events, ana
):
    sandbox.fault(CREATE, "cut")
    assert press().status_code == 303
    assert intents(sandbox) == {records.attempts[0].intent}
    card_form(ana).pay()
    receive_events()
    assert [entry.charged for entry in sandbox.ledger()] == [12_000]
    assert records.agree()


@pytest.fixture
def card(app, sandbox, ana, receive_events):
    return Saver(app, sandbox, receive_events).save(ana)


@pytest.mark.parametrize(("kind", "charged"), [("cut", [12_000]), ("drop", [])])
def test_a_charge_without_a_reply_is_said_to_be_unclear_and_read_without_an_event(
    browser_of, ana, invoice, card, sandbox, records, work, kind, charged
):
    sandbox.fault(f"{CREATE}/*/confirm", kind, times=2)
    response = browser_of(ana).post("/portal/invoices/1/pay", data={"saved": card.id})
    assert response.status_code == 503
    assert "know yet whether this payment went through" in response.text
    work()
    assert [payment.amount for payment in records.payments] == charged
    assert [entry.charged for entry in sandbox.ledger()] == charged


@pytest.fixture
def checks(session):
    """`checks()`: how many times an attempt is to be read at Stripe."""

    def count():
        session.rollback()
        return len(session.scalars(db.select(Job.id).where(Job.name == "payments.check")).all())

    return count


@pytest.fixture
def without_slots(monkeypatch):
    """As soon as a charge is to be sent, no more calls to Stripe are begun."""
    confirm = gateway.Gateway.confirm

    def busy(*args, **more):
        monkeypatch.setattr(gateway, "_slots", BoundedSemaphore(1))
        gateway._slots.acquire()
        return confirm(*args, **more)

    monkeypatch.setattr(gateway, "PATIENCE", 0.01)
    monkeypatch.setattr(gateway.Gateway, "confirm", busy)


NEVER_MADE = "No new payment was started"


def test_a_charge_that_was_never_sent_is_not_said_to_be_unclear(
    browser_of, ana, invoice, card, checks, request, sandbox
):
    before = checks()
    request.getfixturevalue("without_slots")
    response = browser_of(ana).post("/portal/invoices/1/pay", data={"saved": card.id})
    assert (response.status_code, NEVER_MADE in response.text) == (503, True)
    assert checks() == before
    assert sandbox.ledger() == []


def test_a_charge_that_our_own_key_may_not_make_is_not_said_to_be_unclear(
    app, sparkle, session, browser_of, ana, invoice, sandbox, receive_events, checks
):
    sparkle.stripe_account = None
    session.commit()
    app.config["SERGIO"] = replace(app.config["SERGIO"], company="sparkle")
    card = Saver(app, sandbox, receive_events).save(ana)
    before = checks()
    sandbox.fault(f"{CREATE}/*/confirm", "refuse", status=403)
    response = browser_of(ana).post("/portal/invoices/1/pay", data={"saved": card.id})
    assert (response.status_code, NEVER_MADE in response.text) == (503, True)
    assert checks() == before


def test_a_charge_that_was_declined_is_not_said_to_be_unclear_though_it_cannot_be_read(
    browser_of, ana, invoice, card, sandbox, session, checks
):
    sandbox.change_number(session.scalars(db.select(SavedMethod.stripe_id)).one(), SAVED_THEN_DECLINED)
    before = checks()
    sandbox.fault(f"{CREATE}/*", "drop", method="GET", times=9)
    response = browser_of(ana).post("/portal/invoices/1/pay", data={"saved": card.id})
    sandbox.faults.waiting.clear()
    assert (response.status_code, NEVER_MADE in response.text) == (503, True)
    assert checks() == before


def test_a_charge_without_a_reply_is_read_though_a_check_is_running(
    browser_of, ana, invoice, card, sandbox, session, checks, records
):
    """The one that runs may have read it before it was charged."""
    browser = browser_of(ana)
    sandbox.fault(f"{CREATE}/*/confirm", "drop", times=2)
    browser.post("/portal/invoices/1/pay", data={"saved": card.id})
    attempt = records.attempts[0]
    jobs.enqueue_once("payments.check", attempt.id, company=attempt.company, attempt_id=attempt.id)
    session.commit()
    before = checks()
    sandbox.fault(f"{CREATE}/*/confirm", "cut", times=2)
    browser.post("/portal/invoices/1/pay", data={"saved": card.id})
    assert checks() == before + 1


def test_a_second_press_after_a_charge_without_a_reply_charges_nothing_more(
    browser_of, ana, invoice, card, sandbox, records
):
    browser = browser_of(ana)
    sandbox.fault(f"{CREATE}/*/confirm", "cut", times=2)
    assert browser.post("/portal/invoices/1/pay", data={"saved": card.id}).status_code == 503
    shown = browser.get("/portal/invoices/1/pay", follow_redirects=True)
    assert "went through" not in shown.text
    browser.post("/portal/invoices/1/pay", data={"saved": card.id})
    assert [entry.charged for entry in sandbox.ledger()] == [12_000]
    assert records.agree()


@pytest.mark.parametrize("kind", ["cut", "drop", "truncate"])
def test_a_failed_press_has_no_effect_and_the_next_finds_the_same_intent(
    press, sandbox, records, card_form, receive_events, ana, kind
):
    sandbox.fault(CREATE, kind, times=1 + (kind != "truncate"))
    response = press()
    assert response.status_code == 503
    assert "No new payment was started" in response.text
    assert records.attempts[0].intent is None
    assert press().status_code == 303
    assert intents(sandbox) == {records.attempts[0].intent}
    card_form(ana).pay()
    receive_events()
    assert records.agree()


def test_a_key_that_gets_an_error_from_stripe_is_replaced(press, sandbox, records, card_form, receive_events, ana):
    sandbox.fault(CREATE, "fail", status=500)
    assert press().status_code == 503
    assert press().status_code == 303
    assert len(records.attempts) == 1
    card_form(ana).pay()
    receive_events()
    assert [entry.charged for entry in sandbox.ledger()] == [12_000]
    assert records.agree()


@pytest.mark.parametrize(("status", "times"), [(429, 1), (500, 2), (503, 2)])
def test_an_error_of_stripe_is_a_page(press, sandbox, records, status, times):
    sandbox.fault(CREATE, "refuse", status=status, times=times)
    assert press().status_code == 503
    assert press().status_code == 303


def test_an_unreachable_stripe_is_a_page(app, press, browser_of, ana, sandbox):
    config = app.config["SERGIO"]
    app.config["SERGIO"] = replace(config, stripe_api_base="http://127.0.0.1:9")
    began = time.monotonic()
    assert press().status_code == 503
    assert time.monotonic() - began < 10
    app.config["SERGIO"] = config
    assert press().status_code == 303


def test_the_card_form_says_so_when_stripe_is_unavailable(card_form, browser_of, ana, invoice, sandbox):
    card_form(ana)
    sandbox.fault("/v1/payment_intents/*", "refuse", method="GET", times=2)
    page = browser_of(ana).get("/portal/invoices/1/pay")
    assert page.status_code == 503
    assert "Try again" in page.text


@pytest.mark.usefixtures("short_budget")
def test_a_slow_stripe_times_out(press, sandbox, records):
    sandbox.fault(CREATE, "slow", seconds=1.5)
    began = time.monotonic()
    assert press().status_code == 503
    assert time.monotonic() - began < 1.4


@pytest.mark.usefixtures("short_budget")
def test_a_slow_stripe_gets_at_most_two_calls(app, card_form, browser_of, ana, invoice, sandbox):
    card_form(ana)
    sandbox.fault("/v1/payment_intents/*", "slow", seconds=2, times=9)
    with app.app_context():
        for _call in range(2):
            with pytest.raises(gateway.Unavailable, match="too long"):
                gateway.Gateway().read("pi_1")
        began = time.monotonic()
        with pytest.raises(gateway.Unavailable, match="in progress"):
            gateway.Gateway().read("pi_1")
        db.session.rollback()
    assert time.monotonic() - began < 1.2
    assert browser_of(ana).get("/portal/invoices/1").status_code == 200
    sandbox.faults.waiting.clear()


def test_an_invoice_voided_while_its_card_form_is_open_cannot_be_paid(
    card_form, ana, invoice, records, work, sandbox, session
):
    form = card_form(ana)
    records.invoice.void(at=invoice.entries[0].at, by=BY_OLGA)
    session.commit()
    work()
    assert form.pay()["error"]["code"] == "payment_intent_unexpected_state"
    assert records.attempts[0].status == "canceled"
    assert sandbox.ledger() == []


def test_a_check_recorded_meanwhile_needs_another_attempt_for_the_rest(
    card_form, ana, invoice, records, work, receive_events, session
):
    old = card_form(ana)
    Payment.record(records.invoice, method=CHECK, by=BY_SYSTEM, amount=5_000, at=invoice.entries[0].at)
    session.commit()
    new = card_form(ana)
    assert new.intent != old.intent
    assert old.pay()["error"]["code"] == "payment_intent_unexpected_state"
    new.pay()
    work()
    receive_events()
    assert [payment.amount for payment in records.payments] == [5_000, 7_000]
    assert records.invoice.due == 0


def test_a_payment_made_just_before_voiding_is_recorded(card_form, ana, invoice, records, work, session):
    card_form(ana).pay()
    Payment.record(records.invoice, method=CHECK, by=BY_SYSTEM, at=invoice.entries[0].at)
    session.commit()
    work()
    assert records.attempts[0].status == "succeeded"
    assert records.invoice.due == -12_000


def test_another_account_means_another_attempt(card_form, ana, sparkle, invoice, records, sandbox, session):
    old = card_form(ana)
    sparkle.stripe_account = sandbox.connect_account()
    sparkle.charges_enabled = True
    session.commit()
    new = card_form(ana)
    assert (old.account, new.account) == ("acct_sparkle", sparkle.stripe_account)
    assert "error" in old.pay()


def test_a_permanent_error_closes_the_attempt_with_a_sentence(ana, invoice, sandbox, records, browser_of):
    sandbox.disable_account("acct_sparkle")
    browser = browser_of(ana)
    assert browser.post("/portal/invoices/1/pay").status_code == 303
    page = browser.get("/portal/invoices/1")
    assert "can&#39;t be paid online right now. Call (207) 555-0100 or email" in page.text
    assert [(attempt.status, bool(attempt.trouble)) for attempt in records.attempts] == [("failed", True)]


def test_3d_secure_while_the_invoice_is_voided(card_form, ana, invoice, records, work, receive_events, session):
    form = card_form(ana)
    form.pay(SECURE)
    records.invoice.void(at=invoice.entries[0].at, by=BY_OLGA)
    session.commit()
    work()
    assert "error" in form.authenticate("complete")
    receive_events()
    assert (records.invoice.balance, records.payments) == (0, [])


@pytest.mark.usefixtures("sandbox")
def test_a_request_waits_elsewhere_while_stripe_is_asked_and_no_longer(app):
    own = get_ident()
    with app.app_context():
        assert gateway.Gateway().run(lambda _v1: elsewhere.is_waiting(own))
    assert not elsewhere.is_waiting(own)
