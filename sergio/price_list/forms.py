"""The form of an item of the price list."""

from wtforms import StringField, TextAreaField
from wtforms.validators import DataRequired, Length, ValidationError

from sergio.companies.forms import SettingsForm
from sergio.companies.models import Company
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.price_list.fields import PriceField, TaxRateField
from sergio.price_list.models import PriceListItem

COLUMNS = ("name", "detail", "unit", "unit_price", "tax_ppm")


class ItemForm(SettingsForm):
    """`item` is None for a new one. The price of an item in another currency than the company's is typed anew."""

    name = StringField(
        _l("Name"),
        [DataRequired(_l("Enter a name.")), Length(max=200, message=_l("Use at most 200 characters."))],
    )
    detail = TextAreaField(_l("Details"), [Length(max=2000, message=_l("Use at most 2,000 characters."))])
    unit = StringField(_l("Unit"), [Length(max=20, message=_l("Use at most 20 characters."))])
    unit_price = PriceField(_l("Price"))
    tax_ppm = TaxRateField(_l("Tax rate"))

    def __init__(self, company: Company, item: PriceListItem | None = None, **more):
        stored = dict.fromkeys(COLUMNS[:3], "") | {"unit_price": None, "tax_ppm": 0}
        if item:
            stored = {name: getattr(item, name) for name in COLUMNS}
        if item and item.currency != company.currency:
            stored["unit_price"] = None
        super().__init__(stored, **more)
        self.unit_price.currency = company.currency

    def validate_unit_price(self, field):
        if field.data is None and not field.errors:
            raise ValidationError(_("Enter a price. It can be 0."))

    @property
    def columns(self) -> dict:
        """The values by column of `PriceListItem`."""
        return {name: self[name].data or "" for name in COLUMNS[:3]} | {
            name: self[name].data or 0 for name in COLUMNS[3:]
        }
