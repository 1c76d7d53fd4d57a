"""Settings -> Service area: the rules, shapes by their corners or as circles, and the tester."""

import json
import re
from dataclasses import replace
from html import unescape

import pytest
from sqlalchemy import select

from sergio.audit.models import AuditEntry
from sergio.service_area.forms import MOST_CODES
from sergio.service_area.models import MOST_SHAPES, ServiceArea

PAGE = "/office/settings/service-area"
RULES = {"cities": "Portland\nSouth Portland, ME", "postal_codes": "041*, 04530", "radius": "25", "unit": "mi"}
KEPT = [["Portland", "ME"], ["South Portland", "ME"]]
SQUARE = "43.8, -69.9\n44.0, -69.9\n44.0, -69.7\n43.8, -69.7"
POLYGON = {"name": "North", "kind": "polygon", "corners": SQUARE}
CIRCLE = {"name": "Bath", "kind": "circle", "address": "Bath, ME", "radius": "10"}


@pytest.fixture
def office(browser_of, olga):
    return browser_of(olga)


def kept(session, company) -> ServiceArea:
    session.expire_all()
    return session.scalars(select(ServiceArea).where(ServiceArea.company_id == company.id)).one()


def actions(session) -> list[str]:
    session.expire_all()
    rows = select(AuditEntry.action).where(AuditEntry.subject == "service_area").order_by(AuditEntry.id)
    return list(session.scalars(rows))


def drawn(html: str) -> dict:
    return json.loads(unescape(re.search(r'data-map="([^"]*)"', html)[1]))


def test_the_rules_are_saved_as_they_are_meant(office, sparkle, session):
    page = office.post(PAGE, RULES, follow_redirects=True).text
    assert "Your service area is saved." in page
    area = kept(session, sparkle)
    assert (area.cities, area.postal_codes, area.radius, area.unit) == (KEPT, ["041*", "04530"], 40_234, "mi")
    assert 'value="25"' in page
    assert "South Portland, ME" in page
    assert office.post(PAGE, RULES).status_code == 303
    assert actions(session) == ["changed_service_area"]


def test_an_empty_form_means_everywhere(office, sparkle, session):
    office.post(PAGE, RULES)
    office.post(PAGE, dict.fromkeys(RULES, "") | {"unit": "km"})
    area = kept(session, sparkle)
    assert (area.cities, area.postal_codes, area.radius, area.unit) == ([], [], None, "km")
    assert "so every address is in" in office.get(f"{PAGE}?address=04101").text


def test_a_city_that_nobody_knows_is_kept_with_a_warning(office, sparkle, session):
    page = office.post(PAGE, RULES | {"cities": "Xyzzyville"}, follow_redirects=True).text
    assert "We don&#39;t know Xyzzyville." in page
    assert kept(session, sparkle).cities == [["Xyzzyville", ""]]


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("postal_codes", "04101, 04109-04101", "We cannot read “04109-04101”."),
        ("postal_codes", " ".join(f"{code:05}" for code in range(MOST_CODES + 1)), "Enter up to 2000 postal codes."),
        ("cities", "\n".join(f"City {number}" for number in range(301)), "Enter up to 300 cities."),
        ("radius", "far", "Enter a number, such as 25."),
        ("radius", "0", "Enter a number from 0.1 to 2000."),
        ("radius", "2001", "Enter a number from 0.1 to 2000."),
        ("unit", "ft", "Not a valid choice."),
    ],
)
def test_what_is_wrong_stands_beside_the_field_and_nothing_is_saved(office, session, field, value, error):
    response = office.post(PAGE, RULES | {field: value}, htmx=True)
    assert response.status_code == 422
    assert f'id="{field}-error"' in response.text
    assert error in unescape(response.text)
    assert actions(session) == []


