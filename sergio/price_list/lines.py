"""The editor of lines, which quotes and invoices share: the lines of a form as they were typed, and their values.

A line has a key; the fields of the line "3f" are `description-3f`, `quantity-3f` and so on, and the order of the hidden
fields `line` is that of the lines. So a page can add, remove and move lines without renaming any field.
"""

import secrets
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, Self

from sergio import pricing
from sergio.companies.models import Company
from sergio.extensions import db
from sergio.lib import money
from sergio.lib.language import gettext as _
from sergio.price_list import typed
from sergio.price_list.models import NUMBERED, PriceListItem, search
from sergio.price_list.typed_line import BLANK, LONGEST, MOST_TOTAL, TypedLine
from sergio.web.forms import trimmed
from sergio.web.paging import search_text

MOST_LINES = 200
LONGEST_KEY = 12
TEMPLATE_KEY = "_new_"


class Priced(NamedTuple):
    """What `pricing` needs of a line."""

    amount: int
    tax_ppm: int


class TypedLines:
    """The lines of a form in the currency of a quote or an invoice; `error` is about all of them."""

    line: type[TypedLine] = TypedLine

    def __init__(self, lines: Iterable[TypedLine], currency: str):
        self.lines: list[Any] = list(lines)
        self.currency = currency
        self.error = ""
        self.focus = ""
        """The key of the line whose first field gets the focus."""
        self.find = ""
        self.found: list[PriceListItem] | None = None
        """What was searched for in the price list without script, and what was found."""

    @classmethod
    def stored(cls, rows: Iterable, currency: str) -> Self:
        """Those of rows with the columns of a line, to be changed."""
        lines = [cls.line(f"s{place}", cls.texts_of_row(row, currency)) for place, row in enumerate(rows)]
        stored = cls(lines or [cls.line(new_key(), BLANK)], currency)
        stored.read()
        return stored

    @classmethod
    def posted(cls, form, currency: str) -> Self:
        """Those of a form that was sent, with their errors."""
        keys = dict.fromkeys(key for key in form.getlist("line") if key.isalnum() and len(key) <= LONGEST_KEY)
        lines = [cls.line(key, cls.texts_in(form, key)) for key in [*keys][: MOST_LINES + 1]]
        posted = cls(lines, currency)
        posted.find = search_text(form, "find")
        posted.read()
        return posted

    @classmethod
    def texts_of_row(cls, row, currency: str) -> dict[str, str]:
        """The fields of a line from a row."""
        return {
            **{field: getattr(row, field) for field in LONGEST},
            "quantity": typed.quantity_text(row.quantity),
            "unit_price": typed.amount_text(row.unit_price, currency),
            "discount": typed.discount_text(row.discount_rate, row.discount, currency),
            "tax_rate": typed.tax_rate_text(row.tax_ppm),
        }

    @classmethod
    def texts_in(cls, form, key: str) -> dict[str, str]:
        """The fields of a line from a form."""
        return {field: trimmed(form.get(f"{field}-{key}", "")) for field in cls.line.fields}

    def read(self):
        for line in self.lines:
            line.read(self.currency)
        self.error = self._error()

    def _error(self) -> str:
        if len(self.lines) > MOST_LINES:
            return _("There can be up to %(most)s lines. Remove some first.", most=MOST_LINES)
        total = self.price.total
        if total < 0:
            return _("The total is below zero.")
        if total > MOST_TOTAL:
            return _("The total is more than %(most)s.", most=money.format_amount(MOST_TOTAL, self.currency))
        return ""

    @property
    def template(self) -> TypedLine:
        """The new line that js/lines.js copies."""
        return self.line(TEMPLATE_KEY, BLANK)

    @property
    def choices(self) -> list[tuple[str, str]]:
        """What a line may be, where there is a choice: values and labels."""
        return []

    def texts_of(self, item: PriceListItem) -> dict[str, str]:
        return texts_of_item(item, self.currency)

    @property
    def is_blank(self) -> bool:
        """Whether nothing was typed yet."""
        return all(line.is_blank for line in self.lines)

    @property
    def is_valid(self) -> bool:
        return not self.error and not any(line.errors for line in self.lines)

    @property
    def values(self) -> list[dict]:
        """The columns of each line that is not blank."""
        return [line.values for line in self.lines if line.values is not None]

    def counts(self, line: TypedLine) -> bool:
        """Whether a line that can be read is part of the total."""
        return True

    @property
    def price(self) -> pricing.Price:
        """The price of the lines that can be read."""
        counted = [line for line in self.lines if line.values is not None and self.counts(line)]
        return pricing.price(Priced(line.amount or 0, line.values["tax_ppm"]) for line in counted)

    @property
    def totals(self) -> list[tuple[str, str]]:
        """Labels and amounts from subtotal to total; only the total without taxes."""
        price = self.price
        taxes = [(_("Tax %(rate)s", rate=pricing.format_tax_rate(tax.ppm)), tax.amount) for tax in price.taxes]
        rows = [(_("Subtotal"), price.subtotal), *taxes] if taxes else []
        return [(label, self.money(amount)) for label, amount in [*rows, (_("Total"), price.total)]]

    @property
    def uncounted(self) -> int:
        """How many lines cannot be read yet, so that they are not part of the total."""
        return sum(1 for line in self.lines if line.errors)

    def money(self, amount: int) -> str:
        return money.format_amount(amount, self.currency)

    def amount(self, line: TypedLine) -> str:
        return "" if line.values is None else self.money(line.amount or 0)

    @property
    def problems(self) -> list[tuple[str, str, str]]:
        """Each error as the id of its field, the line's number, and the sentence."""
        return [
            (f"{field}-{line.key}", _("Line %(number)s", number=number), sentence)
            for number, line in enumerate(self.lines, 1)
            for field, sentence in line.errors.items()
        ]

    def edit(self, wish: str, company: Company) -> bool:
        """Do what a button of the editor asks: "add", "find", "item-" with a number of the price list, or "remove-",
        "copy-", "up-" or "down-" with a line's key. False if it is none of these.
        """
        verb, _dash, key = wish.partition("-")
        place = next((place for place, line in enumerate(self.lines) if line.key == key), None)
        if verb == "add":
            self.add(BLANK)
        elif verb == "find":
            self.found = search(company, self.find)
        elif verb == "item":
            self._add_item(company, int(key) if key.isdecimal() and len(key) < 10 else 0)
        elif verb in EDITS and place is not None:
            EDITS[verb](self, place)
        else:
            return False
        return True

    def _add_item(self, company: Company, number: int):
        item = db.session.scalar(NUMBERED, {"company_id": company.id, "number": number})
        if item:
            self.add(texts_of_item(item, self.currency))
            self.find = ""

    def add(self, texts: Mapping[str, str]):
        """Add a line at the end, instead of blank ones there."""
        while self.lines and self.lines[-1].is_blank:
            self.lines.pop()
        self._insert(len(self.lines), texts)

    def _insert(self, place: int, texts: Mapping[str, str]):
        if len(self.lines) >= MOST_LINES:
            self.error = _("There can be up to %(most)s lines. Remove some first.", most=MOST_LINES)
            return
        line = self.line(new_key(), texts)
        line.read(self.currency)
        self.lines.insert(place, line)
        self.focus = line.key

    def _copy(self, place: int):
        self._insert(place + 1, self.lines[place].texts)

    def _remove(self, place: int):
        del self.lines[place]
        following = self.lines[place : place + 1] or self.lines[-1:]
        self.focus = following[0].key if following else ""

    def _move(self, place: int, by: int):
        line = self.lines.pop(place)
        self.lines.insert(max(0, place + by), line)
        self.focus = line.key

    def _up(self, place: int):
        self._move(place, -1)

    def _down(self, place: int):
        self._move(place, 1)


EDITS: dict[str, Callable[[Any, int], None]] = {
    "copy": TypedLines._copy,
    "remove": TypedLines._remove,
    "up": TypedLines._up,
    "down": TypedLines._down,
}


def new_key() -> str:
    """A key that no other line of a page has."""
    return secrets.token_hex(5)


def texts_of_item(item: PriceListItem, currency: str) -> dict[str, str]:
    """The fields of a new line with an item; without its price where that is in another currency."""
    price = typed.amount_text(item.unit_price, currency) if item.currency == currency else ""
    rate = typed.tax_rate_text(item.tax_ppm)
    texts = {"description": item.name, "detail": item.detail, "unit": item.unit, "unit_price": price, "tax_rate": rate}
    return BLANK | texts
