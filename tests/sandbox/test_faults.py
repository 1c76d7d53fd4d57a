"""A network and a Stripe that misbehave on command."""

import time

import pytest
import stripe

KEY = {"idempotency_key": "attempt-1"}


@pytest.mark.parametrize(
    ("status", "error"), [(500, stripe.APIError), (503, stripe.APIError), (429, stripe.RateLimitError)]
)
def test_a_refused_request_has_no_effect(sandbox, client, status, error):
    sandbox.fault("/v1/customers", "refuse", status=status)
    with pytest.raises(error) as refused:
        client.customers.create({"name": "Ana"}, KEY)
    assert refused.value.http_status == status
    assert client.customers.list().data == []
    assert client.customers.create({"name": "Ana"}, KEY).name == "Ana"


def test_a_response_cut_after_the_effect_is_replayed_with_the_same_key(sandbox, client, pay):
    sandbox.fault("/v1/payment_intents", "cut")
    with pytest.raises(stripe.APIConnectionError):
        pay(options=KEY)
    assert len(sandbox.ledger()) == 1
    assert pay(options=KEY).id == sandbox.ledger()[0].payment_intent
    assert len(sandbox.ledger()) == 1


def test_the_sdks_own_retries_do_not_charge_twice(sandbox, client_of):
    sandbox.fault("/v1/payment_intents", "cut")
    request = {"amount": 900, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}
    intent = client_of(retries=2).payment_intents.create({**request, "allowed_payment_method_types": ["card"]})
    assert [entry.payment_intent for entry in sandbox.ledger()] == [intent.id]


def test_a_dropped_request_has_no_effect(sandbox, client, pay):
    sandbox.fault("/v1/payment_intents", "drop")
    with pytest.raises(stripe.APIConnectionError):
        pay()
    assert sandbox.ledger() == []


def test_half_a_response_is_an_error_but_has_the_effect(sandbox, pay):
    sandbox.fault("/v1/payment_intents", "truncate")
    with pytest.raises(stripe.APIError, match="Invalid response body"):
        pay()
    assert len(sandbox.ledger()) == 1


def test_a_slow_response_exceeds_a_short_timeout(sandbox, client_of):
    sandbox.fault("/v1/customers", "slow", seconds=1)
    hasty = stripe.RequestsClient(timeout=0.1)
    started = time.monotonic()
    with pytest.raises(stripe.APIConnectionError):
        client_of(http_client=hasty).customers.create({"name": "Ana"})
    hasty.close()
    assert time.monotonic() - started < 0.9


def test_a_fault_applies_to_its_path_and_count_only(sandbox, client, pay):
    sandbox.fault("/v1/payment_intents/*/confirm", "refuse", times=2)
    client.customers.create({"name": "Ana"})
    intent = client.payment_intents.create({"amount": 900, "currency": "usd", "allowed_payment_method_types": ["card"]})
    for _ in range(2):
        with pytest.raises(stripe.APIError):
            client.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"})
    assert client.payment_intents.confirm(intent.id, {"payment_method": "pm_card_visa"}).status == "succeeded"


def test_an_unknown_fault_is_a_value_error(sandbox):
    with pytest.raises(ValueError, match="A fault must be one of"):
        sandbox.fault("/v1/customers", "explode")
