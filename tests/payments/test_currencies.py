"""Our minor units and Stripe's."""

from typing import NamedTuple

import pytest
from babel.numbers import format_currency, get_currency_precision
from hypothesis import given
from hypothesis import strategies as st

from sergio.jobs.models import Outage
from sergio.lib import countries
from sergio.lib.money import format_amount, minor_units, plain
from sergio.payments import sync
from sergio.payments.refundable import left_of
from sergio.payments.stripe.answers import refunds_of
from sergio.payments.stripe.currencies import LARGEST, chargeable, from_stripe, rounded_down, to_stripe, units
from sergio.payments.stripe.gateway import Gateway
from sergio.price_list.typed import amount_of, amount_text
from tests.invoices import builders


@pytest.mark.parametrize(
    ("currency", "ours", "theirs"),
    [
        ("USD", 1_234, 1_234),
        ("JPY", 500, 500),
        ("KWD", 5_120, 5_120),
        ("ISK", 5, 500),
        ("UGX", 700, 70_000),
        ("VND", 9, 9),
    ],
)
def test_amounts_convert_both_ways(currency, ours, theirs):
    assert to_stripe(ours, currency) == theirs
    assert from_stripe(theirs, currency) == ours


@pytest.mark.parametrize(("currency", "ours"), [("KWD", 5_124), ("BHD", 1)])
def test_an_amount_below_stripes_units_cannot_be_charged(currency, ours):
    assert not chargeable(ours, currency)
    with pytest.raises(ValueError, match="cannot charge"):
        to_stripe(ours, currency)


def test_an_amount_below_our_units_is_a_value_error():
    with pytest.raises(ValueError, match="does not convert"):
        from_stripe(550, "ISK")


@pytest.mark.parametrize(
    ("amount", "currency", "may_be"),
    [
        (49, "USD", False),
        (50, "USD", True),
        (LARGEST, "USD", True),
        (LARGEST + 1, "USD", False),
        (49, "JPY", False),
        (-50, "USD", False),
    ],
)
def test_stripes_least_and_largest_charge(amount, currency, may_be):
    assert chargeable(amount, currency) is may_be


