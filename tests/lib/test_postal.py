"""Addresses as each country writes them."""

from types import SimpleNamespace

import pytest

from sergio.lib import countries, postal


def place(street="", city="", region="", postal_code="", **more):
    return SimpleNamespace(street=street, city=city, region=region, postal_code=postal_code, **more)


@pytest.mark.parametrize(
    ("parts", "lines"),
    [
        (place("12 Harbor Street", "Portland", "ME", "04101"), ["12 Harbor Street", "Portland, ME 04101"]),
        (place("12 Harbor Street", "Portland", country="US"), ["12 Harbor Street", "Portland"]),
        (place(city="Portland", postal_code="04101"), ["Portland, 04101"]),
        (place("Markt 1", "Leipzig", "", "04109", country="DE"), ["Markt 1", "04109 Leipzig"]),
        (place("1 High Street", "London", "", "SW1A 1AA", country="GB"), ["1 High Street", "London", "SW1A 1AA"]),
        (place("1 Rue Roy", "Laval", "QC", "H7T 2H6", country="CA"), ["1 Rue Roy", "Laval QC H7T 2H6"]),
        (place(), []),
    ],
)
def test_lines_are_arranged_as_in_the_country(parts, lines):
    assert postal.address_lines(parts) == lines


@pytest.mark.parametrize("country", [code for code, _name in countries.names()])
def test_every_country_that_can_be_chosen_has_a_format_a_time_zone_and_a_currency(country):
    assert "street" in postal.address_format(country).labels
    assert countries.time_zones(country)
    assert countries.currency_of(country) in dict(countries.currencies())
