"""Amounts are formatted exactly as Babel formats them, in the reader's language."""

from decimal import Decimal

import pytest
from babel.numbers import format_currency

from sergio.lib.language import locale_of, speaking
from sergio.lib.money import format_amount, minor_units

AMOUNTS = (0, 1, 5, 9, 10, 99, 100, 101, 99_999, 100_000, 123_456_789, 10**15)
LANGUAGES = (
    "en",
    "en_IN",
    "hi",
    "de",
    "de_CH",
    "de_AT",
    "fr",
    "es",
    "es_MX",
    "pt_PT",
    "pl",
    "sv",
    "ja",
    "ar",
    "he",
    "fa",
)


@pytest.mark.parametrize("currency", ["USD", "EUR", "JPY", "KWD", "CLF", "INR", "CHF", "XYZ"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_amounts_are_formatted_as_babel_formats_them(language, currency):
    unit = minor_units(currency)
    with speaking(language):
        for amount in (sign * amount for amount in AMOUNTS for sign in (1, -1)):
            expected = format_currency(Decimal(amount) / unit, currency, locale=locale_of(language))
            assert format_amount(amount, currency) == expected


def test_the_language_is_the_readers():
    assert format_amount(124_000, "USD") == "$1,240.00"
    with speaking("de"):
        assert format_amount(124_000, "USD") == "1.240,00\xa0$"
