"""Paying from a bank account: a debit takes days, and can be returned."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy.exc import IntegrityError

from sergio import jobs
from sergio.audit.actor import BY_SYSTEM, CONTACT, Actor
from sergio.audit.models import AuditEntry
from sergio.extensions import db
from sergio.invoices.models import Invoice
from sergio.lib import clock
from sergio.lib.refused import Refused
from sergio.payments import checkout
from sergio.payments.methods import BANK_ACCOUNT, CASH
from sergio.payments.models import Payment, PaymentAttempt, StripeCustomer
from sergio.payments.stripe.gateway import Gateway
from tests.payments.card_form import GOOD, CardForm
from tests.payments.saving import kept

PAY, PAYMENT = "/portal/invoices/1/pay", "/portal/invoices/1/payment"
GOOD_ACCOUNT, EMPTY_ACCOUNT, SLOW_ACCOUNT = "000123456789", "000222222227", "000000000009"


@pytest.fixture(autouse=True)
def accepted(sparkle, session):
    """Sparkle accepts bank accounts."""
    sparkle.accepts_bank_debits = sparkle.bank_debits_enabled = True
    session.commit()


@pytest.fixture
def bank_form(app, sandbox, browser_of, invoice, ana):
    """The form of an attempt of Ana's to pay from her bank account."""
    invoice_id, ana_id = invoice.id, ana.id
    browser = browser_of(ana)
    db.session.rollback()
    with app.app_context():
        checkout.begin([invoice_id], ana_id, by=Actor(CONTACT, "Ana Ruiz", ana_id), method=BANK_ACCOUNT)
    return CardForm(sandbox, browser.get(PAY).text)


@pytest.fixture
def later(session, work):
    """`later(days)`: the reconciler's pass so many days from now."""

    def run(days):
        session.rollback()
        with time_machine.travel(clock.now() + timedelta(days=days), tick=True):
            jobs.enqueue("payments.reconcile")
            session.commit()
            return work()

    return run


@pytest.fixture
def debit(bank_form, receive_events):
    """A processing debit whose event we received."""
    assert bank_form.pay(GOOD_ACCOUNT)["status"] == "processing"
    receive_events()
    return bank_form.intent


def status(records):
    return records.attempts[-1].status, records.invoice.status_on(records.invoice.due_on)


def test_the_intent_takes_bank_accounts_only(bank_form, sandbox):
    _store, intent = sandbox.find(bank_form.intent)
    assert intent["payment_method_types"] == ["us_bank_account"]
    assert "error" in bank_form.pay(GOOD)


def test_the_receipt_comes_when_the_money_does(debit, sandbox, receive_events, records, outbox, browser_of, ana):
    assert status(records) == ("processing", "processing")
    assert outbox.subjects == []
    assert "Your payment is on its way" in browser_of(ana).get(PAYMENT).text
    sandbox.settle()
    receive_events()
    assert status(records) == ("succeeded", "paid")
    assert outbox.subjects == ["Your payment of $120.00 to Sparkle Cleaning", "Ana Ruiz paid $120.00"]
    assert [(payment.method, payment.paid_with) for payment in records.payments] == [
        (BANK_ACCOUNT, "Bank account ending in 6789")
    ]
    assert records.agree()


def test_a_second_payment_is_refused_meanwhile(debit, records, browser_of, ana, invoice, session):
    browser = browser_of(ana)
    browser.post(PAY)
    assert "already processing" in browser.get("/portal/invoices/1").text
    assert len(records.attempts) == 1
    for second in (
        lambda: PaymentAttempt.start(
            {records.invoice: 12_000},
            None,
            by=BY_SYSTEM,
            at=clock.now(),
            off_session=True,
            saved_method_id=kept(ana).id,
        ),
        lambda: Payment.record(records.invoice, method=CASH, by=BY_SYSTEM, at=clock.now()),
    ):
        with pytest.raises(Refused, match="already processing"):
            second()
        session.rollback()


def test_another_contact_cannot_pay_a_processing_debit_before_its_event_came(
    bank_form, records, browser_of, ben, session
):
    ben.customer_id = records.invoice.customer_id
    session.commit()
    bank_form.pay(GOOD_ACCOUNT)
    browser = browser_of(ben)
    browser.post(PAY)
    assert "already processing" in browser.get("/portal/invoices/1").text
    assert status(records) == ("processing", "processing")


@pytest.mark.parametrize("days", [0.3, 2.5, 9.5])
def test_the_reconciler_reads_a_debit_every_few_hours_and_leaves_it_open(
    debit, records, later, sandbox, browser_of, olga, days, monkeypatch
):
    read = []
    response = Gateway.read_all
    monkeypatch.setattr(Gateway, "read_all", lambda self, intent: read.append(intent) or response(self, intent))
    later(days)
    assert read == [debit]
    assert status(records) == ("processing", "processing")
    assert sandbox.events("payment_intent.canceled") == []
    with time_machine.travel(clock.now() + timedelta(days=days), tick=True):
        assert "stuck" not in browser_of(olga).get("/office/payments").text


