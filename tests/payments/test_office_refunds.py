"""Refunds that staff make."""

import re
from threading import Thread

import pytest

from sergio.audit.actor import STAFF, Actor
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.refused import Refused
from sergio.payments import jobs, refunding
from sergio.payments.methods import CHECK
from sergio.payments.models import Payment
from sergio.payments.refund_requests import RefundRequest
from sergio.payments.stripe.errors import Unavailable
from tests.invoices import builders
from tests.invoices.builders import BY_OLGA

PAGE = "/office/payments/1/refund"
FORM = {"amount": "50.00", "method": "stripe", "reason": "requested_by_customer", "due_again": "no", "refunded": "0"}
SURE = FORM | {"confirmed": "5000"}
PENDING_CARD = "4000000000007726"


@pytest.fixture
def paid(card_form, receive_events, ana, invoice):
    """The intent of Ana's payment of 120 dollars."""
    form = card_form(ana)
    form.pay()
    receive_events()
    return form.intent


@pytest.fixture
def ask(session, records):
    """`ask(5_000)`: a refund of the first payment that was asked for and committed, but not sent."""

    def make(amount, **more):
        about = {"whole": False, "refunded": 0, "reason": "duplicate", **more}
        made = RefundRequest.make(records.payments[0], amount, by=BY_OLGA, at=clock.now(), **about)
        session.commit()
        return made.id

    return make


def at_stripe(sandbox) -> int:
    return sum(entry.refunded for entry in sandbox.ledger())


def test_staff_see_who_gets_what_back_and_when_before_it_is_sent(
    paid, browser_of, olga, sandbox, records, outbox, receive_events
):
    browser = browser_of(olga)
    assert 'value="120.00"' in browser.get(PAGE).text
    shown = browser.post(PAGE, data=FORM).text
    assert "Refund $50.00 to Ana Ruiz?" in shown
    assert "5 to 10 business days" in shown
    assert at_stripe(sandbox) == 0

    done = browser.post(PAGE, data=SURE, follow_redirects=True).text
    assert "$50.00 is on its way back to the customer." in done
    assert "Refund of $50.00: Refunded." in done
    assert "Olga Petrova" in done
    assert (at_stripe(sandbox), records.invoice.refunded, records.invoice.due) == (5_000, 5_000, 0)
    receive_events()
    assert records.agree()
    assert outbox.subjects[-2:] == ["Your refund of $50.00 from Sparkle Cleaning", "$50.00 was refunded to Ana Ruiz"]
    to_ana = outbox.emails[-2].text
    assert "Visa ending in 4242" in to_ana
    assert "5 to 10 business days" in to_ana
    assert "Olga Petrova made the refund" in outbox.emails[-1].text


def test_what_the_customer_owes_again_is_due_again_and_can_be_paid(paid, browser_of, olga, ana, records, card_form):
    browser_of(olga).post(PAGE, data=SURE | {"due_again": "yes"})
    invoice = records.invoice
    assert (invoice.due, invoice.refunded, invoice.balance, invoice.status) == (5_000, 0, 5_000, "open")
    assert "$50.00" in browser_of(ana).get("/portal/invoices/1").text
    card_form(ana).pay()


def test_all_of_it_settles_the_invoice(paid, browser_of, olga, records):
    browser_of(olga).post(PAGE, data=FORM | {"amount": "120.00", "confirmed": "12000"})
    assert (records.invoice.status, records.invoice.due) == ("refunded", 0)
    assert "Nothing of this payment is left to refund." in browser_of(olga).get(PAGE).text


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"amount": "120.01"}, "At most $120.00 can be refunded."),
        ({"amount": "0"}, "Enter an amount above zero."),
        ({"reason": "other"}, "Say why."),
        ({"reason": "gift"}, "Not a valid choice."),
        ({"method": "gold"}, "Not a valid choice."),
    ],
)
def test_what_cannot_be_refunded_is_said_beside_the_field(paid, browser_of, olga, sandbox, changed, sentence):
    page = browser_of(olga).post(PAGE, data=SURE | changed)
    assert page.status_code == 422
    assert sentence in page.text
    assert at_stripe(sandbox) == 0


def test_a_rival_finds_no_such_payment(paid, browser_of, world):
    for path in ("/office/payments/1", PAGE):
        assert browser_of(world.rita).get(path).status_code == 404
    assert browser_of(world.rita).post(PAGE, data=SURE).status_code == 404


