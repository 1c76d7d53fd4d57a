"""The installation's share of payments on companies' own accounts."""

from dataclasses import replace
from decimal import Decimal

import pytest

from sergio.payments.stripe.gateway import fee_of
from sergio.payments.stripe.types import PaymentRequest

PAY = "/portal/invoices/1/pay"


@pytest.fixture
def fee(app):
    """`fee("2.5")`: the operator sets the fee, for the length of a test."""
    config = app.config["SERGIO"]

    def charge(percent, **more):
        app.config["SERGIO"] = replace(app.config["SERGIO"], application_fee=Decimal(percent), **more)

    yield charge
    app.config["SERGIO"] = config


def sent(sandbox) -> list[int | None]:
    return [event["data"]["object"]["application_fee_amount"] for event in sandbox.events("payment_intent.created")]


def test_without_a_setting_nothing_is_taken(card_form, ana, invoice, sandbox):
    card_form(ana)
    assert sent(sandbox) == [None]


def test_the_share_is_taken_of_what_is_paid(card_form, ana, invoice, sandbox, receive_events, records, fee):
    fee("2.5")
    card_form(ana).pay()
    receive_events()
    assert sent(sandbox) == [3_00]
    assert records.invoice.due == 0
    assert records.agree()


def test_a_repeat_after_a_lost_reply_sends_the_rate_of_the_first(ana, invoice, sandbox, records, fee, browser_of):
    fee("2.5")
    sandbox.fault("/v1/payment_intents", "cut", times=2)
    browser = browser_of(ana)
    assert browser.post(PAY).status_code == 503
    fee("5")
    assert browser.post(PAY).status_code == 303
    assert sent(sandbox) == [3_00]
    assert [attempt.fee_rate for attempt in records.attempts] == [250]


def test_nothing_is_taken_on_the_installations_own_account(card_form, ana, invoice, sandbox, sparkle, session, fee):
    fee("2.5", company="sparkle")
    sparkle.stripe_account = None
    session.commit()
    card_form(ana)
    assert sent(sandbox) == [None]


@pytest.mark.parametrize(
    ("amount", "currency", "rate", "share"),
    [(1_99, "USD", 250, 4), (39, "USD", 250, 0), (1_000, "JPY", 333, 33), (10_000, "KWD", 250, 250)],
)
def test_the_share_is_rounded_in_the_companys_favor(amount, currency, rate, share):
    assert fee_of(PaymentRequest("k", "acct_1", amount, currency, "card", "", {}, fee_rate=rate)) == share
