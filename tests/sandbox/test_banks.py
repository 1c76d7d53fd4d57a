"""What banks do later: debits, refunds, disputes, balances."""

import pytest
import stripe

WENT_WELL = {"account_closed": "000111111113", "no_account": "000111111116", "insufficient_funds": "000222222227",
             "debit_not_authorized": "000333333335"}  # fmt: skip


def test_a_debit_is_processing_until_the_bank_answers(sandbox, client, pay):
    intent = pay(payment_method="pm_usBankAccount_success")
    assert (intent.status, client.charges.retrieve(intent.latest_charge).status) == ("processing", "pending")
    assert sandbox.ledger() == []
    with pytest.raises(stripe.InvalidRequestError):
        client.payment_intents.cancel(intent.id)

    assert sandbox.settle(intent.id) == 1
    assert client.payment_intents.retrieve(intent.id).status == "succeeded"
    assert [entry.charged for entry in sandbox.ledger()] == [2500]
    assert sandbox.settle() == 0


@pytest.mark.parametrize("code", WENT_WELL)
def test_a_debit_the_bank_declines_fails_with_its_reason(sandbox, client, pay, code):
    intent = pay(payment_method=sandbox.payment_method(WENT_WELL[code]))
    sandbox.settle()
    intent = client.payment_intents.retrieve(intent.id)
    assert (intent.status, intent.last_payment_error.code) == ("requires_payment_method", code)
    assert client.charges.retrieve(intent.latest_charge).failure_code == code
    assert sandbox.ledger() == []


def test_some_debits_never_end(sandbox, client, pay):
    intent = pay(payment_method="pm_usBankAccount_processing")
    sandbox.settle()
    assert client.payment_intents.retrieve(intent.id).status == "processing"


def test_a_debit_settles_after_four_days(sandbox, client, pay):
    intent = pay(payment_method="pm_usBankAccount_success")
    sandbox.advance(3 * 86_400)
    assert client.payment_intents.retrieve(intent.id).status == "processing"
    sandbox.advance(86_400)
    assert client.payment_intents.retrieve(intent.id).status == "succeeded"


def test_refunds_cannot_exceed_what_was_paid(sandbox, client, pay):
    intent = pay(1000)
    first = client.refunds.create({"payment_intent": intent.id, "amount": 400, "reason": "requested_by_customer"})
    assert first.status == "succeeded"
    with pytest.raises(stripe.InvalidRequestError, match="unrefunded amount"):
        client.refunds.create({"payment_intent": intent.id, "amount": 601})
    assert client.refunds.create({"payment_intent": intent.id}).amount == 600
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.refunds.create({"charge": intent.latest_charge})
    assert refused.value.code == "charge_already_refunded"
    assert client.charges.retrieve(intent.latest_charge).refunded
    assert [(entry.charged, entry.refunded) for entry in sandbox.ledger()] == [(1000, 1000)]
    assert len(client.refunds.list({"payment_intent": intent.id}).data) == 2


def test_a_refund_to_a_bank_account_is_pending(sandbox, client, pay):
    intent = pay(payment_method="pm_usBankAccount_success")
    sandbox.settle()
    refund = client.refunds.create({"payment_intent": intent.id})
    assert refund.status == "pending"
    sandbox.settle()
    assert client.refunds.retrieve(refund.id).status == "succeeded"


def test_a_refund_the_bank_returns_is_undone(sandbox, client, pay):
    refund = sandbox.refund(pay(1000).id, 300)
    sandbox.fail_refund(refund["id"])
    assert client.refunds.retrieve(refund["id"]).status == "failed"
    assert [entry.refunded for entry in sandbox.ledger()] == [0]
    assert sandbox.events("refund.failed")


@pytest.mark.parametrize(("outcome", "balance"), [("won", 1000 - 59 - 1500), ("lost", -59 - 1500)])
def test_a_dispute_takes_the_money_until_it_is_won(sandbox, client, pay, outcome, balance):
    intent = pay(1000)
    dispute = client.disputes.retrieve(sandbox.open_dispute(intent.id)["id"])
    assert (dispute.status, dispute.amount, len(dispute.balance_transactions)) == ("needs_response", 1000, 1)
    assert client.charges.retrieve(intent.latest_charge).disputed
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.refunds.create({"payment_intent": intent.id})
    assert refused.value.code == "charge_disputed"

    answered = client.disputes.update(dispute.id, {"evidence": {"customer_name": "Ana Ruiz"}, "submit": True})
    assert answered.status == "under_review"
    sandbox.close_dispute(dispute.id, outcome)
    assert client.disputes.retrieve(dispute.id).status == outcome
    assert client.balance.retrieve().available[0].amount == balance
    assert [event["type"] for event in sandbox.events() if "dispute" in event["type"]][-1] == "charge.dispute.closed"


def test_a_company_can_accept_a_dispute(sandbox, client, pay):
    dispute = sandbox.open_dispute(pay().id)
    assert client.disputes.close(dispute["id"]).status == "lost"
    with pytest.raises(stripe.InvalidRequestError):
        client.disputes.close(dispute["id"])


def test_one_test_card_is_disputed_automatically(client, pay):
    assert client.disputes.list({"payment_intent": pay(payment_method="pm_card_createDispute").id}).data
