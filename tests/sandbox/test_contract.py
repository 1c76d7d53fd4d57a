"""The SDK's types, as checks."""

import pytest
import stripe
from stripe import params

from sergio.sandbox.stripe.contract import check_object, check_params


@pytest.mark.parametrize(
    ("typed_dict", "payload", "problem"),
    [
        (params.PaymentIntentCreateParams, {"currency": "usd"}, "amount: required"),
        (params.PaymentIntentCreateParams, {"amount": "9", "currency": "usd"}, "amount: '9' is not int"),
        (params.PaymentIntentCreateParams, {"amount": True, "currency": "usd"}, "amount: True is not int"),
        (params.PaymentIntentCreateParams, {"amount": 9, "currency": "usd", "amonut": 9}, "amonut: unknown parameter"),
        (params.RefundCreateParams, {"metadata": {"invoice": 7}}, "metadata[invoice]: 7 is not str"),
        (params.AccountLinkCreateParams, {"account": "a", "type": "x"}, "type: 'x' is not one of"),
        (
            params.CustomerSessionCreateParams,
            {"customer": "c", "components": {"payment_element": {"enabeld": True}}},
            "components[payment_element][enabeld]: unknown parameter",
        ),
    ],
)
def test_a_request_stripe_would_refuse_is_named(typed_dict, payload, problem):
    assert check_params(typed_dict, payload)[0].startswith(problem)


def test_a_good_request_has_no_problems():
    payload = {
        "amount": 900,
        "currency": "usd",
        "off_session": True,
        "allowed_payment_method_types": ["card", "us_bank_account"],
        "payment_method_options": {"card": {"request_three_d_secure": "any"}},
        "metadata": {"invoice": "7"},
    }
    assert check_params(params.PaymentIntentCreateParams, payload) == []


def test_a_response_without_a_required_field_is_named(client, pay):
    refund = client.refunds.create({"payment_intent": pay().id}).to_dict()
    assert check_object(stripe.Refund, refund) == []
    assert check_object(stripe.Refund, {**refund, "amount": "25"}) == ["amount: '25' is not int"]
    del refund["currency"]
    assert check_object(stripe.Refund, refund) == ["currency: missing"]


def test_a_status_stripe_does_not_know_is_named(pay):
    intent = pay().to_dict()
    assert check_object(stripe.PaymentIntent, {**intent, "status": "paid"})[0].startswith(
        "status: 'paid' is not one of"
    )
