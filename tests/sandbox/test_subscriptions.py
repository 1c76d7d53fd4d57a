"""Subscriptions: begun in the browser, renewed by the clock, changed and canceled."""

import pytest
import stripe

DAY = 86_400
SECRET = ["latest_invoice.confirmation_secret"]


@pytest.fixture
def price(client):
    """A function that returns the id of a monthly price of so many cents."""

    def make(amount, name="Starter"):
        product = {"name": name, "metadata": {"plan": name.lower()}}
        monthly = {"currency": "usd", "unit_amount": amount, "recurring": {"interval": "month"}}
        return client.prices.create({**monthly, "lookup_key": f"{name}_{amount}", "product_data": product}).id

    return make


@pytest.fixture
def begin(client, customer, price):
    """A subscription of 29 dollars whose first payment has not been made."""

    def make():
        settings = {"payment_method_types": ["card"], "save_default_payment_method": "on_subscription"}
        items = [{"price": price(2_900)}]
        wanted = {"customer": customer.id, "items": items, "payment_behavior": "default_incomplete"}
        return client.subscriptions.create({**wanted, "payment_settings": settings, "expand": SECRET})

    return make


@pytest.fixture
def pay_first(sandbox, client):
    """Confirm the first payment with a test card, as a browser would."""

    def confirm(subscription, number="4242424242424242"):
        intent = subscription.latest_invoice.confirmation_secret.client_secret.partition("_secret_")[0]
        return client.payment_intents.confirm(intent, {"payment_method": sandbox.payment_method(number)})

    return confirm


@pytest.fixture
def active(begin, pay_first):
    subscription = begin()
    pay_first(subscription)
    return subscription


def test_a_subscription_begins_when_its_first_invoice_is_paid(sandbox, client, begin, pay_first):
    subscription = begin()
    assert (subscription.status, subscription.latest_invoice.status) == ("incomplete", "open")
    pay_first(subscription)
    found = client.subscriptions.retrieve(subscription.id, {"expand": ["default_payment_method"]})
    assert (found.status, found.default_payment_method.card.last4) == ("active", "4242")
    assert [event["type"] for event in sandbox.events() if "invoice" in event["type"]][-2:] == [
        "invoice.paid",
        "invoice.payment_succeeded",
    ]
    [invoice] = client.invoices.list({"subscription": subscription.id}).data
    assert (invoice.status, invoice.amount_paid) == ("paid", 2_900)


def test_a_secret_is_only_there_when_it_is_expanded(client, begin):
    assert "confirmation_secret" not in client.invoices.retrieve(begin().latest_invoice.id).to_dict()


def test_a_declined_first_payment_can_be_tried_again(client, begin, pay_first):
    subscription = begin()
    with pytest.raises(stripe.CardError):
        pay_first(subscription, "4000000000009995")
    assert client.subscriptions.retrieve(subscription.id).status == "incomplete"
    pay_first(subscription)
    assert client.subscriptions.retrieve(subscription.id).status == "active"


def test_a_first_payment_with_3d_secure_begins_it_after_the_challenge(sandbox, client, begin, pay_first):
    subscription = begin()
    intent = pay_first(subscription, "4000002760003184")
    assert client.subscriptions.retrieve(subscription.id).status == "incomplete"
    sandbox.authenticate(intent.id)
    assert client.subscriptions.retrieve(subscription.id).status == "active"


def test_without_a_first_payment_it_expires_after_23_hours(sandbox, client, begin):
    subscription = begin()
    sandbox.advance(23 * 3600)
    assert client.subscriptions.retrieve(subscription.id).status == "incomplete_expired"
    assert client.invoices.retrieve(subscription.latest_invoice.id).status == "void"


def test_it_renews_each_month_with_the_card_it_keeps(sandbox, client, active):
    sandbox.advance(32 * DAY)
    found = client.subscriptions.retrieve(active.id)
    assert found.status == "active"
    assert found["items"].data[0].current_period_start == active["items"].data[0].current_period_end
    assert [each.amount_paid for each in client.invoices.list({"subscription": active.id}).data] == [2_900, 2_900]


