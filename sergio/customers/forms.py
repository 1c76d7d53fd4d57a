"""The forms of customers, their contacts and service addresses, and of a contact's own details."""

from typing import Any

from wtforms import (
    EmailField,
    HiddenField,
    StringField,
    TelField,
    TextAreaField,
)
from wtforms.validators import DataRequired, Length, ValidationError

from sergio.companies.forms import SettingsForm
from sergio.customers.models import Customer
from sergio.customers.note import LONGEST
from sergio.customers.properties import ADDRESS, Property
from sergio.lib import email_addresses, phone, postal
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.web.forms import Form, add_error


class Reachable(Form):
    """The checks of an email address and a phone number, both optional, in a form with a `country`. Numbers without a
    country code are in that country.
    """

    country: str
    number = ""
    """The phone number as E.164 or empty."""

    def validate_email(self, field):
        checked = email_addresses.well_formed(field.data) if field.data else ""
        if checked is None:
            raise ValidationError(_("Enter a valid email address, such as name@example.com."))
        field.data = checked

    def validate_phone(self, field):
        try:
            self.number = phone.international(field.data, self.country) if field.data else ""
        except ValueError:
            raise ValidationError(_("Enter a valid phone number, including the area code.")) from None


class Addressed(Form):
    """The checks of a postal address in the format of the company's country, in a form with the fields of `ADDRESS`."""

    country: str
    address_format: postal.AddressFormat

    def arrange(self, country: str):
        """Name the fields as that country does."""
        self.address_format = postal.address_format(country)
        for field, label in self.address_format.labels.items():
            self[field].label.text = label

    def validate(self, extra_validators=None) -> bool:
        valid = super().validate(extra_validators)
        return self.address_is_complete() and valid

    @property
    def address(self) -> dict[str, str]:
        """The columns of a service address; empty if nothing is filled in."""
        typed = {field: one_line(self[field].data or "") for field in ADDRESS}
        used = {field: text if field in self.address_format.labels else "" for field, text in typed.items()}
        return used if any(used.values()) else {}

    def address_is_complete(self) -> bool:
        if not self.address:
            return True
        problems = postal.address_problems(type("Address", (), self.address), self.country)
        for field, sentence in problems.items():
            add_error(self[field], sentence)
        return not problems


class NewCustomerForm(Reachable, Addressed):
    """A customer with its first contact and service address. `anyway` names the similar customers (`key_of`) that the
    office has seen and still wants another one.
    """

    name = StringField(_l("Customer name"), [DataRequired(_l("Enter the customer's name.")), Length(max=120)])
    contact_name = StringField(_l("Contact person"), [Length(max=120)])
    email = EmailField(_l("Email"), [Length(max=254)])
    phone = TelField(_l("Phone"), [Length(max=40)])
    street = StringField(_l("Street address"), [Length(max=200)])
    city = StringField(_l("City"), [Length(max=120)])
    region = StringField(_l("State or region"), [Length(max=60)])
    postal_code = StringField(_l("ZIP or postal code"), [Length(max=20)])
    anyway = HiddenField()

    def __init__(self, country: str, **more):
        super().__init__(**more)
        self.country = country
        self.arrange(country)

    @property
    def facts(self) -> dict[str, Any]:
        """The arguments of `Customer.create`."""
        names = {"name": one_line(self.name.data), "contact_name": one_line(self.contact_name.data or "")}
        return names | {"email": self.email.data or "", "phone": self.number, "address": self.address}


class NameForm(SettingsForm):
    name = StringField(_l("Customer name"), [DataRequired(_l("Enter the customer's name.")), Length(max=120)])

    def __init__(self, customer, **more):
        super().__init__({"name": customer.name}, **more)


class AddressForm(Addressed, SettingsForm):
    """A service address."""

    street = StringField(_l("Street address"), [DataRequired(_l("Enter the street address.")), Length(max=200)])
    city = StringField(_l("City"), [Length(max=120)])
    region = StringField(_l("State or region"), [Length(max=60)])
    postal_code = StringField(_l("ZIP or postal code"), [Length(max=20)])

    def __init__(self, country: str, place=None, **more):
        super().__init__({field: getattr(place, field) if place else "" for field in ADDRESS}, **more)
        self.country = country
        self.arrange(country)


class DeclineAddressForm(Form):
    """Why the office declines an address: the customer reads it."""

    reason = TextAreaField(
        _l("What should they do?"), [DataRequired(_l("Write a sentence for the customer.")), Length(max=500)]
    )


class NoteForm(SettingsForm):
    text = TextAreaField(_l("Note"), [DataRequired(_l("Write the note first.")), Length(max=LONGEST)])

    def __init__(self, note=None, **more):
        super().__init__({"text": note.text if note else ""}, **more)


def place_choices(customer: Customer, chosen: Property | None = None) -> list[tuple[str, str]]:
    """Numbers and addresses of the service addresses in use, and of the one that is chosen already, after none."""
    offered = [each for each in customer.properties if each.archived_at is None or each is chosen]
    return [("", _("No address")), *((str(each.number), each.address) for each in offered)]


def only_place(customer: Customer) -> str:
    """The number of the service address of a customer who has only one, else empty."""
    _none, *offered = place_choices(customer)
    return offered[0][0] if len(offered) == 1 else ""


def place_of(customer: Customer, number: str | None) -> Property | None:
    return next((each for each in customer.properties if str(each.number) == number), None)


def one_line(text: str) -> str:
    return " ".join(text.split())
