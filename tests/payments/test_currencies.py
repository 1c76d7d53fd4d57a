"""Our minor units and Stripe's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sergio.payments.stripe.currencies import LARGEST, chargeable, from_stripe, to_stripe


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