def test_a_renewal_that_fails_is_past_due_until_the_invoice_is_paid(sandbox, client, active, customer):
    sandbox.fail_renewal(active.id)
    found = client.subscriptions.retrieve(active.id, {"expand": SECRET})
    assert (found.status, found.latest_invoice.status) == ("past_due", "open")
    assert len(sandbox.events("invoice.payment_failed")) == 1
    card = client.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    client.subscriptions.update(active.id, {"default_payment_method": card.id})
    client.invoices.pay(found.latest_invoice.id)
    assert client.subscriptions.retrieve(active.id).status == "active"


def test_it_ends_with_its_period_unless_that_is_taken_back(sandbox, client, active):
    client.subscriptions.update(active.id, {"cancel_at_period_end": True})
    client.subscriptions.update(active.id, {"cancel_at_period_end": False})
    sandbox.renew(active.id)
    assert client.subscriptions.retrieve(active.id).status == "active"
    client.subscriptions.update(active.id, {"cancel_at_period_end": True})
    sandbox.renew(active.id)
    assert client.subscriptions.retrieve(active.id).status == "canceled"
    assert len(sandbox.events("customer.subscription.deleted")) == 1


def change_price(client, subscription, price, **more):
    items = [{"id": subscription["items"].data[0].id, "price": price}]
    how = {"payment_behavior": "error_if_incomplete", "proration_behavior": "always_invoice"}
    return client.subscriptions.update(subscription.id, {"items": items, **how, **more})


def test_a_higher_price_is_charged_for_the_rest_of_the_period(client, active, price):
    change_price(client, active, price(7_900, "Pro"))
    latest = client.invoices.list({"subscription": active.id}).data[0]
    assert (latest.status, latest.amount_paid) == ("paid", 5_000)
    assert [line.parent.subscription_item_details.proration for line in latest.lines.data] == [True, True]


def test_a_declined_change_of_price_changes_nothing(sandbox, client, active, price):
    card = client.subscriptions.retrieve(active.id).default_payment_method
    sandbox.store().numbers[card] = "4000000000000341"
    with pytest.raises(stripe.CardError):
        change_price(client, active, price(7_900, "Pro"))
    assert client.subscriptions.retrieve(active.id)["items"].data[0].price.unit_amount == 2_900


def test_a_lower_price_is_credited_to_the_next_invoice(sandbox, client, active, price):
    change_price(client, active, price(7_900, "Pro"))
    change_price(client, active, price(1_900, "Small"))
    assert client.customers.retrieve(active.customer).balance == -6_000
    sandbox.renew(active.id)
    newest = client.invoices.list({"subscription": active.id}).data[0]
    assert (newest.total, newest.amount_due, newest.ending_balance) == (1_900, 0, -4_100)


def test_a_canceled_one_that_never_began_can_no_longer_be_paid(client, begin, pay_first):
    subscription = begin()
    client.subscriptions.cancel(subscription.id)
    with pytest.raises(stripe.InvalidRequestError):
        pay_first(subscription)


def test_a_lookup_key_and_a_products_id_are_unique(client, price):
    price(2_900)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        price(2_900)
    assert refused.value.code == "resource_already_exists"
    assert len(client.prices.list({"lookup_keys": ["Starter_2900"]}).data) == 1


def test_the_page_of_an_invoice_has_its_lines(client, active, open_page):
    status, page, _headers = open_page(client.invoices.retrieve(active.latest_invoice.id).hosted_invoice_url)
    assert (status, "1 × Starter" in page, "29.00 USD" in page) == (200, True, True)


def test_an_open_invoice_can_be_voided_and_then_not_be_paid(client, begin, pay_first):
    subscription = begin()
    assert client.invoices.void_invoice(subscription.latest_invoice.id).status == "void"
    with pytest.raises(stripe.InvalidRequestError):
        pay_first(subscription)


def test_a_paid_invoice_can_not_be_voided(client, active):
    with pytest.raises(stripe.InvalidRequestError):
        client.invoices.void_invoice(active.latest_invoice.id)
