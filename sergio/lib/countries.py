"""Countries with their time zones and currencies (CLDR), as choices of a form in the reader's language."""

from functools import cache
from zoneinfo import available_timezones

from babel import Locale
from babel.core import get_global
from babel.numbers import get_territory_currencies

from sergio.lib.language import spoken

Choices = list[tuple[str, str]]

NO_COUNTRY = {"CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "UN", "XA", "XB", "ZZ"}
"""Codes in CLDR that are no country, or have no addresses of their own."""


def names() -> Choices:
    """Codes (ISO 3166) and names, by name."""
    return _names(spoken.get())


def time_zones(country: str) -> Choices:
    """All time zones; those of the country come first."""
    own = _own_zones(country)
    return [(zone, zone.replace("_", " ")) for zone in [*own, *(zone for zone in _zones() if zone not in own)]]


def currencies() -> Choices:
    """The currencies in use today (ISO 4217), by code: "USD" is "USD, US Dollar"."""
    return _currencies(spoken.get())


def currency_of(country: str) -> str:
    """The currency of a country, USD where there is none."""
    return next(iter(get_territory_currencies(country)), "USD")


@cache
def _names(language: str) -> Choices:
    territories = Locale.parse(language).territories
    named = [(code, name) for code, name in territories.items() if len(code) == 2 and code not in NO_COUNTRY]
    return sorted(named, key=lambda country: country[1])


@cache
def _zones() -> list[str]:
    """Regions with a place, such as "Europe/Berlin", and UTC; the tables also have abbreviations and old names."""
    return [*sorted(zone for zone in get_global("zone_territories") if zone in available_timezones()), "UTC"]


@cache
def _own_zones(country: str) -> list[str]:
    return [zone for zone in _zones() if get_global("zone_territories").get(zone) == country]


@cache
def _currencies(language: str) -> Choices:
    spoken_names = Locale.parse(language).currencies
    codes = {code for country, _name in _names("en") for code in get_territory_currencies(country)}
    return [(code, f"{code}, {spoken_names.get(code, code)}") for code in sorted(codes)]