def test_a_new_debit_is_not_read_every_time(debit, later):
    assert later(0.01) == 1


def test_after_ten_days_staff_see_the_debit_as_stuck(debit, records, later, browser_of, olga):
    later(10.1)
    with time_machine.travel(clock.now() + timedelta(days=10.1), tick=True):
        assert "The bank has not responded for days" in browser_of(olga).get("/office/payments").text
    assert status(records) == ("processing", "processing")


def test_ten_days_count_from_the_debit_not_from_the_attempt(
    bank_form, records, session, browser_of, olga, receive_events
):
    records.attempts[0].created_at = clock.now() - timedelta(days=5)
    session.commit()
    bank_form.pay(GOOD_ACCOUNT)
    receive_events()
    assert "stuck" not in browser_of(olga).get("/office/payments").text


@pytest.mark.parametrize("known", [True, False])
def test_an_old_attempt_with_a_processing_debit_is_never_canceled(
    bank_form, receive_events, records, later, sandbox, known
):
    """Stripe can cancel a processing intent in rare cases, so it must not be asked to."""
    bank_form.pay(GOOD_ACCOUNT)
    if known:
        receive_events()
    sandbox.fault("/v1/payment_intents/*/cancel", "refuse", status=503, method="POST", times=9)
    later(1.5)
    assert len(sandbox.faults.waiting) == 1
    assert sandbox.faults.waiting[0].times == 9
    sandbox.faults.waiting.clear()
    assert status(records) == ("processing", "processing")


def test_an_invoice_that_changes_meanwhile_does_not_end_the_debit(
    debit, records, sandbox, session, work, receive_events
):
    records.invoice.version += 1
    jobs.enqueue("payments.withdraw", company=records.invoice.company, invoice_id=records.invoice.id)
    session.commit()
    work()
    assert status(records) == ("processing", "processing")
    sandbox.settle()
    receive_events()
    assert status(records) == ("succeeded", "paid")


def test_a_debit_is_not_abandoned_however_old(debit, records):
    attempt = records.attempts[0]
    assert not attempt.is_abandoned(attempt.created_at + timedelta(days=30))
    attempt.status = "open"
    assert attempt.is_abandoned(attempt.created_at + timedelta(days=30))


def test_a_debit_that_stripe_cancels_opens_the_invoice_again(debit, records, sandbox, later):
    with sandbox.change():
        _store, intent = sandbox.find(debit)
        intent["status"] = "canceled"
    later(1)
    assert status(records) == ("canceled", "open")


def test_staff_cannot_close_it(debit, records, browser_of, olga):
    form = {"attempt": records.attempts[0].key, "reason": "It takes too long"}
    page = browser_of(olga).post("/office/payments/of-invoice/1/closing", form, follow_redirects=True)
    assert "This bank payment is on its way" in page.text
    assert status(records) == ("processing", "processing")


def test_an_account_out_of_reach_does_not_end_it(debit, records, later, sandbox, session, work):
    sandbox.disconnect_account("acct_sparkle")
    later(1)
    assert status(records) == ("processing", "processing")
    assert "does not have access" in records.attempts[0].trouble
    sandbox.connect_account("acct_sparkle")
    sandbox.settle()
    later(2)
    assert status(records) == ("succeeded", "paid")


@pytest.mark.parametrize("account", [EMPTY_ACCOUNT])
def test_a_debit_returned_after_days_opens_the_invoice_again(
    bank_form, receive_events, sandbox, records, outbox, card_form, ana, account, browser_of, olga
):
    bank_form.pay(account)
    receive_events()
    assert status(records) == ("processing", "processing")
    with time_machine.travel(clock.now() + timedelta(days=4), tick=True):
        sandbox.settle()
        receive_events()
        assert status(records) == ("open", "open")
        assert records.attempts[0].decline == "insufficient_funds"
        assert outbox.subjects == [
            "Your bank payment for invoice 1 did not go through",
            "The bank payment from Ana Ruiz for invoice 1 did not go through",
        ]
        assert "the invoice is open again" in outbox.emails[0].text
        page = browser_of(olga).get("/office/payments/of-invoice/1").text
        assert "There was not enough money in the bank account." in page
        assert "Bank account, started by Ana Ruiz" in page
        card_form(ana).pay()
        receive_events()
    assert [attempt.status for attempt in records.attempts] == ["canceled", "succeeded"]
    assert (records.invoice.due, len(records.payments)) == (0, 1)
    assert records.agree()


def test_the_office_hears_that_a_debit_that_did_not_arrive_was_a_deposit(
    bank_form, receive_events, sandbox, outbox, invoice, session
):
    invoice.secures_appointment = True
    session.commit()
    bank_form.pay(EMPTY_ACCOUNT)
    receive_events()
    with time_machine.travel(clock.now() + timedelta(days=4), tick=True):
        sandbox.settle()
        receive_events()
    assert "This was the deposit for an appointment" in outbox.emails[1].text


