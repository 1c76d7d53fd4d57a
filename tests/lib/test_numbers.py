"""Numbers as people type them, in their language."""

from decimal import Decimal, InvalidOperation

import pytest

from sergio.lib.language import speaking
from sergio.lib.numbers import fixed_text, number_of, short_text


@pytest.mark.parametrize(
    ("language", "typed", "decimals", "number"),
    [
        ("en", "1200", 2, "1200"),
        ("en", "1,200", 2, "1200"),
        ("en", "1,200.50", 2, "1200.50"),
        ("en", "1.5", 3, "1.5"),
        ("en", "1,5", 3, "1.5"),
        ("en", "1.250", 3, "1.250"),
        ("en", "1,234,567.125", 3, "1234567.125"),
        ("en", ".5", 3, ".5"),
        ("en", "-12.50", 2, "-12.50"),
        ("en", "1 200", 2, "1200"),
        ("de", "1.200", 2, "1200"),
        ("de", "1.200,50", 2, "1200.50"),
        ("de", "1,250", 3, "1.250"),
        ("fr", "1\u202f200,50", 2, "1200.50"),
    ],
)
def test_a_number_is_read_as_people_of_the_language_write_it(language, typed, decimals, number):
    with speaking(language):
        assert number_of(typed, decimals) == Decimal(number)


@pytest.mark.parametrize(
    ("language", "typed", "decimals"), [("en", "1.200", 2), ("en", "1,200", 3), ("de", "1,200", 2), ("de", "1.200", 3)]
)
def test_what_can_mean_two_numbers_is_asked_again(language, typed, decimals):
    with speaking(language), pytest.raises(ValueError, match=f"Enter 1200, .*{typed} can mean both"):
        number_of(typed, decimals)


@pytest.mark.parametrize("typed", ["", "x", "1e5", "NaN", "Infinity", "1_000", "1,2,3", "--1", "1.2.3", "٣"])
def test_anything_else_is_no_number(typed):
    with pytest.raises(InvalidOperation):
        number_of(typed)


@pytest.mark.parametrize(
    ("language", "number", "unit", "fixed", "short"),
    [
        ("en", 120_050, 100, "1,200.50", "1200.5"),
        ("de", 120_050, 100, "1.200,50", "1200,5"),
        ("en", -5, 100, "-0.05", "-0.05"),
        ("en", 1200, 1, "1,200", "1200"),
        ("en", 1_500, 1000, "1.500", "1.5"),
    ],
)
def test_a_number_is_shown_as_it_can_be_typed_again(language, number, unit, fixed, short):
    with speaking(language):
        assert fixed_text(number, unit) == fixed
        assert short_text(number, unit) == short
        decimals = len(str(unit)) - 1
        assert number_of(fixed, decimals) * unit == number
        assert number_of(short, 3) * unit == number
