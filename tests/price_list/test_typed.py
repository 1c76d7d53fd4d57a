"""Prices, quantities, discounts and rates as people type them."""

import random

import pytest

from sergio.lib.language import speaking
from sergio.price_list.typed import (
    amount_of,
    amount_text,
    discount_of,
    discount_text,
    quantity_of,
    quantity_text,
    rate_of,
    rate_text,
    tax_rate_of,
    tax_rate_text,
)


@pytest.mark.parametrize(
    ("typed", "currency", "amount"),
    [
        ("1,200.00", "USD", 120_000),
        ("$120", "USD", 12_000),
        ("120 USD", "USD", 12_000),
        ("-50", "USD", -5_000),
        ("1,200", "JPY", 1_200),
        ("¥5000", "JPY", 5_000),
        ("1.250", "KWD", 1_250),
        ("0", "USD", 0),
    ],
)
def test_a_price_is_read_in_its_currency(typed, currency, amount):
    assert amount_of(typed, currency) == amount


@pytest.mark.parametrize(
    ("typed", "currency", "sentence"),
    [
        ("0.005", "USD", "Enter an amount, such as 120 or 120.50."),
        ("1.5", "JPY", "Enter a whole amount, such as 120."),
        ("1.2345", "KWD", "Enter an amount, such as 120 or 120.500."),
        ("ten", "USD", "Enter an amount, such as 120 or 120.50."),
        ("1e9", "USD", "Enter an amount, such as 120 or 120.50."),
        ("9" * 30, "USD", "Enter an amount, such as 120 or 120.50."),
        ("20000000.01", "USD", "Enter at most $20,000,000.00."),
        ("1.200", "USD", "Enter 1200, or at most two decimals: 1.200 can mean both."),
    ],
)
def test_a_price_that_cannot_be_read_says_how_to_type_it(typed, currency, sentence):
    with pytest.raises(ValueError, match="^" + sentence.replace("$", r"\$")):
        amount_of(typed, currency)


@pytest.mark.parametrize(
    ("read", "typed", "sentence"),
    [
        (quantity_of, "", "Enter a quantity, such as 1 or 1.5."),
        (quantity_of, "two", "Enter a quantity, such as 1 or 1.5."),
        (quantity_of, "0", "Enter a quantity above zero, up to 1,000,000."),
        (quantity_of, "-1", "Enter a quantity above zero, up to 1,000,000."),
        (quantity_of, "1000001", "Enter a quantity above zero, up to 1,000,000."),
        (quantity_of, "0.0001", "Use at most three decimals."),
        (tax_rate_of, "x%", "Enter a percentage, such as 8.25%."),
        (tax_rate_of, "8.87501", "Use at most four decimals."),
        (tax_rate_of, "101", "Enter a percentage from 0 to 100."),
        (rate_of, "8.255", "Use at most two decimals."),
        (rate_of, "101", "Enter a percentage from 0 to 100."),
        (rate_of, "-1%", "Enter a percentage from 0 to 100."),
        (
            lambda typed: discount_of(typed, "USD"),
            "some",
            "Enter a percentage, such as 10%, or an amount, such as 20.00.",
        ),
        (
            lambda typed: discount_of(typed, "USD"),
            "-5",
            "Enter a percentage, such as 10%, or an amount, such as 20.00.",
        ),
        (lambda typed: discount_of(typed, "USD"), "120%", "Enter a percentage from 0 to 100."),
    ],
)
def test_other_numbers_say_how_to_type_them(read, typed, sentence):
    with pytest.raises(ValueError, match=sentence):
        read(typed)


def test_a_discount_is_a_percentage_or_an_amount():
    assert [discount_of(typed, "USD") for typed in ("", "10%", "12.5 %", "20", "0")] == [
        *((0, 0), (1000, 0), (1250, 0), (0, 2000), (0, 0)),
    ]


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_tax_rate_has_three_decimals_however_they_are_marked(language):
    with speaking(language):
        rates = [tax_rate_of(typed) for typed in ("8.875", "8,875 %", "4.225%", "100", "0.0001")]
    assert rates == [88_750, 88_750, 42_250, 1_000_000, 1]


@pytest.mark.parametrize("language", ["en", "de", "fr"])
@pytest.mark.parametrize("currency", ["USD", "EUR", "GBP", "JPY", "KWD"])
def test_what_a_field_shows_is_read_as_the_same(language, currency):
    numbers = random.Random(7)
    with speaking(language):
        for _each in range(400):
            amount, quantity = numbers.randint(-2_000_000_000, 2_000_000_000), numbers.randint(1, 10**9)
            rate = numbers.randint(0, 10_000)
            assert amount_of(amount_text(amount, currency), currency) == amount
            assert quantity_of(quantity_text(quantity)) == quantity
            ppm = numbers.randint(0, 1_000_000)
            assert rate_of(rate_text(rate) or "0") == rate
            assert tax_rate_of(tax_rate_text(ppm) or "0") == ppm
            assert discount_of(discount_text(rate, 0, currency), currency) == (rate, 0)
            assert discount_of(discount_text(0, abs(amount), currency), currency) == (0, abs(amount))
