"""The forms of the sign-up, and of the portal's address."""

from typing import NamedTuple

from flask import request
from wtforms import EmailField, HiddenField, SelectField, StringField, ValidationError
from wtforms.validators import DataRequired, Length

from sergio.companies import portal_address, subdomains
from sergio.lib import clock, countries
from sergio.lib.email_addresses import well_formed
from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.lib.text import plain_name
from sergio.sign_up.founding import NewCompany
from sergio.web.forms import Form

TOO_LONG = Length(max=120, message=_l("Use up to 120 characters."))


class Availability(NamedTuple):
    """Whether a subdomain can be had: `why` not, as a sentence, and then one that can."""

    subdomain: str
    why: str = ""
    free: str = ""


class AddressForm(Form):
    """A subdomain, for a company that has one already or for a new one with that name."""

    subdomain = StringField(_l("Portal address"), [DataRequired(_l("Choose an address."))])
    use = HiddenField()
    """Sent by the button with the address that is offered instead."""

    def __init__(self, name: str, company=None, **more):
        super().__init__(**more)
        self.company_name, self.company = name, company
        self.subdomain.data = subdomains.normalized(chosen() or self.subdomain.data or "")

    @property
    def availability(self) -> Availability:
        return availability(self.subdomain.data or "", self.company_name, self.company)

    def validate_subdomain(self, field):
        if why := self.availability.why:
            raise ValidationError(why)


class SignUpForm(Form):
    """The company, its owner, and where it works. `suggested` is the address that the page made from the name, so that
    a new name gives a new one; `browser_zone` the time zone that the browser is set to.
    """

    name = StringField(_l("Company name"), [DataRequired(_l("Enter your company's name.")), TOO_LONG])
    subdomain = StringField(_l("Portal address"))
    owner_name = StringField(_l("Your name"), [DataRequired(_l("Enter your name.")), TOO_LONG])
    email = EmailField(
        _l("Your email"),
        [DataRequired(_l("Enter your email address.")), Length(max=254, message=_l("Use up to 254 characters."))],
    )
    country = SelectField(_l("Country"), [DataRequired()])
    time_zone = SelectField(_l("Time zone"), [DataRequired()])
    currency = SelectField(_l("Currency"), [DataRequired()])
    suggested = HiddenField()
    browser_zone = HiddenField()

    def __init__(self, language_tags: list[str], **more):
        country = countries.of_reader(language_tags)
        super().__init__(**{"country": country, **region_of(country), **more})
        self.name.data = plain_name(self.name.data or "")
        self.owner_name.data = plain_name(self.owner_name.data or "")
        self.subdomain.data = subdomains.normalized(chosen() or self.subdomain.data or "")
        self.country.choices = countries.names()
        self.time_zone.choices = countries.time_zones(self.country.data or country)
        self.currency.choices = countries.currencies()

    def follow_name(self):
        """Suggest an address for the name, unless somebody has typed an own one."""
        if self.subdomain.data in ("", self.suggested.data):
            suggestion = portal_address.suggested(self.name.data or "", now=clock.now())
            self.subdomain.data = self.suggested.data = suggestion

    def follow_zone(self):
        """Take the browser's time zone, its country, and the currency there; nothing changes if it is unknown."""
        zone = countries.current_zone(self.browser_zone.data or "")
        if zone and (country := countries.of_zone(zone)):
            self._set_region(country, zone)

    def follow_country(self):
        """Take the time zone and currency of the country; the browser's zone, if it is there."""
        country = self.country.data if self.country.data in dict(countries.names()) else "US"
        zone = countries.current_zone(self.browser_zone.data or "") or ""
        self._set_region(country, zone if countries.of_zone(zone) == country else countries.main_zone(country))

    def _set_region(self, country: str, zone: str):
        self.country.data, self.time_zone.data = country, zone
        self.currency.data = countries.currency_of(country)
        self.time_zone.choices = countries.time_zones(country)

    @property
    def availability(self) -> Availability:
        return availability(self.subdomain.data or "", self.name.data or "")

    @property
    def company(self) -> NewCompany:
        values = {name: self[name].data for name in ("name", "subdomain", "country", "time_zone", "currency")}
        return NewCompany(**values)

    def validate_name(self, field):
        require_letter(field)

    def validate_owner_name(self, field):
        require_letter(field)

    def validate_subdomain(self, field):
        """Left empty, it is made from the name."""
        self.follow_name()
        if not field.data:
            raise ValidationError(_("Choose an address. Use the letters a to z."))
        if why := self.availability.why:
            raise ValidationError(why)

    def validate_email(self, field):
        email = well_formed(field.data)
        if email is None:
            raise ValidationError(_("Enter a valid email address, such as name@example.com."))
        field.data = email


def chosen() -> str:
    """The address that was offered, of the button that sent the form."""
    return request.form.get("use", "")


def region_of(country: str) -> dict:
    return {"time_zone": countries.main_zone(country), "currency": countries.currency_of(country)}


def require_letter(field):
    if not any(letter.isalnum() for letter in field.data or ""):
        raise ValidationError(_("Use at least one letter or digit."))


def availability(subdomain: str, name: str, company=None) -> Availability:
    """For a company that has a subdomain already, or for a new one with that name."""
    if not subdomain or (company and subdomain == company.subdomain):
        return Availability("")
    now = clock.now()
    why = portal_address.why_not(subdomain, now=now, company=company)
    names = (name, subdomain) if why else ()
    free = (portal_address.suggested(each, now=now, company=company) for each in names)
    return Availability(subdomain, why, next(filter(None, free), ""))
