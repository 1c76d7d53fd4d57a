"""Prices, quantities, discounts and tax rates as people type them, and as the fields of a form show them.

What cannot be read raises a `ValueError` with a sentence for the person who typed it.
"""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation

from sergio import pricing
from sergio.lib import money
from sergio.lib.language import gettext as _
from sergio.lib.numbers import fixed_text, number_of, short_text, without_groups

MOST_PRICE = 2_000_000_000
MOST_QUANTITY = 1_000_000 * pricing.ONE
LONGEST_NUMBER = 24
"""Characters of a number."""
CENT = pricing.WHOLE // 100
"""Basis points of one percent."""
CENT_OF_TAX = pricing.MILLION // 100
"""Parts per million of one percent."""


def amount_of(text: str, currency: str) -> int:
    """An amount in minor units: "1,200.00" or "$120" for USD; below zero for a line that subtracts something."""
    unit = money.minor_units(currency)
    decimals = len(str(unit)) - 1
    plain = text.strip().removeprefix(currency).removesuffix(currency).strip(" $€£¥")
    number = read(plain, lambda typed: number_of(typed, decimals), unclear_amount(currency)) * unit
    if number != int(number):
        raise ValueError(unclear_amount(currency))
    if abs(number) > MOST_PRICE:
        raise ValueError(_("Enter at most %(most)s.", most=money.format_amount(MOST_PRICE, currency)))
    return int(number)


def unclear_amount(currency: str) -> str:
    unit = money.minor_units(currency)
    if unit == 1:
        return _("Enter a whole amount, such as 120.")
    return _(
        "Enter an amount, such as %(whole)s or %(exact)s.",
        whole=120,
        exact=amount_text(120 * unit + unit // 2, currency),
    )


def quantity_of(text: str) -> int:
    """A quantity above zero in thousandths: "1.5" is 1500."""
    unclear = _("Enter a quantity, such as 1 or %(exact)s.", exact=quantity_text(1500))
    number = read(text, lambda typed: number_of(typed, 3), unclear) * pricing.ONE
    if number != int(number):
        raise ValueError(_("Use at most three decimals."))
    if not 0 < number <= MOST_QUANTITY:
        raise ValueError(_("Enter a quantity above zero, up to 1,000,000."))
    return int(number)


def rate_of(text: str) -> int:
    """A percentage in basis points: "12.5%" or "12.5" is 1250."""
    return percent_of(text, _("Enter a percentage, such as %(exact)s.", exact=rate_text(1250)))


def tax_rate_of(text: str) -> int:
    """A tax rate in parts per million: "8.875%" or "8.875" is 88750."""
    number = percentage(text, _("Enter a percentage, such as %(exact)s.", exact=tax_rate_text(82_500))) * CENT_OF_TAX
    if number != int(number):
        raise ValueError(_("Use at most four decimals."))
    return int(number)


def discount_of(text: str, currency: str) -> tuple[int, int]:
    """A discount as basis points and as minor units, of which one is zero: "10%" is (1000, 0), "20" is (0, 2000)."""
    if not text:
        return 0, 0
    examples = {"percent": rate_text(1000), "amount": amount_text(20 * money.minor_units(currency), currency)}
    unclear = _("Enter a percentage, such as %(percent)s, or an amount, such as %(amount)s.", **examples)
    if "%" in text:
        return percent_of(text, unclear), 0
    try:
        discount = amount_of(text, currency)
    except ValueError as error:
        raise ValueError(unclear if str(error) == unclear_amount(currency) else str(error)) from None
    if discount < 0:
        raise ValueError(unclear)
    return 0, discount


def percent_of(text: str, unclear: str) -> int:
    number = percentage(text, unclear) * CENT
    if number != int(number):
        raise ValueError(_("Use at most two decimals."))
    return int(number)


def percentage(text: str, unclear: str) -> Decimal:
    """From 0 to 100: too small for groups of digits, so "8,875" can only mean 8.875."""
    number = read(text.strip().removesuffix("%"), without_groups, unclear)
    if not 0 <= number <= 100:
        raise ValueError(_("Enter a percentage from 0 to 100."))
    return number


def read(text: str, number_of: Callable[[str], Decimal], unclear: str) -> Decimal:
    if len(text) > LONGEST_NUMBER:
        raise ValueError(unclear)
    try:
        return number_of(text)
    except InvalidOperation:
        raise ValueError(unclear) from None


def amount_text(amount: int, currency: str) -> str:
    """ "1,200.50"."""
    return fixed_text(amount, money.minor_units(currency))


def quantity_text(quantity: int) -> str:
    """ "1.5"."""
    return short_text(quantity, pricing.ONE)


def rate_text(rate: int) -> str:
    """ "12.5%"; "" for zero."""
    return f"{short_text(rate, CENT)}%" if rate else ""


def tax_rate_text(rate: int) -> str:
    """ "8.875%" for 88750; "" for zero."""
    return f"{short_text(rate, CENT_OF_TAX)}%" if rate else ""


def discount_text(rate: int, discount: int, currency: str) -> str:
    """ "10%", "20.00", or ""."""
    return rate_text(rate) or (amount_text(discount, currency) if discount else "")
