"""Stripe's events in any order and any number, forged, of others, or lost."""

import itertools
from datetime import timedelta

import pytest
import time_machine

from sergio.billing import sync
from sergio.companies.plans import FREE, STARTER
from sergio.extensions import db
from sergio.lib import clock
from sergio.payments.stripe.events import StripeEvent
from sergio.payments.stripe.subscriptions import Subscriptions
from tests.billing.conftest import PLAN


@pytest.fixture
def events_of_a_life(choose, sandbox, receive_events, office, records):
    """The events of a subscription that began, was renewed, and is to end; none of them was sent."""
    choose().pay()
    sandbox.renew(sandbox.store().all("subscription")[0]["id"])
    Subscriptions().end_with_period(records.subscription.stripe_id)
    return [event for event in sandbox.events() if event["type"].startswith(("customer.subscription", "invoice."))]


@pytest.mark.parametrize("order", ["as sent", "reversed", "twice", "last only", "interleaved"])
def test_any_order_and_repetition_of_events_ends_the_same(events_of_a_life, webhooks, work, records, order):
    events = events_of_a_life
    half = len(events) // 2
    sent = {
        "as sent": events,
        "reversed": events[::-1],
        "twice": events + events,
        "last only": events[-1:],
        "interleaved": [each for pair in itertools.zip_longest(events[half:], events[:half]) for each in pair if each],
    }[order]
    for event in sent:
        webhooks.send(event)
        work()
    plan, status, *_card, ends, invoices = records.stands
    assert (plan, status, ends) == (STARTER, "active", True)
    assert [(state, amount) for _id, state, amount in invoices] == [("paid", 2_900), ("paid", 2_900)]


def test_events_that_never_come_are_made_good_within_minutes(choose, sandbox, reconcile, records):
    choose().pay()
    with time_machine.travel(clock.now() + timedelta(minutes=5), tick=False):
        reconcile()
    assert (records.company.plan, records.subscription.status) == (STARTER, "active")


def test_an_event_may_come_before_we_know_the_subscription(office, sandbox, receive_events, records, webhooks, work):
    """Stripe has created it, but its response was lost."""
    sandbox.fault("/v1/subscriptions", "cut", times=2)
    assert office.post(f"{PLAN}/subscription", {"plan": STARTER}).status_code == 503
    assert records.subscription.stripe_id is None
    receive_events()
    [theirs] = sandbox.store().all("subscription")
    assert records.subscription.stripe_id == theirs["id"]


def test_after_a_lost_response_the_next_press_gets_the_same_subscription(office, sandbox, choose, records):
    sandbox.fault("/v1/subscriptions", "cut", times=2)
    office.post(f"{PLAN}/subscription", {"plan": STARTER})
    choose()
    assert records.count == len(sandbox.store().all("subscription")) == 1


@pytest.mark.parametrize("path", ["/v1/customers", "/v1/prices", "/v1/subscriptions"])
def test_after_a_server_error_the_next_press_works(office, sandbox, choose, records, receive_events, path):
    sandbox.fault(path, "refuse", status=500, times=2)
    assert office.post(f"{PLAN}/subscription", {"plan": STARTER}).status_code == 503
    choose().pay()
    receive_events()
    assert (records.company.plan, records.count) == (STARTER, 1)


def test_one_that_stripe_never_had_is_forgotten_after_a_day(office, sandbox, records, reconcile):
    sandbox.fault("/v1/subscriptions", "refuse", status=500, times=9)
    office.post(f"{PLAN}/subscription", {"plan": STARTER})
    with time_machine.travel(clock.now() + timedelta(days=2), tick=False):
        reconcile()
    assert (records.company.plan, records.subscription.status) == (FREE, "gone")


def test_a_response_that_was_asked_for_earlier_changes_nothing(office, subscribed, sandbox, app):
    """Two jobs read the subscription; the one that read first comes last."""
    stripe_id = subscribed.subscription.stripe_id
    asked_at = clock.now()
    older = Subscriptions().read_all(stripe_id)
    newer = Subscriptions().end_with_period(stripe_id)
    for found, at in ((newer, asked_at + timedelta(seconds=1)), (older, asked_at)):
        assert sync.apply(found, read_at=at) == ""
        db.session.commit()
    assert subscribed.subscription.ends_with_period


