"""Disputes in the office and for the customer, and what stops meanwhile."""

from datetime import timedelta

import pytest

from sergio.lib import clock
from sergio.lib.refused import Refused
from sergio.payments.dispute_help import REASONS, checklist
from sergio.payments.models import PaymentAttempt
from tests.invoices.builders import BY_OLGA
from tests.payments.card_form import GOOD

LIST = "/office/payments/disputes"
INQUIRY = "4000000000001976"


@pytest.fixture
def paid(card_form, receive_events, ana, invoice):
    form = card_form(ana)
    form.pay()
    receive_events()
    return form.intent


@pytest.fixture
def disputed(paid, sandbox, receive_events):
    made = sandbox.open_dispute(paid, "product_not_received")
    receive_events()
    return made["id"]


def test_staff_see_what_it_is_about_what_to_send_and_until_when(disputed, browser_of, olga, sparkle, records):
    browser = browser_of(olga)
    dispute = records.payments[0].disputes[0]
    until = sparkle.format_moment(dispute.answer_by)
    assert "One dispute needs your answer" in browser.get("/office/").text
    listed = browser.get(LIST).text
    shown = browser.get(f"{LIST}/{dispute.id}").text
    for page in (listed, shown):
        assert "The customer says the work was not done." in page
        assert "$120.00" in page
        assert until in page
    assert "photos of the finished work" in shown
    assert f"https://dashboard.stripe.com/test/disputes/{disputed}" in shown
    assert "has taken the money until it decides" in shown


def test_one_that_is_due_within_three_days_is_said_apart(disputed, browser_of, olga, session, records):
    records.payments[0].disputes[0].answer_by = clock.now() + timedelta(days=2)
    session.commit()
    assert "One dispute needs your answer within 3 days" in browser_of(olga).get("/office/").text


@pytest.mark.parametrize(
    ("outcome", "office", "customer"),
    [
        ("won", "The money is yours again", "Your bank decided that the payment stands"),
        ("lost", "talk to them and record what they pay by hand", "Your bank gave you $120.00 back"),
    ],
)
def test_when_it_is_decided_nothing_is_left_to_answer(
    disputed, sandbox, receive_events, browser_of, olga, ana, records, outcome, office, customer
):
    sandbox.close_dispute(disputed, outcome)
    receive_events()
    browser = browser_of(olga)
    assert "No disputes" in browser.get(LIST).text
    assert "needs your answer" not in browser.get("/office/").text
    assert office in browser.get(f"{LIST}/{records.payments[0].disputes[0].id}").text
    assert "$120.00" in browser.get(f"{LIST}?show=all").text
    assert customer in browser_of(ana).get("/portal/payments/1").text


def test_the_customer_reads_that_nothing_is_wrong(disputed, browser_of, ana):
    browser = browser_of(ana)
    assert "You don't need to do anything here." in browser.get("/portal/invoices/1").text
    page = browser.get("/portal/payments/1").text
    assert "Your bank is checking $120.00 of this payment for you" in page
    assert "You don&#39;t need to do anything here." in page


def test_an_inquiry_is_not_money(card_form, receive_events, ana, invoice, browser_of, olga, records):
    card_form(ana).pay(INQUIRY)
    receive_events()
    assert (records.invoice.status, records.invoice.disputed) == ("paid", 0)
    browser = browser_of(olga)
    assert "One dispute needs your answer" in browser.get("/office/").text
    shown = browser.get(f"{LIST}/{records.payments[0].disputes[0].id}").text
    assert "This is an inquiry. The bank has not taken any money." in shown
    assert "checking" not in browser_of(ana).get("/portal/payments/1").text


def test_what_is_still_due_of_it_cannot_be_paid_online_meanwhile(
    card_form, sandbox, receive_events, ana, session, invoice, records
):
    """A part was paid by card; a form for the rest is open when it is disputed."""
    from sergio.payments import checkout
    from sergio.payments.stripe.gateway import Gateway

    attempt = PaymentAttempt.start({records.invoice: 5_000}, ana, by=BY_OLGA, at=clock.now())
    session.commit()
    checkout.open_intent(checkout.snapshot_of(attempt), Gateway("acct_sparkle"), by=BY_OLGA)
    intent = records.attempts[0].intent
    session.commit()
    Gateway("acct_sparkle").confirm(intent, sandbox.payment_method(GOOD, "acct_sparkle"), off_session=False)
    receive_events()
    form = card_form(ana)
    sandbox.open_dispute(intent)
    receive_events()
    assert (records.invoice.status, records.invoice.due) == ("disputed", 7_000)
    assert "error" in form.pay()
    with pytest.raises(Refused, match="disputed at your bank"):
        PaymentAttempt.start({records.invoice: 7_000}, ana, by=BY_OLGA, at=clock.now())


def test_a_rival_finds_no_dispute(disputed, browser_of, world, records):
    dispute_id = records.payments[0].disputes[0].id
    assert browser_of(world.rita).get(f"{LIST}/{dispute_id}").status_code == 404
    assert "No disputes" in browser_of(world.rita).get(LIST).text


def test_every_reason_has_words_and_a_list():
    assert all(str(sentence) and checklist(reason, by_bank=False) for reason, sentence in REASONS.items())
    assert "final" in checklist("fraudulent", by_bank=True)[0]
    assert checklist("new at Stripe", by_bank=False) == checklist("general", by_bank=False)
