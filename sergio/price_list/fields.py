"""Fields of forms for amounts and for tax rates."""

from werkzeug.datastructures import MultiDict
from wtforms import StringField

from sergio.price_list import typed

LONGEST = 40


class PriceField(StringField):
    """An amount of a currency, none below zero; `data` is in minor units, None if the field is empty."""

    def __init__(self, label, validators=(), *, currency: str = "USD", **more):
        super().__init__(label, validators, **more)
        self.typed: str | None = None
        self.currency = currency

    @property
    def currency(self) -> str:
        return self._currency

    @currency.setter
    def currency(self, currency: str):
        """A form often knows it only after the field was filled in: then what was typed is read again."""
        self._currency = currency
        if self.typed:
            self.process(MultiDict({self.name: self.typed}))

    def _value(self):
        if self.typed is not None:
            return self.typed
        return "" if self.data is None else typed.amount_text(self.data, self.currency)

    def process_formdata(self, valuelist):
        if not valuelist:
            return
        self.typed = valuelist[0].replace("\0", "").strip()[:LONGEST]
        self.data = None
        if self.typed:
            self.data = self.minor(self.typed)

    def minor(self, text: str) -> int:
        amount = typed.amount_of(text, self.currency)
        if amount < 0:
            raise ValueError(typed.unclear_amount(self.currency))
        return amount


class RateField(StringField):
    """A percentage ("12.5%"); `data` is in basis points, 0 if the field is empty."""

    rate_of = staticmethod(typed.rate_of)
    rate_text = staticmethod(typed.rate_text)

    def __init__(self, label, validators=(), **more):
        super().__init__(label, validators, **more)
        self.typed: str | None = None

    def _value(self):
        return self.rate_text(self.data or 0) if self.typed is None else self.typed

    def process_formdata(self, valuelist):
        if not valuelist:
            return
        self.typed = valuelist[0].replace("\0", "").strip()[:LONGEST]
        self.data = 0
        if self.typed:
            self.data = self.rate_of(self.typed)


class TaxRateField(RateField):
    """A tax rate ("8.875%"); `data` is in parts per million."""

    rate_of = staticmethod(typed.tax_rate_of)
    rate_text = staticmethod(typed.tax_rate_text)
