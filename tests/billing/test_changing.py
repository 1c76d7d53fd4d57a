"""What an owner can change: the plan, its end, the card; and what they then owe."""

from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
import time_machine

from sergio.audit.models import AuditEntry
from sergio.billing.models import GRACE
from sergio.companies.plans import FREE, PRO, STARTER
from sergio.lib import clock
from sergio.payments.stripe.subscriptions import Subscriptions
from tests.billing.conftest import PLAN
from tests.payments.card_form import EMPTY, GOOD, SECURE, CardForm

DECLINED_LATER = "4000000000000341"


@pytest.fixture
def stripe_id(subscribed):
    return subscribed.subscription.stripe_id


def refused(office, path, form=None):
    """The sentence that a press of a button leads to."""
    answer = office.post(path, form or {}, headers={"Referer": f"{office.base_url}office/settings/plan"})
    assert answer.status_code == 303
    return unescape(office.get(PLAN).text)


def test_a_larger_plan_begins_at_once_and_the_rest_of_the_month_is_charged(office, subscribed, receive_events, sandbox):
    assert office.post(f"{PLAN}/change", {"plan": PRO}).location == PLAN
    assert subscribed.company.plan == PRO
    assert [entry.charged for entry in sandbox.ledger()] == [2_900, 5_000]
    receive_events()
    assert [each.total for each in subscribed.invoices] == ["$50.00", "$29.00"]
    assert "$79.00 a month" in office.get(PLAN).text


def test_a_larger_plan_that_the_bank_does_not_pay_changes_nothing(office, subscribed, receive_events, sandbox):
    sandbox.store().numbers[sandbox.store().all("subscription")[0]["default_payment_method"]] = DECLINED_LATER
    page = refused(office, f"{PLAN}/change", {"plan": PRO})
    assert "Your bank declined this payment." in page
    assert "Your plan has not changed." in page
    receive_events()
    assert subscribed.company.plan == STARTER
    assert [each.total for each in subscribed.invoices] == ["$29.00"]


def test_a_smaller_plan_is_credited_to_the_next_invoices(office, subscribed, receive_events, sandbox, stripe_id):
    office.post(f"{PLAN}/change", {"plan": PRO})
    office.post(f"{PLAN}/change", {"plan": STARTER})
    assert subscribed.company.plan == STARTER
    sandbox.renew(stripe_id)
    receive_events()
    assert subscribed.company.plan == STARTER
    assert [entry.charged for entry in sandbox.ledger()] == [2_900, 5_000]


def test_the_plan_one_has_is_refused(office, subscribed):
    assert "You're already on this plan." in refused(office, f"{PLAN}/change", {"plan": STARTER})


def test_a_plan_that_is_not_renewed_lasts_until_the_end_of_its_period(
    office, subscribed, receive_events, sandbox, outbox, visitor, world, stripe_id
):
    office.post(f"{PLAN}/cancellation")
    receive_events()
    assert (subscribed.company.plan, subscribed.subscription.ends_with_period) == (STARTER, True)
    page = office.get(PLAN).text
    assert "Starter ends on" in page
    assert "Change to Pro" not in page
    sandbox.renew(stripe_id)
    receive_events()
    assert (subscribed.company.plan, subscribed.subscription.status) == (FREE, "canceled")
    assert outbox.subjects[-1] == "Your Starter plan has ended"
    assert "not available online" in visitor(world.solo).get("/portal/").text
    page = office.get(PLAN).text
    assert "Upgrade to Starter" in page
    assert subscribed.invoices[0].number in page


def test_the_end_is_found_by_the_clock_if_its_event_is_lost(office, subscribed, receive_events, reconcile, sandbox):
    office.post(f"{PLAN}/cancellation")
    receive_events()
    sandbox.advance(32 * 86_400)
    with time_machine.travel(clock.now() + timedelta(days=32), tick=False):
        reconcile()
    assert (subscribed.company.plan, subscribed.subscription.status) == (FREE, "canceled")


