"""The judge: which rule accepts an address, what is out, and what nobody can tell."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sergio.lib import geo, places
from sergio.service_area import addresses, coverage
from sergio.service_area.coverage import IN, OUT, UNKNOWN, Address, Area, City, Shape
from sergio.service_area.postal_codes import prepared
from tests.lib.test_geo import by_casting, by_vectors

HOME = (43.661, -70.259)
PORTLAND = Address("Portland", "ME", "04101")
BATH = Address("Bath", "ME", "04530")
BANGOR = Address("Bangor", "ME", "04401")
NOWHERE = Address("Atlantis", "ME", "")
AROUND_BATH = [
    geo.corner(*point) for point in ((43.8, -69.9), (44.0, -69.9), (44.0, -69.7), (43.8, -69.7), (43.8, -69.9))
]
SHAPES = (Shape("North", [AROUND_BATH]),)

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def area(**rules) -> Area:
    codes = prepared(rules.pop("codes", ()))
    return Area("US", "ME", codes=codes, home=rules.pop("home", HOME), **rules)


def verdict(address: Address, **rules) -> tuple[str, str]:
    return coverage.covers(area(**rules), address)[:2]


def test_without_rules_every_address_is_in():
    assert verdict(NOWHERE) == verdict(Address()) == (IN, coverage.EVERYWHERE)


@pytest.mark.parametrize(
    ("rules", "address", "expected"),
    [
        ({"codes": ["041*"]}, PORTLAND, (IN, coverage.POSTAL_CODE)),
        ({"codes": ["041*"]}, BATH, (OUT, coverage.OUTSIDE)),
        ({"cities": (City("Portland", "ME"),)}, PORTLAND, (IN, coverage.CITY)),
        ({"cities": (City("portland", ""),)}, PORTLAND, (IN, coverage.CITY)),
        ({"cities": (City("Portland", "OR"),)}, PORTLAND, (OUT, coverage.OUTSIDE)),
        ({"cities": (City("Portland", "ME"),)}, Address("Munjoy Hill", "", "04101"), (IN, coverage.CITY)),
        ({"cities": (City("Atlantis", "ME"),)}, NOWHERE, (IN, coverage.CITY)),
        ({"shapes": SHAPES}, BATH, (IN, coverage.SHAPE)),
        ({"shapes": SHAPES}, Address("Bath", "ME"), (IN, coverage.SHAPE)),
        ({"shapes": SHAPES}, PORTLAND, (OUT, coverage.OUTSIDE)),
        ({"shapes": (Shape("Ring", [], geo.corner(*HOME), 5_000),)}, PORTLAND, (IN, coverage.SHAPE)),
        ({"radius": 60_000}, BATH, (IN, coverage.RADIUS)),
        ({"radius": 60_000}, BANGOR, (OUT, coverage.OUTSIDE)),
        ({"radius": 60_000, "codes": ["04401"]}, BANGOR, (IN, coverage.POSTAL_CODE)),
        ({"radius": 60_000, "home": None}, BATH, (UNKNOWN, coverage.NO_HOME)),
        ({"radius": 60_000, "home": None, "codes": ["04530"]}, BATH, (IN, coverage.POSTAL_CODE)),
        ({"radius": 60_000}, NOWHERE, (UNKNOWN, coverage.NOT_FOUND)),
        ({"codes": ["041*"]}, Address("Portland", "ME", ""), (UNKNOWN, coverage.NO_POSTAL_CODE)),
        ({"cities": (City("Portland", "ME"),)}, Address("", "ME", "99999"), (UNKNOWN, coverage.NO_CITY)),
        ({"codes": ["041*"]}, Address("Boston", "MA", "04101"), (UNKNOWN, coverage.CONTRADICTION)),
        ({"codes": ["041*"]}, Address("Portland", "Maine", "04101"), (IN, coverage.POSTAL_CODE)),
    ],
)
def test_any_rule_accepts_and_what_cannot_be_asked_is_unknown(rules, address, expected):
    assert verdict(address, **rules) == expected


@pytest.mark.parametrize(
    ("radius", "status"), [(geo.meters_between(HOME, (43.911, -69.827)) + more, s) for more, s in ((0, IN), (-1, OUT))]
)
def test_the_radius_counts_to_the_meter(radius, status):
    assert coverage.covers(area(radius=radius), Address(point=(43.911, -69.827))).status == status


def test_a_city_without_a_state_is_the_nearest_to_the_company():
    assert coverage.located(area(), Address("Portland")).place.region == "ME"
    assert coverage.located(area(home=(45.5, -122.5)), Address("Portland")).place.region == "OR"
    assert coverage.located(area(home=None), Address("Portland")).place.region == "ME"
    assert coverage.located(area(), Address("Portland", "TX")).place.region == "TX"
    assert coverage.located(area(), Address("Portland", "AK")).place is None


CODES = [line.split(b"|")[0].decode() for line in (places.FOLDER / places.POSTAL_CODES).read_bytes().splitlines()[::97]]
NEAR = st.tuples(st.integers(43_000, 45_000), st.integers(-71_000, -69_000))
CORNERS = st.lists(NEAR.map(lambda point: (point[0] * 100, point[1] * 100)), min_size=3, max_size=7)


@UNHURRIED
@given(
    st.sampled_from([*CODES, "04101", "04530", "04401", "04240", "04330"]),
    st.lists(st.sampled_from(CODES), max_size=3),
    st.none() | st.integers(1, 300_000),
    st.lists(CORNERS, max_size=2),
    st.none() | st.tuples(NEAR, st.integers(1, 200_000)),
)
def test_the_judge_agrees_with_one_that_asks_every_rule_slowly(code, codes, radius, drawn, circle):
    """A brute-force judge: a ray through exact fractions, distances by vectors, codes one by one."""
    point = next(place.point for place in [places.of_postal_code(code, "US")] if place)
    rings = [[*corners, corners[0]] for corners in drawn]
    shapes = tuple(Shape(str(n), [ring]) for n, ring in enumerate(rings))
    accepted = [code in codes, *(by_casting(geo.corner(*point), [ring]) for ring in rings)]
    if circle:
        center = circle[0][0] / 1000, circle[0][1] / 1000
        shapes += (Shape("circle", [], geo.corner(*center), circle[1]),)
        accepted.append(round(by_vectors(point, center)) <= circle[1])
    if radius:
        accepted.append(round(by_vectors(point, HOME)) <= radius)
    everywhere = not (codes or radius or shapes)
    expected = IN if everywhere or any(accepted) else OUT
    assert coverage.covers(area(codes=codes, radius=radius, shapes=shapes), Address("", "", code)).status == expected


@pytest.mark.parametrize(
    ("line", "country", "address"),
    [
        ("12 Harbor Street, Portland, ME 04101", "US", Address("Portland", "ME", "04101")),
        ("12 Harbor Street, Portland, Maine, 04101-1234", "US", Address("Portland", "Maine", "04101-1234")),
        ("04101", "US", Address("", "", "04101")),
        ("Portland", "US", Address("Portland", "", "")),
        ("Portland ME", "US", Address("Portland", "ME", "")),
        ("New York", "US", Address("New York", "", "")),
        ("Hauptstraße 5, 50667 Köln", "DE", Address("Köln", "", "50667")),
        ("10 Downing Street, London, SW1A 2AA", "GB", Address("London", "", "SW1A 2AA")),
        ("290 Bremner Blvd, Toronto, ON M5V 3L9", "CA", Address("Toronto", "ON", "M5V 3L9")),
        ("43.66, -70.26", "US", Address(point=(43.66, -70.26))),
        ("", "US", Address()),
        (",,", "US", Address()),
    ],
)
def test_an_address_in_one_line(line, country, address):
    assert addresses.typed(line, country) == address


@pytest.mark.parametrize("line", ["91, 0", "43.66", "43.66, -181", "43.66 -70.26 5", "a, b", "1e5, 3"])
def test_what_is_no_point(line):
    assert addresses.point_in(line) is None
