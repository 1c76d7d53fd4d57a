"""An owner upgrades: from the button to the open portal."""

import pytest
from sqlalchemy import select

from sergio.audit.models import AuditEntry
from sergio.companies.plans import FREE, PRO, STARTER
from tests.billing.conftest import PLAN
from tests.payments.card_form import EMPTY, GOOD, SECURE


def test_an_owner_upgrades_and_customers_can_sign_in(
    office, choose, receive_events, records, outbox, visitor, world, sam
):
    assert "not available online" in visitor(world.solo).get("/portal/sign-in").text
    assert choose().pay(GOOD)["status"] == "succeeded"
    assert records.company.plan == FREE
    receive_events()
    assert records.company.plan == STARTER
    assert (records.subscription.status, records.subscription.card) == ("active", "Visa ending in 4242")
    assert [(each.status, each.total) for each in records.invoices] == [("paid", "$29.00")]
    assert "Enter your email address" in visitor(world.solo).get("/portal/sign-in").text
    page = office.get(PLAN).text
    for words in ("Current plan", "Visa ending in 4242", "$29.00 a month", records.invoices[0].number):
        assert words in page
    [email] = outbox.emails
    assert (email.to, email.subject) == (sam.email, "You're on the Starter plan")
    assert "$29.00 a month and renews each month until you cancel" in email.text


def test_the_company_that_pays_is_the_customer_on_the_platforms_account(sandbox, subscribed):
    [customer] = sandbox.store().all("customer")
    assert (customer["name"], customer["email"]) == ("Solo Gardening", "hello@solo.example")
    assert customer["id"] == subscribed.subscription.customer
    assert [entry.account for entry in sandbox.ledger()] == [sandbox.platform]


def test_a_declined_card_is_told_and_the_next_one_pays_the_same_subscription(choose, receive_events, records, office):
    form = choose()
    error = form.pay(EMPTY)["error"]
    assert form.words[error["decline_code"]] == "This card has insufficient funds. Use another card."
    receive_events()
    assert (records.company.plan, records.subscription.status) == (FREE, "incomplete")
    assert "This card has insufficient funds" in office.get(f"{PLAN}/payment").text
    assert "isn't finished" in office.get(PLAN).text
    again = choose()
    assert again.intent == form.intent
    again.pay(GOOD)
    receive_events()
    assert (records.company.plan, records.count) == (STARTER, 1)


@pytest.mark.parametrize(("outcome", "plan"), [("complete", STARTER), ("fail", FREE)])
def test_a_card_pays_with_3d_secure(choose, receive_events, records, outcome, plan):
    form = choose()
    assert form.pay(SECURE)["status"] == "requires_action"
    receive_events()
    assert records.company.plan == FREE
    form.authenticate(outcome)
    receive_events()
    assert records.company.plan == plan


def test_an_owner_who_thinks_better_of_it_gets_the_other_plan_only(choose, receive_events, records, sandbox):
    first = choose(STARTER)
    second = choose(PRO)
    assert first.intent != second.intent
    assert "error" in first.pay(GOOD)
    second.pay(GOOD)
    receive_events()
    assert (records.company.plan, records.count) == (PRO, 2)
    assert [entry.charged for entry in sandbox.ledger()] == [7_900]
    assert [each.total for each in records.invoices] == ["$79.00"]


def test_one_that_was_just_paid_in_another_tab_is_not_canceled(choose, receive_events, records, office):
    choose(STARTER).pay(GOOD)
    page = office.post(
        f"{PLAN}/subscription", {"plan": PRO}, headers={"Referer": f"{office.base_url}office/settings/plan"}
    )
    assert page.location == PLAN
    assert "You already have a subscription" in office.get(PLAN).text
    receive_events()
    assert (records.company.plan, records.subscription.status) == (STARTER, "active")


def test_a_first_payment_that_never_comes_ends_after_a_day(choose, receive_events, records, sandbox, outbox):
    choose()
    sandbox.advance(24 * 3600)
    receive_events()
    assert (records.company.plan, records.subscription.status) == (FREE, "incomplete_expired")
    assert records.subscription.ended_at
    assert outbox.subjects == []
    choose()
    assert records.count == 2


def test_a_second_press_gets_the_same_subscription(choose, records, sandbox):
    assert choose().intent == choose().intent
    assert records.count == len(sandbox.store().all("subscription")) == 1


def test_the_page_after_the_payment_waits_for_stripes_word(office, choose, receive_events):
    form = choose()
    form.pay(GOOD)
    returned = office.get(f"{PLAN}/progress?setup_intent=&payment_intent=pi_1&payment_intent_client_secret=pi_1_secret")
    assert returned.location == f"{PLAN}/progress"
    assert "We're checking your payment" in office.get(returned.location).text
    assert "longer than usual" in office.get(f"{PLAN}/progress?polls=30").text
    receive_events()
    assert office.get(f"{PLAN}/progress").location == PLAN


@pytest.mark.parametrize("plan", ["free", "gold", "", None])
def test_a_plan_that_is_not_sold_is_refused(office, records, plan):
    form = {} if plan is None else {"plan": plan}
    assert office.post(f"{PLAN}/subscription", form).status_code == 303
    assert records.count == 0


def test_a_forged_amount_changes_nothing_and_is_noted(office, sandbox, choose, session, sam):
    office.post(f"{PLAN}/subscription", {"plan": STARTER, "amount": "1", "price": "price_1", "currency": "JPY"})
    choose().pay(GOOD)
    assert [(entry.charged, entry.currency) for entry in sandbox.ledger()] == [(2_900, "usd")]
    session.rollback()
    [entry] = session.scalars(select(AuditEntry).where(AuditEntry.action == "sent_extra_fields"))
    assert (entry.actor_name, entry.after) == ("Sam Green", {"fields": ["amount", "currency", "price"]})


def test_a_company_on_a_plan_of_the_operators_is_told_so_and_buys_none(app, sandbox, browser_of, olga, records):
    browser = browser_of(olga)
    page = browser.get(PLAN).text
    assert "Your plan is managed by the operator" in page
    assert "Upgrade to" not in page
    browser.post(f"{PLAN}/subscription", {"plan": PRO})
    assert records.count == 0