@given(st.integers(1, LARGEST // 100), st.sampled_from(["USD", "EUR", "JPY", "ISK", "UGX", "MXN", "GBP"]))
def test_no_amount_changes_between_us_and_stripe(amount, currency):
    assert from_stripe(to_stripe(amount, currency), currency) == amount


@pytest.mark.parametrize("currency", [code for code, _name in countries.currencies()])
def test_every_currency_of_our_forms_has_one_number_of_decimals_everywhere(currency):
    digits = get_currency_precision(currency)
    one = 10**digits
    assert minor_units(currency) == one
    assert amount_of(amount_text(1_234 * one, currency), currency) == 1_234 * one
    assert plain(1_234 * one, currency) == "1234" + ("." + "0" * digits if digits else "")
    assert format_amount(1_234 * one, currency) == format_currency(1_234, currency, locale="en")
    assert from_stripe(to_stripe(1_234 * one, currency), currency) == 1_234 * one
    assert to_stripe(one, currency) == EXPONENTS.get(currency, 100)


EXPONENTS = {
    **dict.fromkeys(
        ["BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF"], 1
    ),
    **dict.fromkeys(["BHD", "JOD", "KWD", "OMR", "TND"], 1_000),
}
"""docs.stripe.com/currencies: how many of Stripe's units one is, if not a hundred."""


@pytest.mark.parametrize(
    ("currency", "least"),
    [("USD", 50), ("GBP", 30), ("JPY", 50), ("HUF", 17_500), ("MXN", 1_000), ("CZK", 1_500), ("AED", 200)],
)
def test_the_least_charge_is_that_of_the_settlement_currency(currency, least):
    assert chargeable(least, currency)
    assert not chargeable(least - 1, currency)


def test_rupiah_may_have_twelve_digits_and_hungarian_and_taiwanese_cents_are_charged():
    assert chargeable(999_999_999_999, "IDR")
    assert not chargeable(1_000_000_000_000, "IDR")
    assert chargeable(17_545, "HUF")
    assert chargeable(80_045, "TWD")


FINER_AT_STRIPE = ["AFN", "ALL", "IQD", "IRR", "KPW", "LAK", "LBP", "MMK", "RSD", "SOS", "SYP", "YER", "ISK", "UGX"]


def test_stripe_has_decimals_of_these_currencies_that_we_do_not_have():
    finer = [code for code, _name in countries.currencies() if minor_units(code) < units(code)]
    assert sorted(finer) == sorted(FINER_AT_STRIPE)


class Listed(NamedTuple):
    """A refund as Stripe lists it."""

    id: str
    amount: int
    currency: str = "rsd"
    status: str = "succeeded"
    created: int = 0
    metadata: object = None


def amounts_of(*theirs: int) -> list[int]:
    """Our amounts of refunds that Stripe made in this order."""
    listed = [Listed(f"re_{each}", amount) for each, amount in enumerate(theirs)]
    return [refund.amount for refund in reversed(refunds_of(reversed(listed)))]


def test_parts_of_our_units_that_are_refunded_add_up():
    assert amounts_of(3_333, 6_667) == [34, 66]
    assert amounts_of(50, 50, 50) == [1, 0, 1]
    assert amounts_of(12_000) == [120]


@given(st.lists(st.integers(1, 50_000), min_size=1, max_size=8))
def test_of_refunds_in_parts_never_more_is_left_here_than_at_stripe(theirs):
    ours, total = amounts_of(*theirs), sum(theirs)
    assert min(ours) >= 0
    assert sum(ours) * 100 - 100 < total <= sum(ours) * 100
    assert amounts_of(*theirs[:-1]) == ours[:-1]  # a later one changes no earlier one
    rest = 1_000_000 - total  # what a bank takes back is rounded down
    assert sum(ours) + rounded_down(rest, "RSD") <= 10_000


def test_dinars_are_refunded_in_parts_in_stripes_dashboard(
    sparkle, ana, session, card_form, sandbox, receive_events, records, browser_of, olga
):
    sparkle.currency = "RSD"
    builders.invoice(ana, 12_000)
    session.commit()
    form = card_form(ana)
    form.pay()
    receive_events()
    assert sandbox.ledger()[0].charged == 1_200_000
    sandbox.refund(form.intent, 100_050)
    sandbox.refund(form.intent, 100_025)
    receive_events()
    [payment] = records.payments
    assert [refund.amount for refund in payment.refunds] == [1_001, 1_000]
    assert left_of(payment) == 9_999
    office = browser_of(olga)
    rest = {"amount": "9999", "method": "stripe", "reason": "duplicate", "due_again": "no", "refunded": "2001"}
    office.post("/office/payments/1/refund", data=rest | {"confirmed": "9999"})
    assert records.invoice.refunded == 12_000
    assert 0 <= sandbox.ledger()[0].charged - sandbox.ledger()[0].refunded < 100


def test_a_payment_of_theirs_in_parts_of_our_units_disturbs_nothing(
    sandbox, receive_events, session, invoice, records, card_form, ana
):
    """Companies use their Stripe account for other things, too."""
    other = {"amount": 123_456, "currency": "rsd", "payment_method": "pm_card_visa", "confirm": True}
    Gateway("acct_sparkle").run(
        lambda v1: v1.payment_intents.create(
            other | {"allowed_payment_method_types": ["card"]}, {"stripe_account": "acct_sparkle"}
        )
    )
    receive_events()
    assert session.scalar(Outage.on()) is None
    assert records.payments == []
    card_form(ana).pay()
    receive_events()
    assert records.invoice.due == 0


def test_an_amount_in_parts_of_our_units_does_not_pay_our_invoice(sparkle, ana, session, sandbox, card_form, records):
    sparkle.currency = "RSD"
    builders.invoice(ana, 12_000)
    session.commit()
    form = card_form(ana)
    form.pay()
    found = Gateway("acct_sparkle").read_all(form.intent)
    assert sync.apply(found._replace(has_fractions=True)) == "amount"
    session.rollback()
    assert records.invoice.due == 12_000
    assert sync.apply(found) == ""
