"""Idempotency keys on the sandbox."""

import threading
import time

import pytest
import stripe

KEY = {"idempotency_key": "attempt-1"}


def test_a_repeated_request_gets_the_same_response(sandbox, pay):
    assert pay(options=KEY).id == pay(options=KEY).id
    assert len(sandbox.ledger()) == 1


def test_a_key_used_for_another_request_is_refused(pay):
    pay(options=KEY)
    with pytest.raises(stripe.IdempotencyError) as refused:
        pay(amount=3000, options=KEY)
    assert refused.value.http_status == 400


def test_a_decline_is_replayed_too(pay):
    ids = set()
    for _ in range(2):
        with pytest.raises(stripe.CardError) as declined:
            pay(payment_method="pm_card_chargeDeclined", options=KEY)
        ids.add(declined.value.error.payment_intent.id)
    assert len(ids) == 1


def test_a_request_that_was_not_processed_leaves_its_key_free(pay):
    with pytest.raises(stripe.InvalidRequestError):
        pay(options=KEY, amonut=3)
    assert pay(options=KEY).status == "succeeded"


def test_each_account_has_its_own_keys(sandbox, client):
    account = sandbox.connect_account()
    one = client.customers.create({"name": "Ana"}, KEY)
    other = client.customers.create({"name": "Ana"}, {**KEY, "stripe_account": account})
    assert one.id != other.id


def test_a_key_expires_after_a_day(sandbox, client):
    first = client.customers.create({"name": "Ana"}, KEY)
    sandbox.advance(24 * 3600 - 60)
    assert client.customers.create({"name": "Ana"}, KEY).id == first.id
    sandbox.advance(61)
    assert client.customers.create({"name": "Ana"}, KEY).id != first.id


def test_a_key_in_use_is_a_conflict(sandbox, client_of):
    sandbox.fault("/v1/customers", "slow", seconds=0.8)
    first = threading.Thread(target=lambda: client_of().customers.create({"name": "Ana"}, KEY))
    first.start()
    while not sandbox.replies.working:
        time.sleep(0.01)
    with pytest.raises(stripe.StripeError) as conflict:
        client_of().customers.create({"name": "Ana"}, KEY)
    first.join()
    assert (conflict.value.http_status, conflict.value.error.code) == (409, "idempotency_key_in_use")
    assert len(client_of().customers.list().data) == 1


def test_an_error_with_an_effect_is_replayed_and_the_effect_is_there_once(sandbox, client, pay):
    sandbox.fault("/v1/payment_intents", "fail", status=500)
    for _ in range(2):
        with pytest.raises(stripe.APIError) as failed:
            pay(options=KEY)
        assert failed.value.http_status == 500
    assert len(sandbox.ledger()) == 1
    assert len(client.payment_intents.list().data) == 1
