"""Forms of a company's settings, and the base class of all settings forms."""

import json

from wtforms import BooleanField, EmailField, HiddenField, SelectField, StringField, TelField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError

from sergio.lib import countries, email_addresses, phone, postal
from sergio.lib.language import LANGUAGES
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.web.forms import Form, add_error


class SettingsForm(Form):
    """A form that two people may fill in at once, so that neither undoes what the other has saved.

    `stored` are the values of the database, by field. The hidden field `seen` has them as this page showed them. What
    only the other person has changed is kept; what both have changed comes back with an error that tells the other
    value, and is saved the next time. Lock the row before creating the form of a POST.
    """

    seen = HiddenField()

    def __init__(self, stored: dict, **more):
        super().__init__(data=stored, **more)
        self.stored = as_json(stored)
        if not self.seen.data:
            self.seen.data = json.dumps(self.stored)

    def validate(self, extra_validators=None) -> bool:
        clashing = self._merge()
        valid = super().validate(extra_validators)
        for field in clashing:
            add_error(field, self._clash(field))
            self.seen.data = json.dumps(self.stored)
        return valid and not clashing

    def _merge(self) -> list:
        """Take over what only the other person has changed; return the fields that both have changed."""
        seen, clashing = self._seen(), []
        for name, theirs in self.stored.items():
            field, before = self[name], seen.get(name, theirs)
            mine = as_json(field.data)
            if theirs in (before, mine):
                continue
            if mine == before:
                field.process(None, theirs)
            else:
                clashing.append(field)
        return clashing

    def _seen(self) -> dict:
        try:
            seen = json.loads(self.seen.data or "{}")
        except (ValueError, RecursionError):
            return {}
        return seen if isinstance(seen, dict) else {}

    def _clash(self, field) -> str:
        theirs = self.stored[field.name]
        if isinstance(field, SelectField):
            theirs = next((choice.label for choice in field.iter_choices() if choice.value == theirs), theirs)
        if isinstance(theirs, str) and theirs:
            return _("Someone else just changed this to “%(value)s”. Save again to keep yours.", value=theirs)
        return _("Someone else just changed this. Save again to keep yours.")


def as_json(value):
    """A value as JSON gives it back."""
    return json.loads(json.dumps(value, default=str))


class ProfileForm(SettingsForm):
    """Who the company is and how to reach it. The address has the fields of its country."""

    name = StringField(_l("Company name"), [DataRequired(_l("Enter your company's name.")), Length(max=120)])
    email = EmailField(_l("Contact email"), [Optional(), Length(max=254)])
    phone = TelField(_l("Phone"), [Length(max=40)])
    country = SelectField(_l("Country"), [DataRequired(_l("Choose a country."))])
    street = StringField(_l("Street address"), [Length(max=200)])
    city = StringField(_l("City"), [Length(max=120)])
    region = StringField(_l("State or region"), [Length(max=60)])
    postal_code = StringField(_l("ZIP or postal code"), [Length(max=20)])

    def __init__(self, company, **more):
        stored = {field: getattr(company, field) for field in PROFILE} | {"phone": company.national_phone}
        super().__init__(stored, **more)
        self.country.choices = countries.names()
        self.address_format = postal.address_format(self.code)
        for field, label in self.address_format.labels.items():
            self[field].label.text = label

    @property
    def code(self) -> str:
        """The country that is chosen, or the US where that one does not exist."""
        return self.country.data if self.country.data in dict(countries.names()) else "US"

    def validate_email(self, field):
        field.data = email_addresses.well_formed(field.data)
        if field.data is None:
            raise ValidationError(_("Enter a valid email address, such as name@example.com."))

    def validate_phone(self, field):
        try:
            self.number = phone.international(field.data, self.code) if field.data else ""
        except ValueError:
            raise ValidationError(_("Enter a valid phone number, including the area code.")) from None

    def validate(self, extra_validators=None) -> bool:
        valid = super().validate(extra_validators)
        return self._check_address() and valid

    def _check_address(self) -> bool:
        """An address may be left out, but not be half there."""
        if self.country.errors or not any(self[field].data for field in postal.LIBRARY_NAMES):
            return True
        values = type("Address", (), {field: self[field].data for field in postal.LIBRARY_NAMES})
        problems = postal.address_problems(values, self.code)
        for field, sentence in problems.items():
            add_error(self[field], sentence)
        return not problems

    @property
    def profile(self) -> dict:
        """The values by column of `Company`; the phone number as E.164 or empty."""
        kept = {field: self[field].data or "" for field in PROFILE}
        unused = {field: "" for field in postal.LIBRARY_NAMES if field not in self.address_format.labels}
        return kept | unused | {"phone": self.number}


PROFILE = ("name", "email", "phone", "country", "street", "city", "region", "postal_code")


class RegionForm(SettingsForm):
    """The time zone that decides the company's days, the currency it asks for money in, and the language of customers
    who have not chosen another.
    """

    time_zone = SelectField(_l("Time zone"), [DataRequired(_l("Choose a time zone."))])
    currency = SelectField(_l("Currency"), [DataRequired(_l("Choose a currency."))])
    language = SelectField(_l("Language of your customers"))

    def __init__(self, company, **more):
        super().__init__({name: getattr(company, name) for name in ("time_zone", "currency", "language")}, **more)
        self.time_zone.choices = countries.time_zones(company.country)
        self.currency.choices = countries.currencies()
        self.language.choices = list(LANGUAGES.items())


class WelcomeForm(SettingsForm):
    """The message at the top of the portal; its variables are those of `companies.welcome`."""

    welcome = TextAreaField(_l("Welcome message"), [Length(max=1000)])

    def __init__(self, company, **more):
        super().__init__({"welcome": company.welcome}, **more)


PERIODS = {0: _l("No limit"), 6: _l("6 months"), 12: _l("1 year"), 24: _l("2 years"), 60: _l("5 years")}
"""Months of service history."""


class VisibilityForm(SettingsForm):
    """What customers see in the portal, in documents and in emails."""

    shows_quotes = BooleanField(_l("Quotes"))
    shows_invoices = BooleanField(_l("Invoices and payments"))
    shows_history = BooleanField(_l("Service history"))
    history_months = SelectField(_l("How far back the service history goes"), [InputRequired()], coerce=int)
    shows_line_prices = BooleanField(_l("The price of each line on quotes and invoices"))
    shows_technician = BooleanField(_l("The technician's first name"))
    shows_notes = BooleanField(_l("Notes that your team marks for the customer"))
    shows_photos = BooleanField(_l("Photos that your team marks for the customer"))
    shows_documents = BooleanField(_l("PDFs to download"))

    def __init__(self, company, **more):
        stored = {switch: getattr(company, switch) for switch in SWITCHES}
        super().__init__(stored | {"history_months": company.history_months or 0}, **more)
        self.history_months.choices = list(PERIODS.items())

    @property
    def switches(self) -> dict:
        """The values by column of `Company`."""
        chosen = {switch: self[switch].data for switch in SWITCHES}
        return chosen | {"history_months": self.history_months.data or None}


class AccountsForm(SettingsForm):
    """What customers change in their account without being asked."""

    approves_addresses = BooleanField(_l("Approve new and corrected service addresses"))

    def __init__(self, company, **more):
        super().__init__({"approves_addresses": company.approves_addresses}, **more)


SWITCHES = (
    *("shows_quotes", "shows_invoices", "shows_history"),
    *("shows_line_prices", "shows_technician", "shows_notes", "shows_photos", "shows_documents"),
)