def test_two_people_do_not_undo_each_others_rules(office, sparkle, session):
    office.post(PAGE, RULES)
    seen = unescape(re.search(r'name="seen"[^>]* value="([^"]*)"', office.get(PAGE).text)[1])
    office.post(PAGE, RULES | {"radius": "30"})
    response = office.post(PAGE, RULES | {"radius": "35", "seen": seen})
    assert response.status_code == 422
    assert "Someone else just changed this to “30”." in response.text
    office.post(PAGE, RULES | {"cities": "Bath", "seen": seen})
    assert (kept(session, sparkle).radius, kept(session, sparkle).cities) == (48_280, [["Bath", "ME"]])


def test_a_polygon_decides_an_address(office, sparkle, session):
    page = office.post(f"{PAGE}/shapes", POLYGON, follow_redirects=True).text
    assert "“North” is part of your service area." in page
    assert "A polygon of about 138 square miles" in page
    assert "It lies in your shape “North”." in unescape(office.get(f"{PAGE}?address=1+Elm+St,+Bath,+ME+04530").text)
    assert "Outside your service area" in office.get(f"{PAGE}?address=04101").text
    [shape] = drawn(office.get(PAGE).text)["shapes"]
    assert [43.8, -69.9] in shape["rings"][0]
    assert actions(session) == ["added_shape"]


def test_a_circle_is_around_an_address(office, sparkle, session):
    office.post(PAGE, RULES | dict.fromkeys(("cities", "postal_codes", "radius"), ""))
    page = office.post(f"{PAGE}/shapes", CIRCLE, follow_redirects=True).text
    assert "A circle of 10 miles around Bath, ME" in page
    [shape] = kept(session, sparkle).shapes
    assert (shape["center"], shape["radius"]) == ([4_391_100, -6_982_100], 16_093)
    assert "In your service area" in office.get(f"{PAGE}?address=04530").text
    assert drawn(office.get(f"{PAGE}/shapes/1").text)["shapes"] == []


def test_a_shape_is_changed_and_removed(office, sparkle, session):
    office.post(f"{PAGE}/shapes", POLYGON)
    form = office.get(f"{PAGE}/shapes/1").text
    assert "43.80000, -69.90000\n44.00000" in form
    office.post(f"{PAGE}/shapes/1", CIRCLE)
    assert [shape["name"] for shape in kept(session, sparkle).shapes] == ["Bath"]
    assert office.post(f"{PAGE}/shapes/1/removal").status_code == 303
    assert kept(session, sparkle).shapes == []
    assert actions(session) == ["added_shape", "changed_shape", "removed_shape"]
    office.post(f"{PAGE}/shapes", CIRCLE)
    assert [shape["number"] for shape in kept(session, sparkle).shapes] == [2]
    assert office.get(f"{PAGE}/shapes/1").status_code == 404


@pytest.mark.parametrize(
    ("form", "field", "error"),
    [
        (POLYGON | {"name": ""}, "name", "Enter a name."),
        (POLYGON | {"corners": ""}, "corners", "Draw the shape on the map, or enter 3 to 300 corners."),
        (POLYGON | {"corners": "43, -70\n44, -70"}, "corners", "enter 3 to 300 corners."),
        (POLYGON | {"corners": "\n".join(f"4{n % 9}, -70.{n}" for n in range(301))}, "corners", "enter 3 to 300"),
        (POLYGON | {"corners": "north\n43, -70\n44, -70"}, "corners", "We cannot read “north”."),
        (POLYGON | {"corners": "43, -70\n44, -70\n45, -70"}, "corners", "These corners enclose no area."),
        (CIRCLE | {"address": "Xyzzyville"}, "address", "We don't know this address."),
        (CIRCLE | {"radius": "wide"}, "radius", "Enter a number, such as 25."),
    ],
)
def test_a_wrong_shape_is_refused_beside_the_field(office, session, form, field, error):
    response = office.post(f"{PAGE}/shapes", form)
    assert response.status_code == 422
    assert f'id="{field}-error"' in response.text
    assert error in unescape(response.text)
    assert actions(session) == []


