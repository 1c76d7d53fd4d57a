"""Form fields for lengths of time and for prices."""

import re
from decimal import Decimal, InvalidOperation

from wtforms import Field, StringField
from wtforms.validators import ValidationError

from sergio.booking.formats import DAY, HOUR, length
from sergio.lib import money
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l

UNITS = {"minutes": (1, _l("minutes")), "hours": (HOUR, _l("hours")), "days": (DAY, _l("days"))}
LONGEST_NUMBER = 12
MOST_PRICE = 2_000_000_000
COMMAS_GROUP = re.compile(r"-?[1-9]\d{0,2}(,\d{2,3})*,\d{3}(\.\d*)?", re.ASCII)
DOTS_GROUP = re.compile(r"-?[1-9]\d{0,2}((\.\d{3})+,\d*|(\.\d{3}){2,})", re.ASCII)
ONE_GROUP = re.compile(r"-?([1-9]\d{0,2})([,.])(\d{3})", re.ASCII)


def number_of(text: str, unclear: str = ".") -> Decimal:
    """A number as people type it: "1200", "1,200", "1,250.50", "1.250,50" or "12,5".

    Raises `InvalidOperation` for what is none, and `ValueError` with a sentence for one group of three digits after the
    mark `unclear`, such as "1.200", which is 1200 to some and 1.2 to others.
    """
    found = ONE_GROUP.fullmatch(text)
    if found and found[2] == unclear:
        whole = found[1] + found[3]
        raise ValueError(
            _("Enter %(whole)s, or at most two decimals: %(typed)s can mean both.", whole=whole, typed=text)
        )
    if COMMAS_GROUP.fullmatch(text):
        return Decimal(text.replace(",", ""))
    if DOTS_GROUP.fullmatch(text):
        text = text.replace(".", "")
    return Decimal(text.replace(",", "."))


class DurationField(Field):
    """A length of time in whole minutes, typed as a number and a unit, which are two controls of one name (`ui.field`).
    None if empty, where that is allowed.
    """

    def __init__(self, label, validators=(), *, least: int, most: int, units=("hours", "days"), optional=False, **more):
        super().__init__(label, validators, **more)
        self.least, self.most, self.units, self.optional = least, most, units, optional
        self.typed: tuple[str, str] | None = None

    def shown(self) -> tuple[str, str]:
        """The number and the unit to show: as typed, else in the largest unit without a fraction."""
        if self.typed:
            return self.typed
        if self.data is None:
            return "", self.units[0]
        whole = [name for name in self.units if self.data % UNITS[name][0] == 0 and self.is_natural(name)]
        unit = whole[-1] if whole else self.units[0]
        return f"{Decimal(self.data) / UNITS[unit][0]:f}", unit

    @property
    def unit_labels(self) -> list[tuple[str, str]]:
        return [(name, str(UNITS[name][1])) for name in self.units]

    def is_natural(self, unit: str) -> bool:
        """Whether people say it in that unit: "24 hours" and "0 hours", but "2 days"."""
        return unit == self.units[0] or (self.data or 0) >= (2 * DAY if unit == "days" else HOUR)

    def process_formdata(self, valuelist):
        if not valuelist:
            return
        number, unit = (*valuelist, "")[:2]
        number = number.replace("\0", "").strip()
        self.typed = number, unit
        self.data = None
        if number:
            self.data = self.minutes(number, unit)

    def minutes(self, number: str, unit: str) -> int:
        try:
            amount = number_of(number) if len(number) <= LONGEST_NUMBER else Decimal("NaN")
        except InvalidOperation:
            amount = Decimal("NaN")
        if unit not in self.units or not amount.is_finite() or abs(amount) > 10**6:
            raise ValueError(_("Enter a number, such as 24."))
        minutes = amount * UNITS[unit][0]
        if minutes != int(minutes):
            raise ValueError(_("Enter a whole number of minutes."))
        return int(minutes)

    def pre_validate(self, form):
        if self.errors:
            return
        if self.data is None and not self.optional:
            raise ValidationError(_("Enter a number, such as 24."))
        if self.data is not None and not self.least <= self.data <= self.most:
            least, most = length(self.least), length(self.most)
            raise ValidationError(_("Enter between %(least)s and %(most)s.", least=least, most=most))


class PriceField(StringField):
    """An amount of the company's currency, typed in its unit ("120" or "120.50"); `data` is in minor units."""

    def __init__(self, label, validators=(), *, currency: str = "USD", **more):
        super().__init__(label, validators, **more)
        self.currency = currency
        self.typed: str | None = None

    def _value(self):
        if self.typed is not None:
            return self.typed
        if self.data is None:
            return ""
        unit = money.minor_units(self.currency)
        return f"{Decimal(self.data) / unit:.{len(str(unit)) - 1}f}"

    def process_formdata(self, valuelist):
        if not valuelist:
            return
        self.typed = valuelist[0].replace("\0", "").strip()[:40]
        self.data = self.minor(self.typed) if self.typed else None

    def minor(self, text: str) -> int:
        sentence = _("Enter an amount, such as 120 or 120.50.")
        plain = text.replace(" ", "").lstrip("$€£¥")
        unit = money.minor_units(self.currency)
        try:
            amount = number_of(plain, "," if unit == 1000 else ".") * unit
        except InvalidOperation:
            raise ValueError(sentence) from None
        if not amount.is_finite() or amount < 0 or amount > MOST_PRICE or amount != int(amount):
            raise ValueError(sentence)
        return int(amount)
