"""Prices: integers, compared with exact fractions."""

from dataclasses import dataclass
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sergio import pricing
from sergio.lib.language import speaking

amounts = st.integers(-(10**9), 10**9)
rates = st.sampled_from([0, 1, 42_250, 50_000, 82_500, 88_750, 190_000, 1_000_000]) | st.integers(0, 1_000_000)


@dataclass
class Line:
    amount: int
    tax_ppm: int


lines = st.lists(st.builds(Line, amounts, rates), max_size=40)


def half_up(exact: Fraction) -> int:
    """The rule in words: to the nearest integer, halves up; below zero the mirror image."""
    return floor(exact + Fraction(1, 2)) if exact >= 0 else -floor(-exact + Fraction(1, 2))


@given(st.integers(0, 10**7), amounts)
def test_a_line_is_rounded_once_half_up(quantity, unit_price):
    assert pricing.amount(quantity, unit_price) == half_up(Fraction(quantity, 1000) * unit_price)


@given(st.integers(0, 10**7), amounts, st.integers(0, 10_000))
def test_a_discount_by_rate_is_rounded_once_with_its_line(quantity, unit_price, rate):
    exact = Fraction(quantity, 1000) * unit_price * (1 - Fraction(rate, 10_000))
    assert pricing.amount(quantity, unit_price, discount_rate=rate) == half_up(exact)


@given(st.integers(0, 10**7), amounts, st.integers(0, 10**6))
def test_a_discount_by_amount_is_subtracted_from_the_line(quantity, unit_price, discount):
    expected = pricing.amount(quantity, unit_price) - discount
    assert pricing.amount(quantity, unit_price, discount=discount) == expected


@pytest.mark.parametrize(
    ("rate", "discount", "currency", "text"),
    [
        (1000, 0, "USD", "10% off"),
        (1250, 0, "USD", "12.5% off"),
        (0, 2000, "USD", "$20.00 off"),
        (0, 2000, "JPY", "¥2,000 off"),
        (0, 0, "USD", ""),
    ],
)
def test_a_discount_is_said_in_words(rate, discount, currency, text):
    with speaking("en"):
        assert pricing.format_discount(rate, discount, currency) == text


@given(lines)
def test_tax_is_rounded_once_for_each_rate_on_the_sum(lines):
    expected = 0
    for rate in {line.tax_ppm for line in lines}:
        expected += half_up(Fraction(rate * sum(line.amount for line in lines if line.tax_ppm == rate), 1_000_000))
    assert pricing.price(lines).tax == expected


@given(lines)
def test_the_total_is_the_lines_and_their_tax(lines):
    price = pricing.price(lines)
    assert price.subtotal == sum(line.amount for line in lines)
    assert price.total == price.subtotal + sum(tax.amount for tax in price.taxes)


@given(lines, st.randoms())
def test_the_order_of_the_lines_does_not_matter(lines, random):
    shuffled = random.sample(lines, len(lines))
    assert pricing.price(shuffled) == pricing.price(lines)


@given(lines)
def test_a_credit_subtracts_what_the_charge_added(lines):
    credit = [Line(-line.amount, line.tax_ppm) for line in lines]
    assert pricing.price(credit).total == -pricing.price(lines).total


@pytest.mark.parametrize(
    ("quantity", "unit_price", "amount"),
    [(1000, 12_000, 12_000), (1500, 1999, 2999), (1, 499, 0), (1, 500, 1), (500, -1, -1), (0, 7, 0)],
)
def test_amounts_by_hand(quantity, unit_price, amount):
    assert pricing.amount(quantity, unit_price) == amount


def test_a_price_by_hand():
    price = pricing.price([Line(10_000, 82_500), Line(3_333, 82_500), Line(5_000, 0), Line(2_000, 50_000)])
    assert (price.subtotal, price.tax, price.total) == (20_333, 1_200, 21_533)
    assert [(tax.ppm, tax.base, tax.amount) for tax in price.taxes] == [(50_000, 2_000, 100), (82_500, 13_333, 1_100)]


def test_new_york_city_has_three_decimals():
    assert pricing.price([Line(20_000, 88_750)]).tax == 1_775


def test_nothing_costs_nothing():
    assert pricing.price([]) == pricing.Price(0, ())


def test_numbers_are_formatted_for_the_language():
    assert pricing.format_quantity(1500) == "1.5"
    assert pricing.format_rate(1_250) == "12.5%"
    assert [pricing.format_tax_rate(ppm) for ppm in (88_750, 82_500, 100_000, 1)] == [
        "8.875%",
        "8.25%",
        "10%",
        "0.0001%",
    ]
    with speaking("fr"):
        assert pricing.format_tax_rate(82_500) == "8,25\xa0%"
    with speaking("de"):
        assert pricing.format_quantity(1_234_000) == "1.234"