def test_control_asked_for_later_it_would_change_it(office, subscribed):
    stripe_id = subscribed.subscription.stripe_id
    older = Subscriptions().read_all(stripe_id)
    newer = Subscriptions().end_with_period(stripe_id)
    for found in (newer, older):
        sync.apply(found, read_at=clock.now())
        db.session.commit()
    assert not subscribed.subscription.ends_with_period


def set_aside(session) -> set[str]:
    session.rollback()
    return {event.set_aside for event in session.scalars(db.select(StripeEvent)) if event.subscription}


def test_a_subscription_of_somebody_else_on_our_account_is_not_ours(subscribed, sandbox, webhooks, work, session):
    """The operator sells other things, too."""
    store = sandbox.store()
    customer = store.all("customer")[0]["id"]
    price = store.all("price")[0]["id"]
    params = {"customer": customer, "items": [{"price": price}], "payment_behavior": "default_incomplete"}
    theirs = Subscriptions().gateway.run(lambda v1: v1.subscriptions.create(params).id)
    webhooks.send_new()
    work()
    session.rollback()
    [event] = [each for each in session.scalars(db.select(StripeEvent)) if each.subscription == theirs][:1]
    assert event.set_aside == "not ours"
    assert subscribed.company.plan == STARTER


def test_a_subscription_event_of_a_companys_own_account_gives_it_no_plan(
    choose, sandbox, webhooks, work, records, session
):
    """A company sells its own subscriptions there, and could name ours in the metadata."""
    choose()
    [event] = sandbox.events("customer.subscription.created")
    forged = {**event, "id": "evt_forged", "account": "acct_rival"}
    forged["data"]["object"]["status"] = "active"
    assert webhooks.send(forged) == [200]
    work()
    assert records.company.plan == FREE
    session.rollback()
    assert session.scalars(db.select(StripeEvent.subscription)).all() == [None]


def test_what_an_event_says_is_not_believed(choose, sandbox, webhooks, work, records):
    choose()
    [event] = sandbox.events("customer.subscription.created")
    event["data"]["object"]["status"] = "active"
    assert webhooks.send({**event, "id": "evt_2"}) == [200]
    work()
    assert (records.company.plan, records.subscription.status) == (FREE, "incomplete")


def test_live_mode_is_set_aside(choose, sandbox, webhooks, work, records, session):
    choose().pay()
    [event] = sandbox.events("customer.subscription.created")
    webhooks.send({**event, "livemode": True})
    work()
    assert records.company.plan == FREE
    assert set_aside(session) == {"mode"}


@pytest.mark.parametrize(
    "broken", [{"id": 7}, {"id": "sub 1"}, {"id": "x" * 200}, {"object": "invoice", "parent": "a"}]
)
def test_a_malformed_event_is_refused(choose, sandbox, webhooks, broken):
    choose()
    [event] = sandbox.events("customer.subscription.created")
    event["data"]["object"] |= broken
    assert webhooks.send(event) == [400]


def test_the_events_of_an_ended_subscription_leave_the_operators_plan_alone(
    office, subscribed, sandbox, webhooks, work, receive_events, session
):
    Subscriptions().cancel(subscribed.subscription.stripe_id)
    receive_events()
    assert subscribed.company.plan == FREE
    subscribed.company.plan = STARTER
    session.commit()
    webhooks.send(*sandbox.events("customer.subscription.deleted"), *sandbox.events("customer.subscription.updated"))
    for event in session.scalars(db.select(StripeEvent)):
        event.process_event()
    session.commit()
    work()
    assert subscribed.company.plan == STARTER
    assert "managed by the operator" in office.get(PLAN).text


def test_a_price_that_is_not_ours_keeps_the_plan(subscribed, sandbox, receive_events, session):
    """The operator changed the subscription at Stripe to a price of their own."""
    found = sandbox.store().all("subscription")[0]
    found["items"]["data"][0]["price"]["metadata"] = {}
    sandbox.renew(found["id"])
    receive_events()
    assert (subscribed.company.plan, subscribed.subscription.plan) == (STARTER, STARTER)


@pytest.mark.parametrize("metadata", [{"subscription": "gold plan"}, {"subscription": "x" * 200}, {"other": "a"}, {}])
def test_a_saved_card_of_another_integration_is_ignored(subscribed, webhooks, sandbox, metadata):
    [event] = sandbox.events("customer.subscription.created")
    saved = {"id": "seti_other", "object": "setup_intent", "metadata": metadata}
    assert webhooks.send({**event, "id": "evt_other", "type": "setup_intent.succeeded", "data": {"object": saved}}) == [
        200
    ]
