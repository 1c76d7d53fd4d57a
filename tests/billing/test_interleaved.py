"""What two tabs, or a tab and the worker, do between each other's steps; and rows that are over."""

from datetime import timedelta

import pytest
import time_machine

from sergio.billing import jobs, subscribing, sync
from sergio.billing.models import GRACE, Subscription
from sergio.companies.plans import FREE, PRO, STARTER
from sergio.extensions import db
from sergio.lib import clock
from sergio.payments.stripe.errors import Unavailable
from sergio.payments.stripe.events import StripeEvent
from sergio.payments.stripe.subscriptions import Subscriptions
from tests.billing.conftest import PLAN
from tests.payments.card_form import CardForm

MASTERCARD = "5555555555554444"


@pytest.fixture
def before_once(monkeypatch):
    """`before_once(name, do)`: call `do` once before the next call of that method of `Subscriptions`."""

    def patch(name, do):
        real, done = getattr(Subscriptions, name), []

        def call(self, *given):
            if not done:
                done.append(True)
                do()
            return real(self, *given)

        monkeypatch.setattr(Subscriptions, name, call)

    return patch


@pytest.fixture
def after_once(monkeypatch):
    """`after_once(name, do)`: the result of the next call of that method is what `do` makes of it."""

    def patch(name, do):
        real, done = getattr(Subscriptions, name), []

        def call(self, *given):
            found = real(self, *given)
            if done:
                return found
            done.append(True)
            return do(found)

        monkeypatch.setattr(Subscriptions, name, call)

    return patch


def at_stripe(sandbox) -> list[str]:
    """The statuses of the subscriptions there, in the order of their creation."""
    return [each["status"] for each in reversed(sandbox.store().all("subscription"))]


def charged(sandbox) -> list[int]:
    return [entry.charged for entry in sandbox.ledger()]


def card_form(office, sandbox) -> CardForm:
    pressed = office.post(f"{PLAN}/card")
    return CardForm(sandbox, office.get(pressed.location).text)


def test_a_card_saved_within_the_grace_keeps_the_plan_it_pays_for(office, subscribed, sandbox, receive_events):
    sandbox.fail_renewal(subscribed.subscription.stripe_id)
    receive_events()
    card_form(office, sandbox).pay(MASTERCARD)
    with time_machine.travel(clock.now() + GRACE + timedelta(hours=1), tick=False):
        receive_events()
    assert (subscribed.company.plan, at_stripe(sandbox)) == (STARTER, ["active"])
    assert charged(sandbox) == [2_900, 2_900]


def test_a_stale_unpaid_does_not_end_what_was_paid_since(subscribed, sandbox, after_once):
    """Another worker reads `active`, and applies it, before this one applies the `unpaid` it has read."""

    def overtake(found):
        jobs.read_and_apply(found.id)
        return found._replace(status="unpaid")

    after_once("read_all", overtake)
    jobs.read_and_apply(subscribed.subscription.stripe_id)
    db.session.rollback()
    assert (subscribed.company.plan, at_stripe(sandbox)) == (STARTER, ["active"])


def test_what_was_paid_since_its_last_event_is_not_ended(subscribed, sandbox, session, after_once):
    """It is paid right after the worker has read `unpaid`."""
    after_once("read_all", lambda found: found._replace(status="unpaid"))
    jobs.read_and_apply(subscribed.subscription.stripe_id)
    db.session.rollback()
    assert (subscribed.company.plan, at_stripe(sandbox)) == (STARTER, ["active"])


@pytest.mark.parametrize("step", ["read", "read_all", "void", "cancel"])
def test_one_paid_while_another_plan_is_chosen_is_kept(
    office, choose, sandbox, records, receive_events, before_once, step
):
    form = choose(STARTER)
    before_once(step, form.pay)
    office.post(f"{PLAN}/subscription", {"plan": PRO})
    receive_events()
    canceled = at_stripe(sandbox)[0] == "canceled"
    assert charged(sandbox) == ([] if canceled else [2_900])
    assert records.company.plan == (FREE if canceled else STARTER)


def test_one_paid_right_after_it_was_read_is_kept(office, choose, sandbox, records, receive_events, after_once):
    form = choose(STARTER)

    def pay(found):
        form.pay()
        return found

    after_once("read", pay)
    after_once("read_all", pay)
    office.post(f"{PLAN}/subscription", {"plan": PRO})
    receive_events()
    assert (records.company.plan, at_stripe(sandbox), charged(sandbox)) == (STARTER, ["active"], [2_900])


