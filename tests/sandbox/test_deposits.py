"""Bank accounts that a customer confirms by the code of a deposit, checked against the SDK's types."""

import pytest
import stripe

from sergio.sandbox.stripe.contract import check_object

BY_DEPOSIT = "000000000002"
BANK = {"allowed_payment_method_types": ["us_bank_account"]}


@pytest.fixture
def waiting(sandbox, client):
    """An intent whose bank account has to be confirmed."""
    request = {"amount": 900, "currency": "usd", **BANK, "confirm": True}
    return client.payment_intents.create({**request, "payment_method": sandbox.payment_method(BY_DEPOSIT)})


def test_the_intent_says_what_the_customer_has_to_do(waiting, sandbox):
    assert check_object(stripe.PaymentIntent, waiting.to_dict()) == []
    assert (waiting.status, waiting.next_action.type) == ("requires_action", "verify_with_microdeposits")
    assert sandbox.events("payment_intent.requires_action")
    assert sandbox.ledger() == []


def test_the_right_code_starts_the_debit_and_a_wrong_one_does_not(waiting, client, sandbox):
    with pytest.raises(stripe.InvalidRequestError, match="does not match"):
        client.payment_intents.verify_microdeposits(waiting.id, {"descriptor_code": "SM00ZZ"})
    done = client.payment_intents.verify_microdeposits(waiting.id, {"descriptor_code": "SM11AA"})
    assert (done.status, done.next_action) == ("processing", None)
    sandbox.settle()
    assert client.payment_intents.retrieve(waiting.id).status == "succeeded"


@pytest.mark.parametrize(("code", "why"), [("SM33CC", "attempts_exceeded"), ("SM44DD", "timeout")])
def test_other_codes_end_it(waiting, client, code, why):
    ended = client.payment_intents.verify_microdeposits(waiting.id, {"descriptor_code": code})
    assert ended.status == "requires_payment_method"
    assert ended.last_payment_error.code.endswith(why)


def test_after_ten_days_it_has_ended(waiting, client, sandbox):
    sandbox.advance(9 * 86_400)
    assert client.payment_intents.retrieve(waiting.id).status == "requires_action"
    sandbox.advance(86_400)
    assert client.payment_intents.retrieve(waiting.id).status == "requires_payment_method"
    assert sandbox.events("payment_intent.payment_failed")


def test_a_customer_confirms_it_on_stripes_page(waiting, client, open_page):
    url = waiting.next_action.verify_with_microdeposits.hosted_verification_url
    assert "does not match" in open_page(url, code="SM99ZZ")[1]
    assert "is confirmed" in open_page(url, code="sm11aa")[1]
    assert client.payment_intents.retrieve(waiting.id).status == "processing"
    assert open_page(f"{url}x")[0] == 404


def test_an_account_is_saved_once_it_is_confirmed(sandbox, client, customer):
    request = {"customer": customer.id, **BANK, "confirm": True, "payment_method": sandbox.payment_method(BY_DEPOSIT)}
    setup = client.setup_intents.create(request)
    assert check_object(stripe.SetupIntent, setup.to_dict()) == []
    assert client.payment_methods.retrieve(setup.payment_method).customer is None
    client.setup_intents.verify_microdeposits(setup.id, {"descriptor_code": "SM11AA"})
    assert client.payment_methods.retrieve(setup.payment_method).customer == customer.id


def test_a_debit_comes_back_as_a_dispute_that_is_lost(sandbox, client, pay):
    intent = pay(payment_method="pm_usBankAccount_success")
    sandbox.settle()
    sandbox.take_back(intent.id)
    (dispute,) = client.disputes.list({"payment_intent": intent.id}).data
    assert check_object(stripe.Dispute, dispute.to_dict()) == []
    assert (dispute.status, dispute.reason, dispute.evidence_details.due_by) == ("lost", "insufficient_funds", None)
