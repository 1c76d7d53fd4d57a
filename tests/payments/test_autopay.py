"""Automatic payments: announced, charged on the day, stopped at once, tried again, never twice."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from sergio import jobs
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.refused import Refused
from sergio.outbox.kinds import AUTOPAY_DECLINED, AUTOPAY_OFF, AUTOPAY_ON
from sergio.outbox.wording import EmailWording, Words
from sergio.payments import charging
from sergio.payments.autopay import AutoPay
from sergio.payments.autopay_charges import AutoPayCharge
from sergio.payments.methods import CHECK
from sergio.payments.models import Payment
from sergio.payments.stripe.gateway import Gateway
from tests.factories import by
from tests.invoices import builders
from tests.payments.card_form import SECURE
from tests.payments.saving import Saver, mandate
from tests.payments.test_races import at_once

ISSUED = datetime(2026, 3, 2, 15, tzinfo=UTC)
DUE = datetime(2026, 3, 16, 15, tzinfo=UTC)
DAY = timedelta(days=1)
SAVED_THEN_DECLINED, PAID_THEN_EXPIRED = "4000000000000341", "4000000000000069"


@pytest.fixture
def clocked():
    """The company's day on which the invoice was issued; `clocked.move_to(...)`."""
    with time_machine.travel(ISSUED + timedelta(hours=1), tick=False) as traveller:
        yield traveller


@pytest.fixture
def auto_pay(clocked, app, sandbox, sparkle, ana, receive_events, session, invoice, work):
    """Ana's consent, up to $200, to charge the card she saved; her invoice of $120.00 is due on March 16."""
    sparkle.offers_autopay = True
    session.commit()
    Saver(app, sandbox, receive_events).save(ana)
    row = start(ana)
    work()
    session.rollback()
    return row


def start(ana, cap=20_000) -> AutoPay:
    db.session.rollback()
    saved = db.session.scalars(charging.SavedMethod.of(ana.customer, "acct_sparkle")).first()
    row = AutoPay.start(ana, saved, cap, mandate(ana), by=by(ana))
    db.session.commit()
    return row


@pytest.fixture
def on(clocked, work, session, receive_events):
    """`on(moment)`: the hourly pass of the worker at that moment, and Stripe's events of it."""

    def run(moment):
        session.rollback()
        clocked.move_to(moment)
        jobs.enqueue("payments.find_automatic")
        session.commit()
        work()
        receive_events()
        return charge()

    return run


def charge() -> AutoPayCharge:
    db.session.rollback()
    return db.session.scalars(db.select(AutoPayCharge)).one_or_none()


def test_it_is_announced_days_before_and_charged_on_the_day_it_is_due(auto_pay, on, outbox, records, sandbox):
    assert charge() is None
    assert on(DUE - 4 * DAY) is None
    assert on(DUE - 3 * DAY).status == "planned"
    assert "$120.00 for invoice 1 will be paid on Mon, Mar 16, 2026" in outbox.subjects
    assert on(datetime(2026, 3, 16, 3, 59, tzinfo=UTC)).status == "planned"  # it is still the 15th in New York
    assert sandbox.ledger() == []
    assert on(datetime(2026, 3, 16, 4, 1, tzinfo=UTC)).status == "paid"
    on(DUE + DAY)
    assert [entry.charged for entry in sandbox.ledger()] == [12_000]
    assert (records.invoice.due, records.payments[0].attempt.off_session) == (0, True)
    assert "Your automatic payment of $120.00" in outbox.emails[-2].text + outbox.emails[-1].text
    assert records.agree()


def test_an_invoice_over_the_limit_is_not_charged_and_the_customer_is_told(auto_pay, on, ana, outbox, sandbox):
    start(ana, cap=11_999)
    assert on(DUE - 3 * DAY).status == "over_cap"
    on(DUE)
    assert "Invoice 1 is over your limit for automatic payments" in outbox.subjects
    assert sandbox.ledger() == []


def test_only_the_rest_of_what_was_paid_by_hand_is_charged(auto_pay, on, records, sandbox, session):
    on(DUE - 3 * DAY)
    invoice = session.scalars(charging.Invoice.locked(1)).one()
    Payment.record(invoice, amount=5_000, method=CHECK, by=builders.BY_OLGA, at=clock.now())
    session.commit()
    assert on(DUE).status == "paid"
    assert [entry.charged for entry in sandbox.ledger()] == [7_000]


