"""PaymentIntents on the sandbox: made, paid, declined, challenged, canceled, listed."""

import pytest
import stripe


def test_a_card_pays(sandbox, client, customer):
    request = {"amount": 2500, "currency": "usd", "customer": customer.id, "metadata": {"invoice": "7"}}
    intent = client.payment_intents.create({**request, "allowed_payment_method_types": ["card", "us_bank_account"]})
    assert (intent.status, intent.payment_method_types) == ("requires_payment_method", ["card", "us_bank_account"])

    paid = client.payment_intents.confirm(intent.id, {"payment_method": "pm_card_mastercard"}, None)
    charge = client.charges.retrieve(paid.latest_charge)
    assert (paid.status, paid.amount_received) == ("succeeded", 2500)
    assert (charge.paid, charge.payment_method_details.card.last4) == (True, "4444")
    assert sandbox.ledger() == [(sandbox.platform, intent.id, 2500, 0, "usd", {"invoice": "7"})]


@pytest.mark.parametrize(
    ("number", "code", "decline_code"),
    [
        ("4000000000000002", "card_declined", "generic_decline"),
        ("4000000000009995", "card_declined", "insufficient_funds"),
        ("4000000000009987", "card_declined", "lost_card"),
        ("4000000000009979", "card_declined", "stolen_card"),
        ("4000000000000069", "expired_card", None),
        ("4000000000000127", "incorrect_cvc", None),
        ("4000000000000119", "processing_error", None),
        ("4000000000000341", "card_declined", "generic_decline"),
        ("4929000000006", "card_declined", "test_mode_live_card"),
    ],
)
def test_a_declined_card_says_why_and_takes_nothing(sandbox, client, pay, number, code, decline_code):
    with pytest.raises(stripe.CardError) as declined:
        pay(payment_method=sandbox.payment_method(number))
    assert (declined.value.code, declined.value.error.decline_code) == (code, decline_code)

    intent = client.payment_intents.retrieve(declined.value.error.payment_intent.id)
    assert (intent.status, intent.last_payment_error.code) == ("requires_payment_method", code)
    assert client.charges.retrieve(intent.latest_charge).status == "failed"
    assert sandbox.ledger() == []


def test_after_a_decline_the_same_intent_takes_another_card(sandbox, client, pay):
    with pytest.raises(stripe.CardError) as declined:
        pay(payment_method="pm_card_chargeDeclined")
    intent = client.payment_intents.confirm(declined.value.error.payment_intent.id, {"payment_method": "pm_card_visa"})
    assert intent.status == "succeeded"
    assert len(client.charges.list({"payment_intent": intent.id}).data) == 2
    assert [entry.charged for entry in sandbox.ledger()] == [2500]


def test_a_number_that_fails_its_check_digit_is_incorrect(sandbox):
    with pytest.raises(Exception, match="card number is incorrect"):
        sandbox.payment_method("4242424242424241")


def test_card_numbers_from_a_server_are_refused(client):
    card = {"number": "4242424242424242", "exp_month": 12, "exp_year": 2034}
    with pytest.raises(stripe.InvalidRequestError, match="pm_card_visa"):
        client.payment_methods.create({"type": "card", "card": card})


@pytest.mark.parametrize("outcome", ["complete", "fail"])
def test_a_challenged_card_pays_only_after_authentication(sandbox, client, pay, outcome):
    intent = pay(payment_method="pm_card_authenticationRequired")
    assert (intent.status, intent.next_action.type) == ("requires_action", "use_stripe_sdk")
    assert sandbox.ledger() == []

    sandbox.authenticate(intent.id, outcome)
    intent = client.payment_intents.retrieve(intent.id)
    if outcome == "complete":
        assert intent.status == "succeeded"
    else:
        assert intent.status == "requires_payment_method"
        assert intent.last_payment_error.code == "payment_intent_authentication_failure"


