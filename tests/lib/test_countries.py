"""Guessing the country, time zone and currency of a reader."""

from zoneinfo import ZoneInfo

import pytest

from sergio.lib import countries


@pytest.mark.parametrize(
    ("tags", "country"),
    [
        (["en-GB", "en"], "GB"),
        (["de"], "DE"),
        (["en", "de-AT"], "AT"),
        (["pt-BR"], "BR"),
        (["zh-Hans-CN"], "CN"),
        (["en"], "US"),
        ([], "US"),
        (["*"], "US"),
        (["x" * 300, "xx-ZZ"], "US"),
    ],
)
def test_the_country_is_guessed_from_the_browsers_languages(tags, country):
    assert countries.of_reader(tags) == country


def test_every_country_has_a_main_zone_of_its_own_and_a_currency_to_choose():
    codes = {code for code, _name in countries.currencies()}
    for country, _name in countries.names():
        zone = countries.main_zone(country)
        assert ZoneInfo(zone)
        assert zone == "UTC" or countries.of_zone(zone) == country
        assert countries.currency_of(country) in codes


@pytest.mark.parametrize(
    ("known", "present", "country"),
    [
        ("Asia/Calcutta", "Asia/Kolkata", "IN"),
        ("Europe/Kiev", "Europe/Kyiv", "UA"),
        ("Europe/Berlin", "Europe/Berlin", "DE"),
        ("America/Buenos_Aires", "America/Argentina/Buenos_Aires", "AR"),
        ("UTC", "Etc/UTC", None),
    ],
)
def test_a_browsers_zone_is_known_under_its_older_name(known, present, country):
    assert countries.current_zone(known) == present
    assert countries.of_zone(present) == country


@pytest.mark.parametrize("zone", ["", "Mars/Base", "../../etc/passwd", "x" * 5000])
def test_an_invented_zone_is_unknown(zone):
    assert countries.current_zone(zone) is None