def test_a_higher_amount_is_announced_anew(auto_pay, on, session, outbox, sandbox):
    invoice = session.scalars(charging.Invoice.locked(1)).one()
    payment = Payment.record(invoice, amount=5_000, method=CHECK, by=builders.BY_OLGA, at=clock.now())
    session.commit()
    on(DUE - 3 * DAY)
    session.get_one(charging.Invoice, 1)
    session.scalars(charging.Invoice.locked(1)).one()
    session.get_one(Payment, payment.id).undo("It bounced", by=builders.BY_OLGA, at=clock.now())
    session.commit()
    assert on(DUE).status == "planned"
    assert (sandbox.ledger(), outbox.subjects[-1]) == (
        [], "$120.00 for invoice 1 will be paid on Thu, Mar 19, 2026"
    )  # fmt: skip
    assert on(DUE + 3 * DAY).status == "paid"


def test_a_skipped_payment_is_left_to_the_customer(auto_pay, on, ana, browser_of, sandbox, records):
    on(DUE - 3 * DAY)
    browser = browser_of(ana)
    assert "Skip this payment" in browser.get("/portal/automatic-payments").text
    browser.post("/portal/automatic-payments/skips", data={"invoice": "1"})
    assert on(DUE).status == "skipped"
    assert (sandbox.ledger(), records.invoice.due) == ([], 12_000)


def link_in(email) -> str:
    """The link of an email that opens the invoice without a sign-in."""
    return re.search(r"https?://[^/]+(/d/\S+)", email.text)[1]


def decline_from_now(sandbox, number=SAVED_THEN_DECLINED):
    method = db.session.scalars(db.select(charging.SavedMethod.stripe_id)).first()
    sandbox.change_number(method, number)


def test_a_declined_card_is_tried_again_twice_and_both_sides_see_when(
    auto_pay, on, sandbox, outbox, browser_of, ana, olga, records
):
    on(DUE - 3 * DAY)
    decline_from_now(sandbox)
    declined = on(DUE)
    assert (declined.status, declined.tries, declined.next_on) == ("declined", 1, (DUE + 3 * DAY).date())
    assert records.attempts[-1].status == "canceled"
    told = outbox.emails[-2]
    assert (told.to, told.subject) == ("ana@example.com", "Your payment of $120.00 for invoice 1 was declined")
    assert "Thu, Mar 19, 2026 and, if needed, on Mon, Mar 23, 2026" in told.text
    assert browser_of(ana).get(link_in(told)).headers["Location"] == "/portal/invoices/1"
    plan = "The next attempts are on Thu, Mar 19, 2026"
    assert plan in browser_of(ana).get("/portal/automatic-payments").text
    office = browser_of(olga)
    assert plan in office.get("/office/payments/of-invoice/1").text
    assert plan in office.get(f"/office/customers/{ana.customer.number}/automatic-payments").text
    assert on(DUE + DAY).tries == 1
    assert on(DUE + 3 * DAY).tries == 2
    assert on(DUE + 7 * DAY).status == "failed"
    assert on(DUE + 20 * DAY).tries == 3
    assert len(sandbox.events("charge.failed")) == 3


@pytest.fixture
def own_words(sparkle, session):
    """The company's own words for every email, which tell nothing."""
    for kind in (AUTOPAY_ON, AUTOPAY_OFF, AUTOPAY_DECLINED):
        words = Words(str(kind.subject), "Dear {contact_name},")
        EmailWording.change(sparkle, kind, words, by=builders.BY_OLGA, at=clock.now())
    session.commit()


def test_the_customer_reads_which_card_and_why_whatever_the_company_wrote(
    auto_pay, own_words, on, ana, outbox, sandbox
):
    row = start(ana)
    row_id, label = row.id, row.method.label
    on(DUE - 3 * DAY)
    decline_from_now(sandbox, PAID_THEN_EXPIRED)
    on(DUE)
    db.session.scalars(AutoPay.locked(row_id)).one().stop(by=by(ana), at=clock.now())
    told = {email.subject: email for email in outbox.emails if email.to == ana.email}
    for subject in ("Automatic payments are on", "Automatic payments are off"):
        for part in (told[subject].text, told[subject].html):
            assert "Dear Ana Ruiz," in part
            assert "Payment method" in part
            assert label in part
    declined = told["Your payment of $120.00 for invoice 1 was declined"]
    for part in (declined.text, declined.html):
        assert "This card has expired. Use another card." in part


def test_a_hard_decline_is_not_tried_again(auto_pay, on, sandbox):
    on(DUE - 3 * DAY)
    decline_from_now(sandbox, PAID_THEN_EXPIRED)
    assert on(DUE).status == "failed"
    on(DUE + 3 * DAY)
    assert len(sandbox.events("charge.failed")) == 1


