"""The form of a contact's own details."""

from wtforms import BooleanField, StringField, TelField
from wtforms.validators import DataRequired, Length, Optional, ValidationError

from sergio.lib import phone
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.web.forms import Form


class DetailsForm(Form):
    """Name and phone of a contact; numbers without a country code are in the company's country."""

    name = StringField(_l("Your name"), [DataRequired(_l("Enter your name.")), Length(max=120)])
    phone = TelField(_l("Phone"), [Optional(), Length(max=40)])
    gets_receipts = BooleanField(_l("Email me a receipt for every payment, no matter who makes it"))

    def __init__(self, contact, country: str):
        stored = {"name": contact.name, "phone": phone.national(contact.phone, country)}
        super().__init__(data={**stored, "gets_receipts": contact.gets_receipts})
        self.country = country

    def validate_phone(self, field):
        try:
            self.number = phone.international(field.data, self.country)
        except ValueError:
            raise ValidationError(_("Enter a valid phone number, including the area code.")) from None

    @property
    def details(self) -> tuple[str, str]:
        """The name, and the phone number as E.164 or empty."""
        return " ".join(self.name.data.split()), self.number if self.phone.data else ""