def test_one_that_is_over_here_and_charged_at_stripe_is_canceled(office, subscribed, sandbox, session, receive_events):
    row = session.get_one(Subscription, subscribed.subscription.id)
    row.miss(at=clock.now())
    row.miss(at=clock.now() + GRACE)
    session.commit()
    sandbox.renew(row.stripe_id)
    receive_events()
    assert (subscribed.company.plan, at_stripe(sandbox)) == (FREE, ["canceled"])
    sandbox.advance(40 * 86_400)
    receive_events()
    assert charged(sandbox) == [2_900, 2_900]
    session.rollback()
    [seen, *_more] = session.scalars(StripeEvent.set_aside_for(subscribed.company)).all()
    assert (seen.subscription, seen.set_aside) == (row.stripe_id, "ended")
    assert "may have been charged for a plan that had already ended" in office.get("/office/payments").text


def test_one_whose_response_was_lost_is_canceled_when_another_plan_is_chosen(
    office, choose, sandbox, records, receive_events, after_once
):
    def lose(found):
        raise Unavailable("The response was lost.")

    after_once("create", lose)
    assert office.post(f"{PLAN}/subscription", {"plan": STARTER}).status_code == 503
    form = choose(PRO)
    receive_events()
    assert at_stripe(sandbox) == ["canceled", "incomplete"]
    form.pay()
    receive_events()
    assert (records.company.plan, charged(sandbox)) == (PRO, [7_900])


def test_one_that_got_its_id_since_it_was_read_is_withdrawn_at_stripe(
    office, choose, sandbox, records, monkeypatch, receive_events
):
    """The first tab's response comes between the second tab's look at the row and its lock."""
    choose(STARTER)
    stripe_id = records.subscription.stripe_id
    row = db.session.get_one(Subscription, records.subscription.id)
    row.stripe_id, row.status = None, "creating"
    db.session.commit()
    real = subscribing.locked

    def locked(subscription_id):
        monkeypatch.setattr(subscribing, "locked", real)
        with db.engine.begin() as other:
            mine = Subscription.id == subscription_id
            other.execute(db.update(Subscription).where(mine).values(stripe_id=stripe_id, status="incomplete"))
        return real(subscription_id)

    monkeypatch.setattr(subscribing, "locked", locked)
    choose(PRO)
    assert at_stripe(sandbox)[0] in ("canceled", "incomplete_expired")
    assert at_stripe(sandbox)[1:] == ["incomplete"]


def test_a_worker_that_reads_before_a_change_does_not_undo_it(office, subscribed, before_once):
    stripe_id = subscribed.subscription.stripe_id

    def check():
        sync.apply(Subscriptions().read_all(stripe_id), read_at=clock.now())
        db.session.commit()

    before_once("change_price", check)
    office.post(f"{PLAN}/change", {"plan": PRO})
    assert subscribed.company.plan == PRO


def test_a_worker_that_reads_during_the_end_does_not_undo_it(office, subscribed, before_once):
    stripe_id = subscribed.subscription.stripe_id

    def check():
        sync.apply(Subscriptions().read_all(stripe_id), read_at=clock.now())
        db.session.commit()

    before_once("end_with_period", check)
    office.post(f"{PLAN}/cancellation")
    assert subscribed.subscription.ends_with_period


def test_the_first_of_two_card_forms_still_saves_the_card(office, subscribed, sandbox, receive_events):
    first = card_form(office, sandbox)
    second = card_form(office, sandbox)
    assert second.intent == first.intent
    first.pay(MASTERCARD)
    receive_events()
    assert (subscribed.subscription.last4, subscribed.subscription.setup) == ("4444", None)


def test_another_card_can_be_saved_after_a_canceled_form(office, subscribed, sandbox):
    first = card_form(office, sandbox)
    sandbox.store().find("setup_intent", first.intent)["status"] = "canceled"
    assert card_form(office, sandbox).intent != first.intent


def test_a_second_press_at_the_same_time_leaves_the_first_form_in_use(
    office, subscribed, sandbox, before_once, receive_events
):
    forms = []
    before_once("set_up_card", lambda: forms.append(card_form(office, sandbox)))
    card_form(office, sandbox)
    forms[0].pay(MASTERCARD)
    receive_events()
    assert subscribed.subscription.last4 == "4444"
