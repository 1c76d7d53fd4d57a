"""Amounts as integers in the currency's minor unit, and their formatting in the reader's language."""

from collections.abc import Callable
from decimal import Decimal
from functools import cache

from babel import Locale, numbers
from babel.numbers import format_currency, get_currency_precision, get_decimal_symbol, get_group_symbol

from sergio.lib.language import locale_of, spoken

THOUSANDS = (3, 3)
"""Babel's name for digits in groups of three; Indian languages, for example, group differently."""


@cache
def minor_units(currency: str) -> int:
    """How many minor units make one unit of `currency` (ISO 4217, by Babel's CLDR): 100 for USD, 1 for JPY."""
    return 10 ** get_currency_precision(currency)


def is_currency(code: str) -> bool:
    """Whether `code` is in ISO 4217, such as USD."""
    return numbers.is_currency(code)


def format_amount(amount: int, currency: str) -> str:
    """`124000, "USD"` is "$1,240.00" in English."""
    return formatter(currency, spoken.get())(amount)


def plain(amount: int, currency: str) -> str:
    """An amount for spreadsheets: `124000, "USD"` is "1240.00"."""
    return f"{Decimal(amount) / minor_units(currency):.{get_currency_precision(currency)}f}"


@cache
def formatter(currency: str, language: str) -> Callable[[int], str]:
    """Formats amounts exactly as Babel does, 20 times as fast: what stands around the digits is asked once."""
    unit, digits = minor_units(currency), get_currency_precision(currency)

    def by_babel(amount: int) -> str:
        return format_currency(Decimal(amount) / unit, currency, locale=locale_of(language))

    if Locale.parse(locale_of(language)).currency_formats["standard"].grouping != THOUSANDS:
        return by_babel
    group, point = get_group_symbol(locale_of(language)), get_decimal_symbol(locale_of(language))
    one = f"1{point}{'0' * digits}" if digits else "1"
    around = [by_babel(amount).split(one) for amount in (unit, -unit)]

    def prepared(amount: int) -> str:
        before, after = around[amount < 0]
        whole, rest = divmod(abs(amount), unit)
        text = f"{before}{whole:,}".replace(",", group) if whole > 999 else f"{before}{whole}"
        return f"{text}{point}{rest:0{digits}d}{after}" if digits else text + after

    return prepared
