"""The forms of customers, their contacts and service addresses, and of a contact's own details."""

from typing import Any

from wtforms import (
    BooleanField,
    EmailField,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    TelField,
    TextAreaField,
)
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError

from sergio.companies.forms import SettingsForm
from sergio.customers.models import Customer
from sergio.customers.note import LONGEST
from sergio.customers.properties import ADDRESS, Property
from sergio.customers.roles import FULL, LABELS, LIMITED
from sergio.lib import email_addresses, money, numbers, phone, postal
from sergio.lib.language import LANGUAGES
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.web.forms import Form, add_error

MOST_LIMIT = 10**11
"""Of a daily limit, in minor units."""


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


class DetailsForm(SettingsForm):
    """Name and phone of a contact, as they see them."""

    name = StringField(_l("Your name"), [DataRequired(_l("Enter your name.")), Length(max=120)])
    phone = TelField(_l("Phone"), [Length(max=40)])
    gets_receipts = BooleanField(_l("Email me a receipt for every payment, no matter who makes it"))
    country: str
    number = ""
    validate_phone = Reachable.validate_phone

    def __init__(self, contact, country: str):
        stored = {"name": contact.name, "phone": phone.national(contact.phone, country)}
        super().__init__({**stored, "gets_receipts": contact.gets_receipts})
        self.country = country

    @property
    def details(self) -> tuple[str, str]:
        """The name, and the phone number as E.164 or empty."""
        return one_line(self.name.data), self.number


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


class RoleForm(SettingsForm):
    """What a contact may do: a role and, for `LIMITED`, how much a day."""

    role = RadioField(_l("What they can do in the portal"), [InputRequired(_l("Choose one."))])
    most = StringField(_l("Limit a day"), [Length(max=24)])
    currency: str
    amount: int | None = None
    """The limit in minor units."""

    def __init__(self, currency: str, contact=None, stored: dict | None = None, **more):
        has_limit = contact is not None and contact.daily_limit
        most = numbers.fixed_text(contact.daily_limit, money.minor_units(contact.limit_currency)) if has_limit else ""
        super().__init__({"role": contact.role if contact else FULL, "most": most, **(stored or {})}, **more)
        self.role.choices = [(role, str(label)) for role, label in LABELS.items()]
        self.currency = currency

    def validate_most(self, field):
        if self.role.data != LIMITED:
            return
        unit = money.minor_units(self.currency)
        try:
            amount = numbers.number_of((field.data or "").strip(" $€£¥"), len(str(unit)) - 1) * unit
        except ArithmeticError:
            amount = None
        if amount is None or amount != int(amount) or not 0 < amount <= MOST_LIMIT:
            raise ValidationError(_("Enter an amount above zero, such as %(amount)s.", amount=500))
        self.amount = int(amount)

    @property
    def access(self) -> dict[str, Any]:
        """The values by column of `Contact`."""
        currency = None if self.amount is None else self.currency
        return {"role": self.role.data, "daily_limit": self.amount, "limit_currency": currency}


class ContactForm(Reachable, RoleForm):
    """A contact, as staff see it."""

    name = StringField(_l("Name"), [DataRequired(_l("Enter the contact's name.")), Length(max=120)])
    email = EmailField(_l("Email"), [Length(max=254)])
    phone = TelField(_l("Phone"), [Length(max=40)])
    gets_receipts = BooleanField(_l("Gets a receipt for every payment, no matter who makes it"))
    language = SelectField(_l("Language"))

    def __init__(self, company, contact=None, **more):
        stored = {"name": "", "email": "", "phone": "", "gets_receipts": False, "language": ""}
        if contact:
            stored = {field: getattr(contact, field) for field in stored} | {"language": contact.language or ""}
            stored["phone"] = phone.national(contact.phone, company.country) if contact.phone else ""
        super().__init__(company.currency, contact, stored, **more)
        self.language.choices = [("", _("Your company's")), *LANGUAGES.items()]
        self.country = company.country

    @property
    def facts(self) -> dict[str, Any]:
        """The values by column of `Contact`."""
        typed = {"name": one_line(self.name.data), "email": self.email.data or "", "phone": self.number}
        more = {"gets_receipts": self.gets_receipts.data, "language": self.language.data or None}
        return typed | self.access | more


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