@pytest.mark.parametrize("ended", ["paid", "void"])
def test_a_no_to_a_debit_for_what_is_settled_by_now_asks_nobody_to_pay(
    bank_form, receive_events, sandbox, records, outbox, session, ended
):
    """It was settled before we knew that the debit was on its way; afterwards that is refused."""
    bank_form.pay(EMPTY_ACCOUNT)
    invoice = session.scalars(Invoice.locked(records.invoice.id)).one()
    if ended == "void":
        invoice.void(at=clock.now(), by=BY_SYSTEM)
    else:
        Payment.record(invoice, method=CASH, by=BY_SYSTEM, at=clock.now())
    session.commit()
    receive_events()
    assert status(records) == ("processing", ended)
    sandbox.settle()
    receive_events()
    assert status(records)[1] == ended
    assert records.invoice.clearing_since is None
    assert records.attempts[0].decline == "insufficient_funds"
    assert outbox.subjects == []


def test_the_same_form_can_be_tried_again_after_a_return(bank_form, receive_events, sandbox, records):
    bank_form.pay(EMPTY_ACCOUNT)
    receive_events()
    sandbox.settle()
    receive_events()
    bank_form.pay(GOOD_ACCOUNT)
    receive_events()
    assert status(records) == ("processing", "processing")
    sandbox.settle()
    receive_events()
    assert status(records) == ("succeeded", "paid")
    assert records.agree()


def test_a_disputed_debit_is_withdrawn(debit, sandbox, receive_events, records):
    sandbox.settle()
    receive_events()
    sandbox.take_back(debit, "debit_not_authorized")
    receive_events()
    assert status(records) == ("succeeded", "disputed")


def test_each_step_is_in_the_audit_trail(debit, sandbox, receive_events, session):
    sandbox.settle()
    receive_events()
    session.rollback()
    steps = db.select(AuditEntry).where(AuditEntry.subject.in_(["payment_attempt", "payment"]))
    entries = session.scalars(steps.order_by(AuditEntry.id)).all()
    assert [(entry.actor_name, entry.subject, entry.action, entry.after.get("status")) for entry in entries] == [
        ("Ana Ruiz", "payment_attempt", "started", None),
        ("Stripe", "payment_attempt", "changed", "processing"),
        ("Stripe", "payment_attempt", "closed", "succeeded"),
        ("Stripe", "payment", "recorded", None),
    ]


def off_session(invoice, **more):
    saved = kept(invoice.customer.contacts[0])
    settings = {"off_session": True, "saved_method_id": saved.id, **more}
    return PaymentAttempt.start({invoice: invoice.due}, None, by=BY_SYSTEM, at=clock.now(), **settings)


def test_the_system_pays_with_a_saved_method_off_session(invoice, session):
    attempt = off_session(invoice, method=BANK_ACCOUNT)
    session.commit()
    assert (attempt.contact, attempt.started_by_kind, attempt.started_by_name) == (None, "system", "Sergio")


@pytest.mark.parametrize(
    "wrong", [{"saved_method_id": None}, {"off_session": False}, {"method": "cash"}, {"status": "processing"}]
)
def test_the_database_refuses_inconsistent_attempts(invoice, session, wrong):
    with pytest.raises(IntegrityError):
        off_session(invoice, **wrong)
    session.rollback()


def test_the_receipt_of_an_automatic_payment_goes_to_the_customer(
    invoice, receive_events, sandbox, session, outbox, records
):
    attempt = off_session(invoice)
    attempt.company.copies_receipts = True
    session.commit()
    key = attempt.key
    from tests.payments.test_webhook import pay_at_stripe

    pay_at_stripe(sandbox, {"attempt": key}, "acct_sparkle")
    receive_events()
    assert (records.invoice.due, outbox.emails[0].to) == (0, "ana@example.com")
    assert "Your automatic payment of $120.00 for invoice 1 went through." in outbox.emails[0].text
    copy = next(each for each in outbox.emails if each.subject == "Copy of a receipt: $120.00 from Ana Ruiz")
    assert "Ana Ruiz's automatic payment of $120.00 for invoice 1 went through." in copy.text


def test_other_currencies_have_no_bank_accounts(invoice, ana, session):
    invoice.currency = "EUR"
    with pytest.raises(Refused, match="US dollars only"):
        PaymentAttempt.start({invoice: invoice.due}, ana, by=BY_SYSTEM, at=clock.now(), method=BANK_ACCOUNT)
    session.rollback()


def test_a_customer_has_another_id_on_each_account(ana, session):
    for account in ("acct_old", "acct_new"):
        session.add(StripeCustomer(company=ana.company, customer=ana.customer, account=account, stripe_id="cus_1"))
    session.commit()
    assert session.scalar(StripeCustomer.of(ana.customer, "acct_new")).account == "acct_new"
    session.add(StripeCustomer(company=ana.company, customer=ana.customer, account="acct_new", stripe_id="cus_2"))
    with pytest.raises(IntegrityError):
        session.commit()
    session.rollback()
