"""Countries with their time zones and currencies (CLDR), as choices in the reader's language, and guesses of these."""

from functools import cache
from zoneinfo import available_timezones

from babel import Locale
from babel.core import get_global
from babel.numbers import get_territory_currencies

from sergio.lib.language import locale_of, spoken

Choices = list[tuple[str, str]]

NO_COUNTRY = {"CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "UN", "XA", "XB", "ZZ"}
"""Codes in CLDR that are no country, or have no addresses of their own."""

MAIN_ZONES = {
    "AR": "America/Argentina/Buenos_Aires",
    "AU": "Australia/Sydney",
    "BR": "America/Sao_Paulo",
    "CA": "America/Toronto",
    "CD": "Africa/Kinshasa",
    "CL": "America/Santiago",
    "CN": "Asia/Shanghai",
    "CY": "Asia/Nicosia",
    "EC": "America/Guayaquil",
    "ES": "Europe/Madrid",
    "FM": "Pacific/Pohnpei",
    "GL": "America/Nuuk",
    "ID": "Asia/Jakarta",
    "KI": "Pacific/Tarawa",
    "KZ": "Asia/Almaty",
    "MH": "Pacific/Majuro",
    "MN": "Asia/Ulaanbaatar",
    "MX": "America/Mexico_City",
    "MY": "Asia/Kuala_Lumpur",
    "NZ": "Pacific/Auckland",
    "PF": "Pacific/Tahiti",
    "PG": "Pacific/Port_Moresby",
    "PT": "Europe/Lisbon",
    "RU": "Europe/Moscow",
    "US": "America/New_York",
    "UZ": "Asia/Tashkent",
}
"""Where most people of a country with several time zones live."""


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


def main_zone(country: str) -> str:
    """The time zone of a country in which most of its people live; UTC where CLDR knows none."""
    return MAIN_ZONES.get(country) or next(iter(_own_zones(country)), "UTC")


def current_zone(zone: str) -> str | None:
    """The present name of a time zone that a browser may know under an older one ("Asia/Calcutta"); None if unknown."""
    present = get_global("zone_aliases").get(zone, zone)
    return present if present in _zones() else None


def of_zone(zone: str) -> str | None:
    """The country of a time zone; None if there is none, as for UTC."""
    country = get_global("zone_territories").get(zone)
    return country if country in dict(_names("en")) else None


def of_reader(language_tags: list[str]) -> str:
    """The country that the first of a browser's languages names ("en-GB"), else where the first one is spoken most;
    the United States if they say nothing.
    """
    known, likely = dict(_names("en")), get_global("likely_subtags")
    named = (part.upper() for tag in language_tags for part in tag.replace("_", "-").split("-")[1:])
    spoken_in = (likely.get(tag.partition("-")[0].lower(), "").rpartition("_")[2] for tag in language_tags)
    return next((country for country in [*named, *spoken_in] if country in known), "US")


@cache
def _names(language: str) -> Choices:
    territories = Locale.parse(locale_of(language)).territories
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
    spoken_names = Locale.parse(locale_of(language)).currencies
    codes = {code for country, _name in _names("en") for code in get_territory_currencies(country)}
    return [(code, f"{code}, {spoken_names.get(code, code)}") for code in sorted(codes)]
