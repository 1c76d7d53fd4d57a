"""Where postal codes and cities are."""

from itertools import pairwise

import pytest

from sergio.lib import places


@pytest.mark.parametrize("code", ["04101", "04101-1234", " 04101 ", "041011234"])
def test_a_zip_code_is_known_with_and_without_its_last_four(code):
    found = places.of_postal_code(code, "US")
    assert (found.name, found.region, found.point) == ("Portland", "ME", (43.661, -70.259))


@pytest.mark.parametrize(
    ("code", "country"), [("99999", "US"), ("0410", "US"), ("", "US"), ("04101", "DE"), ("٠٤١٠١", "US")]
)
def test_other_codes_are_not(code, country):
    assert places.of_postal_code(code, country) is None


def test_the_largest_city_of_a_name_is_first():
    found = places.cities("portland", "US")
    assert [(place.name, place.region) for place in found[:2]] == [("Portland", "OR"), ("Portland", "ME")]


@pytest.mark.parametrize("name", ["St. Paul", "SAINT PAUL", "st paul"])
def test_names_are_compared_as_people_write_them(name):
    assert places.cities(name, "US")[0].region == "MN"


def test_other_countries_have_their_cities():
    assert places.cities("Köln", "DE") == places.cities("koln", "DE") != ()
    assert places.cities("Toronto", "CA")[0].region == "ON"
    assert places.cities("Portland", "DE") == places.cities("|", "US") == places.cities("", "US") == ()


@pytest.mark.parametrize("file", [places.POSTAL_CODES, places.CITIES])
def test_every_line_is_found_by_its_key(file):
    lines = (places.FOLDER / file).read_bytes().splitlines()
    assert all(one < other for one, other in pairwise(lines))
    keys = 1 if file == places.POSTAL_CODES else 2
    for line in [*lines[::997], lines[0], lines[-1]]:
        fields = line.decode().split("|")
        assert fields in places.lines_from(file, "|".join(fields[:keys]) + "|")