def test_not_renewing_can_be_taken_back(office, subscribed, receive_events, sandbox, stripe_id):
    office.post(f"{PLAN}/cancellation")
    assert "Keep it first" in refused(office, f"{PLAN}/change", {"plan": PRO})
    office.post(f"{PLAN}/renewal")
    sandbox.renew(stripe_id)
    receive_events()
    assert (subscribed.company.plan, subscribed.subscription.ends_with_period) == (STARTER, False)
    assert len(subscribed.invoices) == 2


def test_who_asked_for_what_is_in_the_audit_trail(office, subscribed, session, sam):
    office.post(f"{PLAN}/change", {"plan": PRO})
    office.post(f"{PLAN}/cancellation")
    session.rollback()
    entries = session.query(AuditEntry).filter_by(company_id=sam.company_id).order_by(AuditEntry.id)
    found = [(entry.actor_name, entry.action, entry.after) for entry in entries if entry.action != "signed_in"]
    assert ("Sam Green", "requested", {"plan": "pro"}) in found
    assert ("Sam Green", "requested", {"ends": True}) in found
    assert ("Stripe", "changed_plan", {"plan": "pro"}) in found
    assert "Changed the plan" in office.get("/office/activity").text


def test_a_failed_renewal_is_told_and_the_plan_is_kept_for_two_weeks(
    office, subscribed, receive_events, sandbox, outbox, sam, stripe_id
):
    sandbox.fail_renewal(stripe_id)
    receive_events()
    assert (subscribed.company.plan, subscribed.subscription.status) == (STARTER, "past_due")
    email = outbox.emails[-1]
    assert (email.to, email.subject) == (sam.email, "The payment for your Starter plan didn't go through")
    by = subscribed.company.short_day(subscribed.subscription.unpaid_since + GRACE)
    assert f"Pay by {by} to keep your plan" in email.text
    assert f"by {by}" in office.get(PLAN).text
    assert "The payment for your plan didn't go through" in office.get("/office/").text
    receive_events()
    assert len([each for each in outbox.subjects if "go through" in each]) == 1


def test_a_failed_renewal_is_paid_with_another_card(office, subscribed, receive_events, sandbox, stripe_id):
    sandbox.fail_renewal(stripe_id)
    receive_events()
    form = CardForm(sandbox, office.get(f"{PLAN}/payment").text)
    assert "error" in form.pay(EMPTY)
    form.pay("5555555555554444")
    receive_events()
    row = subscribed.subscription
    assert (row.status, row.unpaid_since, row.card) == ("active", None, "Mastercard ending in 4444")
    assert subscribed.company.plan_unpaid_since is None
    assert "go through" not in office.get("/office/").text
    assert [each.status for each in subscribed.invoices] == ["paid", "paid"]


def test_an_owner_who_no_longer_wants_to_pay_ends_the_plan_at_once(
    office, subscribed, receive_events, sandbox, stripe_id
):
    sandbox.fail_renewal(stripe_id)
    receive_events()
    assert "End Starter now" in office.get(PLAN).text
    assert "You're on Free now." in refused(office, f"{PLAN}/cancellation")
    assert (subscribed.company.plan, sandbox.store().find("subscription", stripe_id)["status"]) == (FREE, "canceled")


def test_who_still_pays_can_end_it_where_plans_are_no_longer_sold(app, office, subscribed):
    app.config["SERGIO"] = replace(app.config["SERGIO"], plans=False)
    assert "Don't renew Starter" in office.get(PLAN).text
    office.post(f"{PLAN}/cancellation")
    assert subscribed.subscription.ends_with_period


def test_after_two_weeks_unpaid_the_plan_ends(
    office, subscribed, receive_events, reconcile, sandbox, outbox, stripe_id
):
    sandbox.fail_renewal(stripe_id)
    receive_events()
    with time_machine.travel(clock.now() + GRACE - timedelta(hours=1), tick=False):
        reconcile()
    assert subscribed.company.plan == STARTER
    with time_machine.travel(clock.now() + GRACE + timedelta(days=1), tick=False):
        reconcile()
    assert (subscribed.company.plan, subscribed.subscription.status) == (FREE, "canceled")
    assert sandbox.store().find("subscription", stripe_id)["status"] == "canceled"
    assert outbox.subjects[-1] == "Your Starter plan has ended"


