"""Customers, saved methods and SetupIntents on the sandbox."""

import pytest
import stripe


def test_a_customer_is_created_changed_and_deleted(client, customer):
    changed = client.customers.update(customer.id, {"email": "a@b.example", "metadata": {"k": "v"}, "name": ""})
    assert (changed.email, changed.name, changed.metadata.to_dict()) == ("a@b.example", None, {"k": "v"})
    client.customers.delete(customer.id)
    with pytest.raises(stripe.InvalidRequestError) as gone:
        client.customers.retrieve(customer.id)
    assert gone.value.http_status == 404


def test_a_card_saved_by_a_setup_intent_is_charged_without_the_customer(client, customer, pay):
    request = {"customer": customer.id, "usage": "off_session", "allowed_payment_method_types": ["card"]}
    setup = client.setup_intents.confirm(client.setup_intents.create(request).id, {"payment_method": "pm_card_visa"})
    assert setup.status == "succeeded"
    assert [each.id for each in client.customers.payment_methods.list(customer.id).data] == [setup.payment_method]
    paid = pay(customer=customer.id, payment_method=setup.payment_method, off_session=True)
    assert paid.status == "succeeded"


def test_a_card_that_must_be_set_up_is_challenged_once(sandbox, client, customer, pay):
    first = pay(
        customer=customer.id,
        payment_method="pm_card_authenticationRequiredOnSetup",
        setup_future_usage="off_session",
    )
    assert first.status == "requires_action"
    sandbox.authenticate(first.id)
    again = pay(customer=customer.id, payment_method=first.payment_method, off_session=True)
    assert again.status == "succeeded"


def test_a_card_that_always_asks_cannot_pay_without_the_customer(client, customer, pay):
    method = client.payment_methods.attach("pm_card_authenticationRequired", {"customer": customer.id})
    with pytest.raises(stripe.CardError) as refused:
        pay(customer=customer.id, payment_method=method.id, off_session=True)
    assert refused.value.code == "authentication_required"
    assert refused.value.error.payment_intent.status == "requires_payment_method"


def test_a_declined_card_cannot_be_saved_but_0341_can(client, customer, pay):
    with pytest.raises(stripe.CardError):
        client.payment_methods.attach("pm_card_chargeDeclined", {"customer": customer.id})
    method = client.payment_methods.attach("pm_card_chargeCustomerFail", {"customer": customer.id})
    with pytest.raises(stripe.CardError):
        pay(customer=customer.id, payment_method=method.id, off_session=True)


def test_a_setup_intent_with_a_declined_card_fails(client, customer):
    setup = client.setup_intents.create({"customer": customer.id, "allowed_payment_method_types": ["card"]})
    with pytest.raises(stripe.CardError) as declined:
        client.setup_intents.confirm(setup.id, {"payment_method": "pm_card_chargeDeclinedInsufficientFunds"})
    assert declined.value.error.setup_intent.status == "requires_payment_method"


def test_a_detached_method_cannot_be_used_again(client, customer, pay):
    method = client.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    assert client.payment_methods.detach(method.id).customer is None
    assert client.payment_methods.list({"customer": customer.id}).data == []
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        pay(payment_method=method.id)


def test_a_method_used_without_a_customer_cannot_be_used_again(sandbox, pay):
    method = sandbox.payment_method("4242424242424242")
    pay(payment_method=method)
    with pytest.raises(stripe.InvalidRequestError, match="may not be used again"):
        pay(payment_method=method)


def test_a_saved_method_is_seen_only_by_its_customer(client, customer):
    method = client.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    stranger = client.customers.create({"name": "Ben"})
    assert client.customers.payment_methods.retrieve(customer.id, method.id).id == method.id
    with pytest.raises(stripe.InvalidRequestError):
        client.customers.payment_methods.retrieve(stranger.id, method.id)


def test_a_customer_session_has_a_secret_and_expires(client, customer):
    features = {"payment_method_redisplay": "enabled", "payment_method_save": "enabled"}
    components = {"payment_element": {"enabled": True, "features": features}}
    session = client.customer_sessions.create({"customer": customer.id, "components": components})
    assert session.client_secret.startswith("cuss_secret_")
    assert session.expires_at - session.created == 1800
    assert session.components.payment_element.features.payment_method_remove == "disabled"