def test_what_the_bank_wants_confirmed_is_finished_on_the_pay_page(
    auto_pay, on, sandbox, outbox, browser_of, ana, records, receive_events
):
    on(DUE - 3 * DAY)
    decline_from_now(sandbox, SECURE)
    assert on(DUE).status == "needs_customer"
    told = next(each for each in outbox.emails if each.subject.startswith("Confirm your payment"))
    path = browser_of(ana).get(link_in(told)).headers["Location"] + "/pay"
    browser = browser_of(ana)
    assert "Pay $120.00" in browser.get(path).text
    saved = db.session.scalars(db.select(charging.SavedMethod.id)).one()
    browser.post(path, data={"saved": str(saved)})
    sandbox.authenticate(records.attempts[-1].intent)
    receive_events()
    assert records.invoice.due == 0
    on(DUE + 3 * DAY)
    assert [entry.charged for entry in sandbox.ledger()] == [12_000]


def test_a_bank_debit_on_its_way_is_waited_for(auto_pay, on, session, sandbox):
    on(DUE - 3 * DAY)
    session.scalars(charging.Invoice.locked(1)).one().mark_clearing(clock.now())
    session.commit()
    waiting = on(DUE)
    assert (waiting.status, "already processing" in waiting.waits_for) == ("planned", True)
    assert sandbox.ledger() == []


def test_the_link_in_an_email_stops_them_but_opening_it_changes_nothing(
    auto_pay, on, visitor, ana, sparkle, rival, outbox
):
    on(DUE - 3 * DAY)
    path = re.search(r"(/automatic-payments/stop/\S+)", outbox.emails[-1].text)[1]
    start(ana, cap=19_000)  # an email from before the terms changed stops them too
    browser = visitor(sparkle)
    assert "Turn off automatic payments?" in browser.get(path).text
    assert charge().status == "planned"
    assert visitor(rival).get(path).status_code == 404
    assert browser.get(path[:-1] + "x").status_code == 404
    browser.post(path)
    assert "Automatic payments are off" in browser.get(path).text
    assert on(DUE).status == "stopped"


def test_staff_stop_them_with_a_reason_and_cannot_start_them(auto_pay, on, browser_of, olga, ana, outbox):
    on(DUE - 3 * DAY)
    browser, path = browser_of(olga), f"/office/customers/{ana.customer.number}/automatic-payments"
    assert browser.post(f"{path}/end", data={"reason": ""}).status_code == 422
    browser.post(f"{path}/end", data={"reason": "You asked us by phone."})
    assert "You asked us by phone." in outbox.emails[-1].text
    assert on(DUE).status == "stopped"
    assert "Only the customer can turn them on" in browser.get(path).text


def test_a_method_in_use_cannot_be_removed_and_one_detached_at_stripe_ends_them(
    auto_pay, on, browser_of, ana, sandbox, receive_events, session, outbox
):
    method = session.get_one(AutoPay, auto_pay.id).method
    stripe_id, row_id = method.stripe_id, method.id
    browser = browser_of(ana)
    refused = browser.post(f"/portal/payment-methods/{row_id}/removal", follow_redirects=True)
    assert "Automatic payments use this payment method" in refused.text
    sandbox.detach(stripe_id)
    receive_events()
    session.rollback()
    assert session.get_one(AutoPay, auto_pay.id).ended_reason == "The payment method was removed."
    assert "Automatic payments are off" in outbox.subjects


def stop_meanwhile(monkeypatch, app, row_id, step):
    """Let the customer turn them off when the charge has come to a step of `Gateway`: before it asks Stripe."""
    asked = getattr(Gateway, step)

    def stop_and_ask(self, *args, **more):
        with app.app_context():
            row = db.session.scalars(AutoPay.locked(row_id)).one()
            sent = row.stop(by=by(row.contact), at=clock.now())
            stops.append(sent is not None and sent.sent_at is not None)
            db.session.commit()
        return asked(self, *args, **more)

    stops: list[bool] = []
    monkeypatch.setattr(Gateway, step, stop_and_ask)
    return stops


def test_turning_them_off_a_second_before_prevents_the_charge(auto_pay, on, sandbox, app, monkeypatch, records):
    on(DUE - 3 * DAY)
    stops = stop_meanwhile(monkeypatch, app, auto_pay.id, "create")
    assert on(DUE).status == "stopped"
    assert (stops, sandbox.ledger(), records.attempts[-1].status) == ([False], [], "canceled")