def test_two_people_who_press_at_once_refund_once(paid, browser_of, olga, nora, session, sandbox, records):
    session.commit()
    browsers = [browser_of(olga), browser_of(nora)]
    threads = [Thread(target=each.post, args=(PAGE,), kwargs={"data": SURE}) for each in browsers]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert at_stripe(sandbox) == 5_000
    assert records.agree()
    again = browsers[1].post(PAGE, data=SURE, follow_redirects=True).text
    assert "This payment was refunded a moment ago" in again
    assert at_stripe(sandbox) == 5_000


def test_one_in_stripe_at_the_same_moment_leaves_no_more_than_was_paid(paid, ask, sandbox, records, receive_events):
    request_id = ask(12_000)
    sandbox.refund(paid, 3_000)
    sent = refunding.send(request_id)
    assert (sent.status, at_stripe(sandbox)) == ("refused", 3_000)
    receive_events()
    assert records.agree()
    assert records.invoice.refunded == 3_000
    assert refunding.send(ask(9_000, refunded=3_000)).status == "sent"
    assert at_stripe(sandbox) == 12_000


@pytest.mark.usefixtures("paid")
@pytest.mark.parametrize("amount", [0, 12_001])
@pytest.mark.parametrize("whole", [False, True])
def test_the_rule_holds_without_the_form(ask, records, amount, whole):
    with pytest.raises(Refused, match=r"At most \$120\.00 can be refunded"):
        ask(amount, whole=whole)
    assert records.payments[0].refunds == []


def test_a_second_request_waits_for_the_first(paid, ask):
    ask(1_000)
    with pytest.raises(Refused, match="is being sent"):
        ask(1_000)


