"""Events at the webhook: forged, repeated, out of order, too early, for another account."""

import random
from datetime import timedelta

import pytest
from sqlalchemy import func

from sergio.extensions import db
from sergio.lib import clock
from sergio.payments.stripe.events import StripeEvent
from sergio.payments.stripe.signature import is_from_stripe
from tests.browser import SAME_ORIGIN
from tests.payments.card_form import EMPTY, SECRET

EVENT = {"id": "evt_1", "type": "payment_intent.succeeded", "livemode": False, "account": None}
EVENT |= {"data": {"object": {"object": "payment_intent", "id": "pi_1"}}}


@pytest.fixture
def kept(session):
    """How many events are in the database."""

    def count():
        session.rollback()
        return session.scalar(db.select(func.count(StripeEvent.id)))

    return count


def test_an_event_is_stored_once_however_often_it_comes(webhooks, kept):
    assert webhooks.send(EVENT, EVENT, EVENT) == [200, 200, 200]
    assert kept() == 1


def test_the_same_event_of_another_account_is_another_event(webhooks, kept):
    assert webhooks.send(EVENT, {**EVENT, "account": "acct_1"}) == [200, 200]
    assert kept() == 2


def test_forged_events_are_refused_and_leave_nothing(webhooks, kept, sandbox):
    body, signature = sandbox.signed(EVENT, SECRET)
    stamp = signature.split(",")[0]
    forged = [
        (body, None),
        (body, ""),
        (body, "nonsense"),
        (body, f"{stamp},v1="),
        (body, f"{stamp},v1={'0' * 64}"),
        (body, signature.replace("v1=", "v0=")),
        (body, f"{signature},t=1"),
        (body, f"t=,{signature.split(',')[1]}"),
        (body, f"t=٣,{signature.split(',')[1]}"),
        (body[:-1] + b" ", signature),
        sandbox.signed(EVENT, "whsec_somebody_elses"),
        sandbox.signed(EVENT, ""),
        (b"", signature),
        (b"{}" * 400_000, signature),
    ]
    assert [webhooks.post(*each).status_code for each in forged] == [400] * len(forged)
    assert kept() == 0


def test_a_body_larger_than_any_event_is_refused_without_reading(webhooks, kept):
    assert webhooks.send({**EVENT, "padding": "x" * 600_000}) == [400]
    assert kept() == 0


@pytest.mark.parametrize("body", [[], {}, {"id": "evt_1"}, {**EVENT, "data": None}, {**EVENT, "data": {"object": []}}])
def test_a_signed_body_that_is_not_an_event_is_refused(webhooks, kept, body):
    assert webhooks.send(body) == [400]
    assert kept() == 0


@pytest.mark.parametrize(("seconds", "status"), [(-301, 400), (-299, 200), (299, 200), (301, 400), (31_536_000, 400)])
def test_a_timestamp_is_valid_for_five_minutes_either_way(webhooks, seconds, status):
    assert webhooks.send(EVENT, at=clock.now().timestamp() + seconds) == [status]


def test_any_of_several_secrets_is_accepted():
    from stripe import WebhookSignature

    now = clock.now()
    header = WebhookSignature.generate_signature_header("{}", "whsec_new", int(now.timestamp()))
    assert is_from_stripe(b"{}", header, "whsec_old, whsec_new", now)
    assert not is_from_stripe(b"{}", header, "whsec_old", now)
    assert not is_from_stripe(b"{}", header, "", now)


@pytest.mark.parametrize("kind", ["charge.updated", "payment_intent.created", "account.updated", "something.new"])
def test_other_events_are_stored_without_effect(webhooks, kept, work, kind):
    assert webhooks.send({**EVENT, "type": kind}) == [200]
    assert kept() == 1
    assert work() == 0


def test_the_webhook_works_on_a_companys_host_too(webhooks, sparkle, sandbox):
    webhooks.base_url = "https://sparkle.sergio.test/"
    assert webhooks.send(EVENT) == [200]


def test_an_event_is_not_lost_when_the_plan_ends(card_form, receive_events, ana, sparkle, invoice, records, session):
    card_form(ana).pay()
    sparkle.plan = "free"
    session.commit()
    receive_events()
    assert records.invoice.due == 0


def test_an_event_for_an_intent_whose_id_is_not_stored_yet(card_form, receive_events, ana, invoice, records, session):
    card_form(ana).pay()
    attempt = records.attempts[0]
    attempt.intent, attempt.status = None, "creating"
    session.commit()
    receive_events()
    assert records.invoice.due == 0
    assert records.agree()


def set_aside(session):
    session.rollback()
    return {event.set_aside for event in session.scalars(db.select(StripeEvent)) if event.set_aside}


