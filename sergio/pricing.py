"""Subtotal, tax and total of lines, in integers, with the same rounding for quotes and invoices.

Amounts are in the currency's minor unit, quantities in thousandths (1.5 hours is 1500), tax rates in parts per million
(8.875 % is 88750), discounts and deposits in basis points (12.5 % is 1250). A line may have a discount, as a rate or as
an amount, never both. A line's amount, after its discount, is rounded once; tax is rounded once for each rate, on the
sum of its lines. Halves round away from zero, so that a negative line subtracts exactly what the same charge would add.
"""

from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple, Protocol

from babel import Locale
from babel.numbers import format_decimal, format_percent

from sergio.lib.language import gettext as _
from sergio.lib.language import locale_of, spoken
from sergio.lib.money import format_amount

ONE = 1000
WHOLE = 10_000
MILLION = 1_000_000
IN_BASIS_POINTS = ("tax_rate", "rate")
"""What was frozen as `tax_rate` of a line or `rate` of a tax before there was `tax_ppm`."""


class Line(Protocol):
    """Anything with an amount and a tax rate."""

    @property
    def amount(self) -> int: ...

    @property
    def tax_ppm(self) -> int: ...


class Tax(NamedTuple):
    """The tax at one rate; `base` is the sum of the lines with that rate."""

    ppm: int
    base: int

    @property
    def amount(self) -> int:
        return divided(self.base * self.ppm, MILLION)


class Price(NamedTuple):
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
        bases[line.tax_ppm] = bases.get(line.tax_ppm, 0) + line.amount
    return Price(sum(bases.values()), tuple(Tax(ppm, bases[ppm]) for ppm in sorted(bases) if ppm))


def amount(quantity: int, unit_price: int, *, discount_rate: int = 0, discount: int = 0) -> int:
    """The amount of `quantity` thousandths at `unit_price` each, less the discount: a rate, or an amount."""
    if discount_rate:
        return divided(quantity * unit_price * (WHOLE - discount_rate), ONE * WHOLE)
    return divided(quantity * unit_price, ONE) - discount


def part(of: int, rate: int) -> int:
    """`rate` basis points of an amount."""
    return divided(of * rate, WHOLE)


def in_ppm(frozen: dict) -> dict:
    """The content of a document, or an offer, with its tax rates in parts per million, as `tax_ppm`. What was frozen
    when they were basis points stays as it is stored, because its digest is evidence, and is read by this.
    """
    named = {name: frozen[name] for name in ("lines", "left_out", "taxes", "changes") if name in frozen}
    return {**frozen, **{name: [read_rate(each) for each in rows] for name, rows in named.items()}}


def read_rate(frozen: dict) -> dict:
    """A line, a tax, or a change of a version, in the same way."""
    if frozen.get("what") == "tax":
        return {**frozen, "what": "tax_ppm", "was": frozen["was"] * 100, "now": frozen["now"] * 100}
    rate = next((frozen[name] for name in IN_BASIS_POINTS if name in frozen), None)
    if rate is None:
        return frozen
    return {name: value for name, value in frozen.items() if name not in IN_BASIS_POINTS} | {"tax_ppm": rate * 100}


def divided(number: int, by: int) -> int:
    """`number / by` (`by` above zero) to the nearest integer, halves away from zero."""
    nearest = (2 * abs(number) + by) // (2 * by)
    return nearest if number >= 0 else -nearest


def format_quantity(quantity: int) -> str:
    """`1500` is "1.5" in English."""
    return quantity_text(quantity, spoken.get())


def format_rate(rate: int) -> str:
    """Basis points: `1250` is "12.5%" in English."""
    return rate_text(rate, WHOLE, spoken.get())


def format_tax_rate(ppm: int) -> str:
    """Parts per million: `88750` is "8.875%" in English."""
    return rate_text(ppm, MILLION, spoken.get())


def format_discount(discount_rate: int, discount: int, currency: str) -> str:
    """ "10% off" or "$20.00 off"; "" without a discount."""
    if discount_rate:
        return _("%(discount)s off", discount=format_rate(discount_rate))
    return _("%(discount)s off", discount=format_amount(discount, currency)) if discount else ""


@lru_cache(1000)
def quantity_text(quantity: int, language: str) -> str:
    return format_decimal(Decimal(quantity) / ONE, "#,##0.###", locale=locale_of(language))


@lru_cache(1000)
def rate_text(rate: int, whole: int, language: str) -> str:
    locale = Locale.parse(locale_of(language))
    pattern = locale.percent_formats[None].pattern.replace("#,##0", "#,##0.####")  # French has a space before the sign
    return format_percent(Decimal(rate) / whole, pattern, locale=locale)
