"""Numbers as people type them, and as the fields of a form show them, in the reader's language."""

import re
from decimal import Decimal, InvalidOperation
from functools import cache

from babel.numbers import get_decimal_symbol, get_group_symbol

from sergio.lib.language import gettext as _
from sergio.lib.language import locale_of, spoken

SPACES = re.compile(r"[\s'’]+")
COMMAS_GROUP = re.compile(r"-?[1-9]\d{0,2}(,\d{2,3})*,\d{3}(\.\d*)?", re.ASCII)
DOTS_GROUP = re.compile(r"-?[1-9]\d{0,2}((\.\d{3})+,\d*|(\.\d{3}){2,})", re.ASCII)
ONE_GROUP = re.compile(r"-?([1-9]\d{0,2})([,.])(\d{3})", re.ASCII)
WITHOUT_GROUPS = re.compile(r"[+-]?(\d+[.,]?\d*|[.,]\d+)", re.ASCII)


def number_of(text: str, most_decimals: int = 2) -> Decimal:
    """A number as people type it: "1200", "1,200", "1,250.50", "1.250,50" or "12,5".

    Raises `InvalidOperation` for what is none, and `ValueError` with a sentence for one group of three digits that is
    either 1200 or 1.2: in English "1.200" where there are at most two decimals, and "1,200" where there are three.
    """
    text = SPACES.sub("", text)
    found = ONE_GROUP.fullmatch(text)
    is_decimal = bool(found) and found[2] == decimal_mark(spoken.get())
    if found and is_decimal == (most_decimals < 3):
        whole = found[1] + found[3]
        raise ValueError(
            _("Enter %(whole)s, or at most two decimals: %(typed)s can mean both.", whole=whole, typed=text)
        )
    if found:
        return Decimal(text.replace(found[2], "." if is_decimal else ""))
    if COMMAS_GROUP.fullmatch(text):
        return Decimal(text.replace(",", ""))
    if DOTS_GROUP.fullmatch(text):
        return Decimal(text.replace(".", "").replace(",", "."))
    return without_groups(text)


def without_groups(text: str) -> Decimal:
    """A number of which a comma or a dot begins the decimals: "12,5" or "12.5". Raises `InvalidOperation`."""
    text = SPACES.sub("", text)
    if not WITHOUT_GROUPS.fullmatch(text):
        raise InvalidOperation(text)
    return Decimal(text.replace(",", "."))


def fixed_text(number: int, unit: int) -> str:
    """`number / unit` with all its decimals and grouped: `120050, 100` is "1,200.50" in English."""
    language, digits = spoken.get(), len(str(unit)) - 1
    whole, rest = divmod(abs(number), unit)
    sign = "-" if number < 0 else ""
    grouped = f"{whole:,}".replace(",", group_mark(language))
    return f"{sign}{grouped}{decimal_mark(language)}{rest:0{digits}d}" if digits else sign + grouped


def short_text(number: int, unit: int) -> str:
    """`number / unit` with the decimals it needs and not grouped: `1500, 1000` is "1.5" in English."""
    whole, rest = divmod(abs(number), unit)
    sign = "-" if number < 0 else ""
    decimals = f"{rest:0{len(str(unit)) - 1}d}".rstrip("0") if rest else ""
    return f"{sign}{whole}{decimal_mark(spoken.get())}{decimals}" if decimals else f"{sign}{whole}"


@cache
def decimal_mark(language: str) -> str:
    return get_decimal_symbol(locale_of(language))


@cache
def group_mark(language: str) -> str:
    return get_group_symbol(locale_of(language))
