"""Amounts as integers in the currency's minor unit, and their formatting."""

from decimal import Decimal
from functools import cache

from babel import numbers
from babel.numbers import format_currency, get_currency_precision


@cache
def minor_units(currency: str) -> int:
    """How many minor units make one unit of `currency` (ISO 4217, by Babel's CLDR): 100 for USD, 1 for JPY."""
    return 10 ** get_currency_precision(currency)


def is_currency(code: str) -> bool:
    """Whether `code` is in ISO 4217, such as USD."""
    return numbers.is_currency(code)


def format_amount(amount: int, currency: str, locale: str) -> str:
    """`124000, "USD", "en"` is "$1,240.00"."""
    return format_currency(Decimal(amount) / minor_units(currency), currency, locale=locale)
