"""A line of a quote or an invoice as it was typed, and what it means."""

from collections.abc import Callable, Mapping
from typing import Any

from sergio import pricing
from sergio.lib import money
from sergio.lib.language import gettext as _
from sergio.price_list import typed

MOST_TOTAL = 100_000_000_000
"""Minor units of a line, and of a total."""
LONGEST = {"description": 500, "detail": 2000, "unit": 20}
TEXTS = ("description", "detail", "quantity", "unit", "unit_price", "discount", "tax_rate")
BLANK = {"quantity": "1"}
"""What a new line has in its fields; all others are empty."""


class TypedLine:
    """A line as it was typed: each field a text under its name, `errors` by field, and what the texts mean in `values`,
    by column; None while they cannot be read, or for a line that is blank.
    """

    __slots__ = (*TEXTS, "amount", "errors", "key", "values")

    fields = TEXTS

    def __init__(self, key: str, texts: Mapping[str, str]):
        self.key = key
        for field in self.fields:
            setattr(self, field, texts.get(field, ""))
        self.errors: dict[str, str] = {}
        self.values: dict[str, Any] | None = None
        self.amount: int | None = None

    @property
    def texts(self) -> dict[str, str]:
        return {field: getattr(self, field) for field in self.fields}

    @property
    def is_blank(self) -> bool:
        return not (self.description or self.detail or self.unit_price or self.discount)

    def read(self, currency: str):
        """Set `values` and `amount`, or `errors`."""
        self.errors, self.values, self.amount = {}, None, None
        if self.is_blank:
            return
        values = self._texts_read() | self._numbers_read(currency)
        if not self.errors:
            self._check_amount(values, currency)
        if not self.errors:
            self.values = values

    def _texts_read(self) -> dict:
        if not self.description:
            self.errors["description"] = _("Describe the line.")
        for field, most in LONGEST.items():
            if len(getattr(self, field)) > most:
                self.errors[field] = _("Use at most %(most)s characters.", most=f"{most:,}")
        return {field: getattr(self, field) for field in LONGEST}

    def _numbers_read(self, currency: str) -> dict:
        if not self.unit_price:
            self.errors["unit_price"] = _("Enter a price. It can be 0.")
        values = {
            "quantity": self._number("quantity", typed.quantity_of),
            "unit_price": self._number("unit_price", lambda text: typed.amount_of(text, currency)),
            "tax_ppm": self._number("tax_rate", lambda text: typed.tax_rate_of(text) if text else 0),
        }
        discount = self._number("discount", lambda text: typed.discount_of(text, currency)) or (0, 0)
        return values | dict(zip(("discount_rate", "discount"), discount, strict=True))

    def _number(self, field: str, read: Callable[[str], Any]):
        if field in self.errors:
            return None
        try:
            return read(getattr(self, field))
        except ValueError as error:
            self.errors[field] = str(error)

    def _check_amount(self, values: dict, currency: str):
        gross = pricing.amount(values["quantity"], values["unit_price"])
        discount = {name: values[name] for name in ("discount_rate", "discount")}
        self.amount = pricing.amount(values["quantity"], values["unit_price"], **discount)
        if values["discount"] > max(gross, 0):
            self.errors["discount"] = _("The discount is more than the line costs.")
        elif abs(gross) > MOST_TOTAL:
            most = money.format_amount(MOST_TOTAL, currency)
            self.errors["unit_price"] = _("This line comes to more than %(most)s.", most=most)