def test_with_a_return_url_the_challenge_is_a_page_that_redirects_back(sandbox, pay, open_page):
    intent = pay(payment_method="pm_card_threeDSecure2Required", return_url="http://sparkle.localhost/done?x=1")
    status, page, _ = open_page(intent.next_action.redirect_to_url.url)
    assert (status, "Complete" in page) == (200, True)
    status, _, headers = open_page(intent.next_action.redirect_to_url.url, outcome="complete")
    assert status == 303
    assert headers["Location"].startswith(f"http://sparkle.localhost/done?x=1&payment_intent={intent.id}&")
    assert headers["Location"].endswith("redirect_status=succeeded")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"payment_method_types": ["card"]}, "payment_method_types_no_longer_supported"),
        ({"amonut": 5}, "parameter_unknown"),
        ({"amount": 49}, "amount_too_small"),
        ({"amount": 100_000_000}, "amount_too_large"),
        ({"customer": "cus_nobody"}, "resource_missing"),
        ({"setup_future_usage": "ofsession"}, "parameter_invalid"),
        ({"metadata": {"k": "v" * 501}}, "parameter_invalid"),
        ({"application_fee_amount": 10}, None),
        ({"off_session": True, "confirm": False}, None),
        ({"automatic_payment_methods": {"enabled": True}}, None),
        ({"capture_method": "manual"}, None),
        ({"currency": "eur"}, None),
    ],
)
def test_a_request_stripe_refuses_is_refused(pay, changes, code):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        pay(**changes)
    assert refused.value.code == code


def test_automatic_methods_need_a_return_url(client):
    request = {"amount": 900, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}
    with pytest.raises(stripe.InvalidRequestError, match="return_url"):
        client.payment_intents.create(request)
    assert client.payment_intents.create({**request, "return_url": "http://x.localhost/"}).status == "succeeded"


def test_a_paid_intent_can_be_neither_changed_nor_canceled_nor_paid_again(client, pay):
    intent = pay()
    for attempt in (
        lambda: client.payment_intents.update(intent.id, {"amount": 5000}),
        lambda: client.payment_intents.cancel(intent.id),
        lambda: client.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"}),
    ):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            attempt()
        assert refused.value.code == "payment_intent_unexpected_state"
    assert client.payment_intents.update(intent.id, {"metadata": {"seen": "1"}}).metadata.to_dict() == {"seen": "1"}


def test_an_unpaid_intent_is_changed_and_canceled(client):
    intent = client.payment_intents.create({"amount": 900, "currency": "usd", "metadata": {"a": "1", "b": "2"}})
    changed = client.payment_intents.update(intent.id, {"amount": 950, "metadata": {"a": ""}})
    assert (changed.amount, changed.metadata.to_dict()) == (950, {"b": "2"})
    canceled = client.payment_intents.cancel(intent.id, {"cancellation_reason": "abandoned"})
    assert (canceled.status, canceled.cancellation_reason) == ("canceled", "abandoned")


def test_lists_are_paged_and_filtered_by_customer_and_time(sandbox, client, customer):
    made = []
    for _ in range(5):
        made.append(client.payment_intents.create({"amount": 900, "currency": "usd", "customer": customer.id}))
        sandbox.advance(10)
    client.payment_intents.create({"amount": 900, "currency": "usd"})

    found = client.payment_intents.list({"customer": customer.id, "limit": 2})
    assert [each.id for each in found.auto_paging_iter()] == [each.id for each in reversed(made)]
    early = client.payment_intents.list({"created": {"lte": made[1].created}})
    assert {each.id for each in early.data} == {made[0].id, made[1].id}


def test_expand_replaces_an_id_with_its_object(client, pay):
    intent = client.payment_intents.retrieve(pay().id, {"expand": ["latest_charge.balance_transaction"]})
    assert intent.latest_charge.balance_transaction.net == 2500 - 102


def test_another_customers_card_cannot_pay(client, customer, pay):
    stranger = client.customers.create({"name": "Ben"})
    method = client.payment_methods.attach("pm_card_visa", {"customer": stranger.id})
    with pytest.raises(stripe.InvalidRequestError, match="does not have a payment method"):
        pay(payment_method=method.id, customer=customer.id)


@pytest.mark.parametrize(("key", "error"), [("sk_live_1", "Invalid API Key"), ("pk_test_1", "publishable")])
def test_only_secret_test_keys_open_the_api(client_of, key, error):
    with pytest.raises(stripe.AuthenticationError, match=error):
        client_of(key=key).customers.list()


@pytest.mark.parametrize("change", ["update", "cancel"])
def test_a_browser_cannot_change_what_is_owed(client, client_of, change):
    intent = client.payment_intents.create({"amount": 900, "currency": "usd"})
    with pytest.raises(stripe.AuthenticationError, match="publishable"):
        getattr(client_of(key="pk_test_1").payment_intents, change)(intent.id, {})
    with pytest.raises(stripe.InvalidRequestError, match="client_secret"):
        client_of(key="pk_test_1").payment_intents.retrieve(intent.id, {"client_secret": f"{intent.id}_secret_guess"})


def test_an_unknown_url_is_a_stripe_error(client, sandbox, open_page):
    status, body, _ = open_page(f"{sandbox.base_url}/v1/nothing", authorization="Bearer sk_test_1")
    assert (status, "Unrecognized request URL" in body) == (404, True)
