"""Two things at the same moment: a part and the whole, a refund and a dispute, a new webhook secret and an event."""

from contextlib import suppress
from dataclasses import replace

import pytest
from stripe import WebhookSignature

from sergio import jobs
from sergio.jobs.outages import CutShort
from sergio.lib import clock
from sergio.lib.refused import Refused
from sergio.payments import charging, refunding
from sergio.payments.bills import Part
from sergio.payments.refund_requests import REFUSED, RefundRequest
from sergio.payments.stripe.errors import Rejected
from tests.factories import by
from tests.invoices.builders import BY_OLGA
from tests.payments.card_form import CardForm
from tests.payments.saving import Saver
from tests.payments.test_races import at_once

OLD, NEW = "whsec_sergio", "whsec_rolled"


@pytest.fixture
def card(app, sandbox, ana, receive_events, sparkle, session):
    """Ana's, at a company that takes parts."""
    sparkle.allows_part_payments = True
    session.commit()
    return Saver(app, sandbox, receive_events).save(ana)


@pytest.fixture
def all_at_once(app, ana, invoice, card):
    """Eight presses at once, every second of them for a part."""
    contact_id, card_id, actor, ids = ana.id, card.id, by(ana), [invoice.id]

    def press(number):
        with app.app_context(), suppress(Refused, Rejected, CutShort):
            charging.pay(ids, contact_id, card_id, by=actor, part=Part(5_000, 12_000) if number % 2 else None)

    return lambda: at_once(8, press)


def test_of_a_part_and_the_whole_at_once_each_is_taken_once(all_at_once, sandbox, records, receive_events):
    all_at_once()
    receive_events()
    charged = [entry.charged for entry in sandbox.ledger()]
    assert charged in ([12_000], [5_000], [5_000, 7_000])
    assert records.invoice.due == 12_000 - sum(charged)
    assert records.invoice.surplus == 0
    assert records.agree()


def test_a_form_for_the_whole_dies_when_a_part_is_begun_in_another_tab(
    browser_of, ana, invoice, card, sandbox, records
):
    browser, pay = browser_of(ana), "/portal/invoices/1/pay"
    browser.post(pay)
    whole = CardForm(sandbox, browser.get(pay).text)
    browser.post(f"{pay}?amount=50", data={"total": "5000", "due": "12000"})
    part = CardForm(sandbox, browser.get(f"{pay}?amount=50").text)
    assert "error" in whole.pay()
    assert part.pay()["status"] == "succeeded"
    assert [entry.charged for entry in sandbox.ledger()] == [5_000]


@pytest.fixture
def paid(card_form, receive_events, ana, invoice, records):
    card_form(ana).pay()
    receive_events()
    return records.payments[0]


def test_a_refund_that_a_dispute_forestalls_is_refused_and_nothing_goes_back_twice(
    paid, sandbox, receive_events, records, session
):
    about = {"whole": True, "refunded": 0, "reason": "duplicate", "due_again": False}
    request = RefundRequest.make(paid, 12_000, by=BY_OLGA, at=clock.now(), **about)
    request_id, intent = request.id, paid.attempt.intent
    session.commit()
    sandbox.open_dispute(intent)
    refunding.send(request_id)
    receive_events()
    assert session.get_one(RefundRequest, request_id).status == REFUSED
    assert [fact[:2] for fact in records.facts] == [("charge", 12_000), ("dispute", 12_000), ("payment", -12_000)]
    assert records.agree()


@pytest.fixture
def secrets(app):
    """`secrets("a, b")`: what the operator has set as webhook secret."""
    before = app.config["SERGIO"]

    def put(text: str):
        app.config["SERGIO"] = replace(app.config["SERGIO"], stripe_webhook_secret=text)

    yield put
    app.config["SERGIO"] = replace(app.config["SERGIO"], stripe_webhook_secret=before.stripe_webhook_secret)


@pytest.mark.parametrize("ours", [OLD, NEW, f"{OLD}, {NEW}"])
def test_while_a_webhook_secret_is_rolled_events_count_once(
    ours, card_form, webhooks, work, ana, invoice, records, secrets
):
    """Stripe signs with both secrets until the old one expires (docs.stripe.com/webhooks/signature)."""
    card_form(ana).pay()
    secrets(ours)
    [event] = webhooks.sandbox.events("payment_intent.succeeded")
    body, _signature = webhooks.sandbox.signed(event, OLD)
    for signed_with in ([OLD, NEW], [OLD], [NEW]):
        status = webhooks.post(body, signature_header(body, signed_with)).status_code
        assert status == (200 if any(secret in ours for secret in signed_with) else 400)
    work()
    assert [payment.amount for payment in records.payments] == [12_000]


def signature_header(body: bytes, secrets: list[str]) -> str:
    stamp = int(clock.now().timestamp())
    headers = [WebhookSignature.generate_signature_header(body.decode(), secret, stamp) for secret in secrets]
    return ",".join([f"t={stamp}", *(header.partition(",")[2] for header in headers)])


def test_events_that_a_forgotten_secret_refuses_are_made_up_for(
    card_form, webhooks, work, ana, invoice, records, secrets, session
):
    secrets(NEW)
    card_form(ana).pay()
    assert set(webhooks.send_new()) == {400}
    jobs.enqueue("payments.reconcile")
    session.commit()
    work()
    assert (records.invoice.due, records.agree()) == (0, True)
