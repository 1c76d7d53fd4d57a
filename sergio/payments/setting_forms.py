"""The form of Settings -> Payments."""

from wtforms import BooleanField, ValidationError
from wtforms.validators import InputRequired

from sergio.companies.forms import SettingsForm
from sergio.companies.models import Company
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.web.forms import Whole, between

COLUMNS = ("saves_methods", "offers_autopay", "autopay_notice_days")


class PaymentSettingsForm(SettingsForm):
    saves_methods = BooleanField(_l("Customers can save a card for later payments"))
    offers_autopay = BooleanField(_l("Customers can turn on automatic payments"))
    autopay_notice_days = Whole(
        _l("Days between the email and the charge"), [InputRequired(_l("Enter a whole number.")), between(1, 30)]
    )

    def __init__(self, company: Company, **more):
        super().__init__({name: getattr(company, name) for name in COLUMNS}, **more)

    def validate_offers_autopay(self, field):
        if field.data and not self.saves_methods.data:
            raise ValidationError(_("Automatic payments need a saved card. Turn on saved cards, too."))

    @property
    def columns(self) -> dict:
        """The values by column of `Company`."""
        return {name: self[name].data for name in COLUMNS}