def test_control_without_the_second_check_the_same_moment_charges(auto_pay, on, sandbox, app, monkeypatch):
    on(DUE - 3 * DAY)
    stop_meanwhile(monkeypatch, app, auto_pay.id, "create")
    monkeypatch.setattr(AutoPayCharge, "stand_down", lambda *args, **more: False)
    monkeypatch.setattr(charging, "CHARGING", "stopped")
    on(DUE)
    assert [entry.charged for entry in sandbox.ledger()] == [12_000]


def test_in_the_last_window_it_is_said_that_this_payment_may_still_be_taken(
    auto_pay, on, sandbox, app, monkeypatch, records
):
    on(DUE - 3 * DAY)
    stops = stop_meanwhile(monkeypatch, app, auto_pay.id, "confirm")
    on(DUE)
    assert (stops, [entry.charged for entry in sandbox.ledger()]) == ([True], [12_000])
    assert records.invoice.due == 0


def test_schedulers_and_a_payment_by_hand_at_once_make_one_charge(
    auto_pay, on, app, sandbox, ana, records, receive_events, clocked, session, work
):
    planned = on(DUE - 3 * DAY).id
    clocked.move_to(DUE)
    ana_id, saved_id = ana.id, session.get_one(AutoPay, auto_pay.id).saved_method_id
    actor = by(ana)
    session.rollback()

    def do(number):
        with app.app_context():
            try:
                charging.pay([1], ana_id, saved_id, by=actor) if number == 3 else charging.charge(planned)
            except (Refused, charging.Rejected, jobs.CutShort):
                db.session.rollback()

    at_once(4, do)
    receive_events()
    on(DUE + DAY)
    assert [entry.charged for entry in sandbox.ledger()] == [12_000]
    assert (records.invoice.due, len(records.payments)) == (0, 1)
    assert records.agree()


@pytest.mark.parametrize("late", [timedelta(hours=-2), -2 * DAY, -30 * DAY])
def test_a_clock_that_is_set_back_charges_nothing_twice(auto_pay, on, sandbox, records, late):
    on(DUE - 3 * DAY)
    for moment in (DUE, DUE + late, DUE, DUE + DAY):
        assert on(moment).status == "paid"
    assert [entry.charged for entry in sandbox.ledger()] == [12_000]
    assert records.agree()


def test_a_clock_that_is_set_back_brings_no_try_forward(auto_pay, on, app, ana, sandbox, receive_events):
    Saver(app, sandbox, receive_events).save(ana, SAVED_THEN_DECLINED)
    newest_first = charging.SavedMethod.of(ana.customer, "acct_sparkle").order_by(None)
    declining = db.session.scalars(newest_first.order_by(charging.SavedMethod.id.desc())).first()
    AutoPay.start(ana, declining, 20_000, mandate(ana), by=by(ana))
    db.session.commit()
    on(DUE - 3 * DAY)
    planned = on(DUE).next_on
    for moment in (DUE - DAY, DUE - timedelta(hours=1), DUE + timedelta(hours=1)):
        charge = on(moment)
        assert (charge.status, charge.tries, charge.next_on) == ("declined", 1, planned)


def test_the_cards_own_day_is_told_once(auto_pay, session, outbox, work, clocked):
    method = session.get_one(AutoPay, auto_pay.id).method
    method.expires_on = (clock.now() + 20 * DAY).date()
    session.commit()
    for _day in range(2):
        jobs.enqueue("payments.warn_of_expiry")
        session.commit()
        work()
    assert outbox.subjects.count("Your Visa ending in 4242 expires soon") == 1


def test_nothing_is_turned_on_without_the_box_or_with_anothers_card(auto_pay, browser_of, ben, app, sandbox, session):
    theirs = session.get_one(AutoPay, auto_pay.id).saved_method_id
    browser, path = browser_of(ben), "/portal/automatic-payments"
    for terms in ({"cap": "100"}, {"cap": "100", "agreed": "y"}, {"cap": "0", "agreed": "y"}):
        assert browser.post(path, data={"method": str(theirs), **terms}).status_code == 422
    session.rollback()
    assert len(session.scalars(db.select(AutoPay)).all()) == 1


@pytest.mark.parametrize(
    ("path", "limit"),
    [("/portal/payment-methods", 4), ("/portal/automatic-payments", 4), ("/portal/invoices/1/pay?other=", 4)],
)
def test_the_pages_take_few_statements(auto_pay, on, browser_of, ana, statements, path, limit):
    on(DUE - 3 * DAY)
    browser = browser_of(ana)
    browser.get(path)
    with statements() as seen:
        assert browser.get(path).status_code == 200
    assert len(seen) <= limit, seen
