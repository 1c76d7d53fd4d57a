"""Subtotal, tax and total of lines, in integers, with the same rounding for quotes and invoices.

Amounts are in the currency's minor unit, quantities in thousandths (1.5 hours is 1500), tax rates in basis points
(8.25 % is 825). A line may have a discount, as a rate in basis points or as an amount, never both. A line's amount,
after its discount, is rounded once; tax is rounded once for each rate, on the sum of its lines. Halves round away from
zero, so that a negative line subtracts exactly what the same charge would add.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Protocol

from babel.numbers import format_decimal, format_percent

from sergio.lib.language import gettext as _
from sergio.lib.language import spoken
from sergio.lib.money import format_amount

ONE = 1000
WHOLE = 10_000


class Line(Protocol):
    """Anything with an amount and a tax rate."""

    @property
    def amount(self) -> int: ...

    @property
    def tax_rate(self) -> int: ...


@dataclass(frozen=True)
class Tax:
    """The tax at one rate; `base` is the sum of the lines with that rate."""

    rate: int
    base: int

    @property
    def amount(self) -> int:
        return part(self.base, self.rate)


@dataclass(frozen=True)
class Price:
    """The price of some lines; `taxes` are ordered by rate, without a rate of zero."""

    subtotal: int
    taxes: tuple[Tax, ...]

    @property
    def tax(self) -> int:
        return sum(tax.amount for tax in self.taxes)

    @property
    def total(self) -> int:
        return self.subtotal + self.tax


def price(lines: Iterable[Line]) -> Price:
    bases: dict[int, int] = {}
    for line in lines:
        bases[line.tax_rate] = bases.get(line.tax_rate, 0) + line.amount
    return Price(sum(bases.values()), tuple(Tax(rate, bases[rate]) for rate in sorted(bases) if rate))


def amount(quantity: int, unit_price: int, *, discount_rate: int = 0, discount: int = 0) -> int:
    """The amount of `quantity` thousandths at `unit_price` each, less the discount: a rate, or an amount."""
    if discount_rate:
        return divided(quantity * unit_price * (WHOLE - discount_rate), ONE * WHOLE)
    return divided(quantity * unit_price, ONE) - discount


def part(of: int, rate: int) -> int:
    """`rate` basis points of an amount."""
    return divided(of * rate, WHOLE)


def divided(number: int, by: int) -> int:
    """`number / by` (`by` above zero) to the nearest integer, halves away from zero."""
    nearest = (2 * abs(number) + by) // (2 * by)
    return nearest if number >= 0 else -nearest


def format_quantity(quantity: int) -> str:
    """`1500` is "1.5" in English."""
    return quantity_text(quantity, spoken.get())


def format_rate(rate: int) -> str:
    """`825` is "8.25%" in English."""
    return rate_text(rate, spoken.get())


def format_discount(discount_rate: int, discount: int, currency: str) -> str:
    """ "10% off" or "$20.00 off"; "" without a discount."""
    if discount_rate:
        return _("%(discount)s off", discount=format_rate(discount_rate))
    return _("%(discount)s off", discount=format_amount(discount, currency)) if discount else ""


@lru_cache(1000)
def quantity_text(quantity: int, language: str) -> str:
    return format_decimal(Decimal(quantity) / ONE, "#,##0.###", locale=language)


@lru_cache(1000)
def rate_text(rate: int, language: str) -> str:
    return format_percent(Decimal(rate) / WHOLE, "#,##0.##%", locale=language)