def test_the_number_of_shapes_is_limited(office, sparkle, session):
    shapes = [
        {"number": n, "name": "x", "address": "x", "center": [0, 0], "radius": 1} for n in range(1, MOST_SHAPES + 1)
    ]
    session.add(ServiceArea(company=sparkle, shapes=shapes, last_shape=MOST_SHAPES))
    session.commit()
    page = office.post(f"{PAGE}/shapes", CIRCLE, follow_redirects=True).text
    assert "You have 30 shapes already." in page
    assert len(kept(session, sparkle).shapes) == MOST_SHAPES


@pytest.mark.parametrize(
    ("address", "sentences"),
    [
        ("Bangor, ME", ["Outside your service area", "It is 108 miles from your business address, beyond your travel"]),
        ("Xyzzyville", ["We can't tell", "We know neither its postal code nor its city."]),
        ("1 Elm St, Boston, MA 04101", ["We can't tell", "Its ZIP code belongs to Portland, ME"]),
        ("43.7, -70.3", ["In your service area", "It is 3.4 miles from your business address"]),
        ("Portland", ["We can't tell", "It has no postal code."]),
    ],
)
def test_the_tester_says_why(office, address, sentences):
    office.post(PAGE, RULES | {"cities": "", "postal_codes": "04999" if address == "Portland" else ""})
    if address == "Portland":
        office.post(PAGE, RULES | {"cities": "", "postal_codes": "04999", "radius": ""})
    page = unescape(office.get(f"{PAGE}?address={address}").text)
    assert [sentence for sentence in sentences if sentence not in page] == []


def test_the_tester_wants_an_address_only_when_it_is_asked(office):
    assert "Enter an address." not in office.get(PAGE).text
    assert "Enter an address." in office.get(f"{PAGE}?address=").text


def test_without_a_business_address_the_radius_is_explained(office, sparkle, session):
    sparkle.city = sparkle.postal_code = ""
    session.commit()
    page = unescape(office.post(PAGE, RULES | {"cities": "", "postal_codes": ""}, follow_redirects=True).text)
    assert "We can't tell where your business is." in page
    assert "We can't tell where your business address is" in unescape(office.get(f"{PAGE}?address=04530").text)


def test_a_name_in_the_map_is_text(office):
    office.post(f"{PAGE}/shapes", CIRCLE | {"name": "</div><script>alert('1')</script>"})
    page = office.get(PAGE).text
    assert "<script>alert" not in page
    assert drawn(page)["shapes"][0]["name"] == "</div><script>alert('1')</script>"


def test_the_map_uses_tiles_only_where_the_installation_has_some(app, office):
    assert "img-src 'self' data:;" in office.get(PAGE).headers["Content-Security-Policy"]
    app.config["SERGIO"] = replace(app.config["SERGIO"], tile_url="https://{s}.tile.openstreetmap.org/{z}/{x}/{y}.png")
    try:
        response = office.get(PAGE)
        other = office.get("/office/settings/company")
    finally:
        app.config["SERGIO"] = replace(app.config["SERGIO"], tile_url="")
    assert "img-src 'self' data: https://*.tile.openstreetmap.org;" in response.headers["Content-Security-Policy"]
    assert drawn(response.text)["credit"] == "© OpenStreetMap contributors"
    assert "openstreetmap" not in other.headers["Content-Security-Policy"]
    assert "leaflet" not in other.text


@pytest.mark.parametrize("path", ["", "/shapes/1"])
def test_the_pages_take_two_statements(office, statements, path):
    office.post(f"{PAGE}/shapes", CIRCLE)
    with statements() as seen:
        assert office.get(PAGE + path).status_code == 200
    assert len(seen) == 2


def test_another_companys_shapes_do_not_exist(office, browser_of, world):
    office.post(f"{PAGE}/shapes", CIRCLE)
    rita = browser_of(world.rita)
    assert rita.get(f"{PAGE}/shapes/1").status_code == 404
    assert rita.post(f"{PAGE}/shapes/1", POLYGON).status_code == 404
    assert "Bath" not in rita.get(PAGE).text


def test_the_settings_are_closed_to_technicians(browser_of, theo):
    assert browser_of(theo).get(PAGE).status_code == 403
