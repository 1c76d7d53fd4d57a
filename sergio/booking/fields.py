"""A form field for lengths of time."""

from decimal import Decimal, InvalidOperation

from wtforms import Field
from wtforms.validators import ValidationError

from sergio.booking.formats import DAY, HOUR, length
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.lib.numbers import number_of

UNITS = {"minutes": (1, _l("minutes")), "hours": (HOUR, _l("hours")), "days": (DAY, _l("days"))}
LONGEST_NUMBER = 12


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
