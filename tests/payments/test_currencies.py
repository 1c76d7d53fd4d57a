"""Our minor units and Stripe's."""

import pytest
from babel.numbers import format_currency, get_currency_precision
from hypothesis import given
from hypothesis import strategies as st

from sergio.lib import countries
from sergio.lib.money import format_amount, minor_units, plain
from sergio.payments.stripe.currencies import LARGEST, chargeable, from_stripe, to_stripe
from sergio.price_list.typed import amount_of, amount_text


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