@pytest.mark.parametrize("number", [GOOD, SECURE])
def test_another_card_is_saved_and_charged_from_then_on(office, subscribed, receive_events, sandbox, number, stripe_id):
    pressed = office.post(f"{PLAN}/card")
    form = CardForm(sandbox, office.get(pressed.location).text)
    assert form.secret.startswith("seti_")
    card = "5555555555554444" if number == GOOD else number
    form.pay(card)
    if number == SECURE:
        form.authenticate()
    assert "We're saving your card" in office.get(f"{PLAN}/progress").text
    receive_events()
    assert subscribed.subscription.setup is None
    assert subscribed.subscription.last4 == card[-4:]
    assert sandbox.store().find("subscription", stripe_id)["default_payment_method"] != ""
    assert [entry.charged for entry in sandbox.ledger()] == [2_900]
    assert office.get(f"{PLAN}/progress").location == PLAN


def test_a_card_that_was_never_entered_is_forgotten_after_a_day(office, subscribed, receive_events, reconcile):
    office.post(f"{PLAN}/card")
    receive_events()
    assert subscribed.subscription.setup
    with time_machine.travel(clock.now() + timedelta(days=2), tick=False):
        reconcile()
    assert subscribed.subscription.setup is None
    assert office.get(f"{PLAN}/card").location == PLAN


def test_an_invoice_opens_at_stripe(office, subscribed, sandbox):
    [invoice] = subscribed.invoices
    opened = office.get(f"{PLAN}/invoices/{invoice.id}")
    assert opened.location == f"{sandbox.base_url}/invoices/{invoice.stripe_id}"


def test_a_subscription_that_stripe_does_not_have_ends_after_two_weeks(
    office, subscribed, reconcile, sandbox, stripe_id
):
    """It may be there again: the operator has set the keys of another account."""
    sandbox.lose(stripe_id)
    assert "so it stays as it is." in refused(office, f"{PLAN}/cancellation")
    for days, plan in ((1, STARTER), (14, STARTER), (16, FREE)):
        with time_machine.travel(clock.now() + timedelta(days=days), tick=False):
            reconcile()
        assert subscribed.company.plan == plan
    assert subscribed.subscription.status == "gone"


def test_one_that_is_there_again_is_kept(subscribed, reconcile, sandbox, stripe_id):
    kept = sandbox.store().find("subscription", stripe_id)
    sandbox.lose(stripe_id)
    for days in (1, 10, 20):
        if days == 10:
            sandbox.store().put(kept)
        with time_machine.travel(clock.now() + timedelta(days=days), tick=False):
            reconcile()
    assert (subscribed.company.plan, subscribed.subscription.missing_since) == (STARTER, None)


def test_a_customer_that_stripe_deleted_is_created_again(
    office, subscribed, receive_events, sandbox, choose, stripe_id
):
    Subscriptions().cancel(stripe_id)
    receive_events()
    sandbox.lose(subscribed.subscription.customer)
    assert "We couldn't start this plan." in refused(office, f"{PLAN}/subscription", {"plan": STARTER})
    choose().pay()
    receive_events()
    assert subscribed.company.plan == STARTER


@pytest.mark.parametrize("path", ["change", "cancellation", "renewal", "card"])
def test_without_a_subscription_there_is_nothing_to_change(office, path):
    assert "You have no subscription to change." in refused(office, f"{PLAN}/{path}", {"plan": PRO})


@pytest.mark.parametrize("path", ["payment", "card", "progress"])
def test_pages_of_a_payment_lead_back_where_nothing_is_to_be_paid(office, path):
    assert office.get(f"{PLAN}/{path}").location == PLAN