def test_an_intent_of_another_account_cannot_pay_our_invoice(
    card_form, receive_events, ana, rival, invoice, records, sandbox, session
):
    card_form(ana)
    key = records.attempts[0].key
    rival.stripe_account = sandbox.connect_account()
    session.commit()
    pay_at_stripe(sandbox, {"attempt": key, "company": "sparkle", "invoice": "1"}, rival.stripe_account)
    receive_events()
    assert records.invoice.due == 12_000
    assert set_aside(session) == {"unknown"}
    assert records.attempts[0].mismatch == ""
    event = session.scalars(db.select(StripeEvent).where(StripeEvent.set_aside == "unknown")).first()
    assert event.company_id == rival.id


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [("amount", 1_00, "amount"), ("currency", "EUR", "currency"), ("intent", "pi_other", "other intent")],
)
def test_an_event_that_does_not_match_our_request_is_set_aside(
    card_form, receive_events, ana, olga, invoice, records, session, browser_of, column, value, reason
):
    card_form(ana).pay()
    setattr(records.attempts[0], column, value)
    session.commit()
    receive_events()
    assert records.invoice.due == 12_000
    assert records.attempts[0].mismatch == reason
    assert set_aside(session) == {reason}
    assert "Needs review" in browser_of(olga).get("/office/payments").text
    page = browser_of(ana).post("/portal/invoices/1/pay", follow_redirects=True, headers=SAME_ORIGIN)
    assert "Call us before you pay" in page.text


def test_an_event_of_the_other_mode_is_set_aside(card_form, webhooks, work, ana, invoice, records, sandbox, session):
    card_form(ana).pay()
    (event,) = sandbox.events("payment_intent.succeeded")
    webhooks.send({**event, "livemode": True})
    work()
    assert records.invoice.due == 12_000
    assert set_aside(session) == {"mode"}


def test_payments_of_the_companys_other_business_are_not_ours(receive_events, sandbox, session, olga, browser_of):
    pay_at_stripe(sandbox, {"order": "from the web shop"})
    receive_events()
    assert set_aside(session) == {"not ours"}
    assert "Needs review" not in browser_of(olga).get("/office/payments").text


def test_an_event_about_an_unknown_intent_is_set_aside(webhooks, work, sandbox, session):
    webhooks.send(EVENT)
    work()
    assert set_aside(session) == {"missing"}


def test_while_stripe_is_unavailable_an_event_waits_in_the_queue(
    card_form, webhooks, work, ana, invoice, records, sandbox
):
    import time_machine

    card_form(ana).pay()
    sandbox.fault("/v1/payment_intents/*", "refuse", method="GET", status=503, times=2)
    webhooks.send_new()
    work()
    assert records.invoice.due == 12_000
    with time_machine.travel(clock.now() + timedelta(minutes=1), tick=True):
        work()
    assert records.invoice.due == 0


LIFE = [
    ("charge", 12_000),
    ("payment", -12_000),
    ("refund", 2_000),
    ("refund", 3_000),
    ("refund", -3_000),
    ("dispute", 10_000),
    ("dispute", -10_000),
]


@pytest.mark.parametrize("seed", range(8))
def test_any_order_and_any_repetition_give_the_same_ledger(
    card_form, webhooks, work, ana, invoice, records, sandbox, seed
):
    """The whole life of a payment; events arrive in bursts, shuffled, some twice, some only at the very end."""
    chance = random.Random(seed)
    form = card_form(ana)
    waiting = []

    def some_arrive(share):
        waiting.extend(event for event in sandbox.events() if event not in waiting)
        lot = [event for event in waiting if chance.random() < share] * chance.choice([1, 2])
        chance.shuffle(lot)
        webhooks.send(*lot)
        if chance.random() < 0.7:
            work()

    for step in (
        lambda: form.pay(EMPTY),
        lambda: form.pay(),
        lambda: sandbox.refund(form.intent, 2_000),
        lambda: sandbox.fail_refund(sandbox.refund(form.intent, 3_000)["id"]),
        lambda: sandbox.close_dispute(sandbox.open_dispute(form.intent)["id"], "won"),
    ):
        step()
        some_arrive(share=0.4)
    some_arrive(share=1)
    work()
    assert [(kind, amount) for kind, amount, _source in records.facts] == sorted(LIFE)
    assert records.invoice.balance == 2_000
    assert len(records.payments) == 1
    assert records.agree()


def pay_at_stripe(sandbox, metadata, account=None):
    """A payment made at Stripe by somebody else's program."""
    import stripe

    client = stripe.StripeClient("sk_test_other", base_addresses={"api": sandbox.base_url})
    paid = {"amount": 12_000, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}
    options = {"stripe_account": account} if account else {}
    client.v1.payment_intents.create({**paid, "allowed_payment_method_types": ["card"], "metadata": metadata}, options)
