"""The forms of contacts: what they are like and may do, as staff and their own people see it, and their own details."""

from typing import Any

from wtforms import BooleanField, EmailField, RadioField, SelectField, SelectMultipleField, StringField, TelField
from wtforms.validators import DataRequired, InputRequired, Length, ValidationError

from sergio.companies.forms import SettingsForm
from sergio.customers.forms import Reachable, one_line
from sergio.customers.roles import FULL, LABELS, LIMITED, OWN_ACCESS, SEE_MONEY, SEE_WORK, may
from sergio.lib import money, numbers, phone
from sergio.lib.language import LANGUAGES
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.outbox.kind import APPOINTMENTS, INVOICES, QUOTES
from sergio.outbox.kinds import OPTIONAL

MOST_LIMIT = 10**11
"""Of a daily limit, in minor units."""


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


class EmailsForm(SettingsForm):
    """Which emails a contact wants, of those that are not essential and that their role lets them get."""

    wanted = SelectMultipleField(_l("Emails you want"), default=())

    def __init__(self, role: str, unwanted: set[str], **more):
        seen = {QUOTES: SEE_WORK, APPOINTMENTS: SEE_WORK, INVOICES: SEE_MONEY}
        self.kinds = [kind for kind in OPTIONAL.values() if may(role, seen.get(kind.group, OWN_ACCESS))]
        super().__init__({"wanted": [kind.name for kind in self.kinds if kind.name not in unwanted]}, **more)
        self.wanted.choices = [(kind.name, str(kind.label)) for kind in self.kinds]
        self.others = unwanted - {kind.name for kind in self.kinds}

    @property
    def unwanted(self) -> set[str]:
        """The names of the kinds that they don't want, with those that were not asked for."""
        return self.others | {kind.name for kind in self.kinds if kind.name not in (self.wanted.data or ())}


class RoleForm(SettingsForm):
    """What a contact may do: a role and, for `LIMITED`, how much a day."""

    role = RadioField(_l("What they can do in the portal"), [InputRequired(_l("Choose one."))])
    most = StringField(_l("Daily limit"), [Length(max=24)])
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