@pytest.mark.parametrize("cut", ["before Stripe", "reply lost", "before it is entered"])
def test_one_that_was_cut_short_is_sent_once_by_the_reconciler(
    paid, ask, sandbox, session, work, records, receive_events, cut, monkeypatch
):
    request_id = ask(5_000)
    if cut == "reply lost":
        sandbox.fault("/v1/refunds", "cut", method="POST", times=2)
        with pytest.raises(Unavailable):
            refunding.send(request_id)
    elif cut == "before it is entered":
        with monkeypatch.context() as killed:
            killed.setattr(refunding, "enter", lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                refunding.send(request_id)
    session.rollback()
    jobs.reconcile()
    session.commit()
    jobs.send_refund(request_id)
    jobs.send_refund(request_id)
    session.commit()
    assert at_stripe(sandbox) == 5_000
    assert session.get(RefundRequest, request_id, populate_existing=True).status == "sent"
    receive_events()
    assert records.agree()
    assert records.invoice.refunded == 5_000


def test_one_that_is_too_old_for_its_key_is_not_sent_again(paid, ask, sandbox, session):
    request_id = ask(5_000)
    session.get(RefundRequest, request_id).asked_at = clock.now() - refunding.KEYS_LAST
    session.commit()
    assert refunding.send(request_id).status == "refused"
    assert at_stripe(sandbox) == 0


@pytest.mark.parametrize(("kind", "status", "sum_at_stripe"), [("refuse", "refused", 0), ("fail", "sent", 5_000)])
def test_a_server_error_is_never_followed_by_a_second_refund(
    paid, ask, sandbox, records, receive_events, kind, status, sum_at_stripe
):
    request_id = ask(5_000)
    sandbox.fault("/v1/refunds", kind, method="POST", status=500, times=5)
    with pytest.raises(Unavailable):
        refunding.send(request_id)
    sandbox.faults.waiting.clear()
    for _again in range(2):
        assert refunding.send(request_id).status == status
    assert at_stripe(sandbox) == sum_at_stripe
    receive_events()
    assert records.agree()


def test_a_refund_that_fails_says_what_to_do_and_can_be_given_back_by_hand(
    paid, browser_of, olga, sandbox, records, receive_events, outbox
):
    browser = browser_of(olga)
    browser.post(PAGE, data=SURE)
    (made,) = records.payments[0].refunds
    sandbox.fail_refund(made.stripe_id, "lost_or_stolen_card")
    receive_events()
    assert (records.invoice.balance, records.invoice.status) == (0, "paid")
    assert outbox.subjects[-1] == "The refund of $50.00 to Ana Ruiz failed"
    assert "lost or stolen" in outbox.emails[-1].text
    page = browser.get("/office/payments/1").text
    assert "A refund of this payment failed" in page
    assert "The card was reported lost or stolen." in page

    by_hand = SURE | {"method": "check"}
    assert "Give the money back yourself." in browser.post(PAGE, data=by_hand | {"confirmed": ""}).text
    done = browser.post(PAGE, data=by_hand, follow_redirects=True).text
    assert "given back by: Check" in done
    assert (records.invoice.refunded, at_stripe(sandbox)) == (5_000, 0)


def test_a_pending_one_succeeds_later(card_form, ana, invoice, receive_events, browser_of, olga, sandbox, records):
    card_form(ana).pay(PENDING_CARD)
    receive_events()
    done = browser_of(olga).post(PAGE, data=SURE, follow_redirects=True).text
    assert "Refund of $50.00: On its way." in done
    sandbox.settle()
    receive_events()
    assert "Refund of $50.00: Refunded." in browser_of(olga).get("/office/payments/1").text
    assert records.invoice.refunded == 5_000


def test_a_disputed_payment_is_not_refunded_as_well(paid, sandbox, receive_events, browser_of, olga):
    sandbox.open_dispute(paid)
    receive_events()
    page = browser_of(olga).get(PAGE, follow_redirects=True)
    assert "has taken the money" in page.text


def test_a_check_is_given_back_by_hand_and_that_can_be_undone(invoice, session, browser_of, olga, records, outbox):
    Payment.record(records.invoice, method=CHECK, by=BY_OLGA, at=clock.now())
    session.commit()
    browser = browser_of(olga)
    page = browser.post(PAGE, data=SURE | {"method": "cash"}, follow_redirects=True).text
    assert "The refund of $50.00 is recorded." in page
    assert records.invoice.refunded == 5_000
    to_ana, to_office = outbox.emails[-2:]
    assert "We gave it back by: Cash." in to_ana.text
    assert to_office.subject == "$50.00 was refunded to Ana Ruiz"
    assert "Olga Petrova recorded the refund: Cash. Reason: The customer asked for it." in to_office.text
    assert (
        "refunded, so it can"
        in browser.post(
            "/office/payments/1/undoing", data={"reason": "Bounced", "seen": "3"}, follow_redirects=True
        ).text
    )
    (path,) = re.findall(r'action="(/office/payments/1/refunds/\d+/undoing)"', page)
    assert "The refund is undone." in browser.post(path, follow_redirects=True).text
    assert (records.invoice.refunded, records.invoice.status) == (0, "paid")


def test_one_of_two_invoices_or_both_are_refunded(session, ana, sandbox, records, browser_of, olga, receive_events):
    from sergio.payments import checkout

    first, second = builders.invoice(ana, 5_000), builders.invoice(ana, 7_000)
    session.commit()
    checkout.begin([first.id, second.id], ana.id, by=Actor(STAFF, "Olga"))
    attempt = records.attempts[0]
    sandbox_pay(sandbox, attempt)
    receive_events()
    browser = browser_of(olga)
    assert "All that was paid together: $120.00" in browser.get("/office/payments/2/refund").text
    part = FORM | {"amount": "20.00", "scope": "part", "confirmed": "2000"}
    browser.post("/office/payments/2/refund", data=part)
    assert [sum(each.amount for each in payment.refunds) for payment in records.payments] == [0, 2_000]
    whole = FORM | {"scope": "whole", "refunded": "2000", "confirmed": "10000"}
    browser.post("/office/payments/1/refund", data=whole)
    assert [sum(each.amount for each in payment.refunds) for payment in records.payments] == [5_000, 7_000]
    assert at_stripe(sandbox) == 12_000
    receive_events()
    assert records.agree()


def sandbox_pay(sandbox, attempt):
    """Pay an attempt with a good card, as Stripe.js does."""
    from sergio.payments.stripe.gateway import Gateway

    method = sandbox.payment_method("4242424242424242", attempt.account or None)
    account, intent = attempt.account, attempt.intent
    db.session.commit()
    Gateway(account).confirm(intent, method, off_session=False)


def test_risk_fee_and_source_of_a_payment_are_shown(paid, browser_of, olga):
    page = browser_of(olga).get("/office/payments/1").text
    assert "Payment complete." in page
    assert "$3.78" in page
    assert "Stripe event evt_" in page
    assert "payment_intent.succeeded" in page
