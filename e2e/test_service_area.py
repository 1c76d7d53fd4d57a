"""Olga draws where she works; Ana, on a phone without script, asks from outside. At the end there is no area again."""

import re

import pytest
from playwright.sync_api import Page, expect

BATH, PORTLAND = "1 Elm Street, Bath, ME 04530", "04101"
PATIENCE = 30_000
"""Milliseconds: whoever asks first for a script of that size waits until it is compressed."""
CORNERS = [(-110, -90), (110, -90), (110, 90), (-110, 90), (-110, -90)]


@pytest.fixture
def olga(desk, sign_in, demo):
    sign_in(desk, "olga@sparkle.example", door="office")
    desk.goto(demo["office"] + "settings/service-area")
    yield desk
    desk.goto(demo["office"] + "settings/service-area")
    for _ in range(desk.get_by_role("button", name=re.compile("^Remove")).count()):
        desk.get_by_role("button", name=re.compile("^Remove")).first.click()
    for field in ("#cities", "#postal_codes", "#radius"):
        desk.locator(field).fill("")
    desk.get_by_role("button", name="Save changes").click()
    expect(desk.get_by_text("Your service area is saved.")).to_be_visible()


def asked(page: Page, address: str, answer: str):
    page.get_by_label("Address, city, or ZIP code").fill(address)
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_role("status").filter(has_text=answer)).to_be_visible()


def draw(page: Page):
    """A square around the middle of the map, which is the business address."""
    page.locator(".leaflet-pm-icon-polygon").click()
    page.locator("#map").scroll_into_view_if_needed()
    box = page.locator("#map").bounding_box()
    assert box
    for right, down in CORNERS:
        page.mouse.click(box["x"] + box["width"] / 2 + right, box["y"] + box["height"] / 2 + down)


def test_a_polygon_that_is_drawn_decides_an_address(olga, axe):
    expect(olga.locator("#map.leaflet-container")).to_be_visible(timeout=PATIENCE)
    axe(olga)
    asked(olga, PORTLAND, "so every address is in")
    olga.get_by_role("link", name="Draw a shape").click()
    expect(olga.locator(".leaflet-pm-icon-polygon")).to_be_visible(timeout=PATIENCE)
    draw(olga)
    expect(olga.get_by_label("Corners, one per line")).to_have_value(
        re.compile(r"^(-?\d+\.\d{5}, -?\d+\.\d{5}\n?){4}$")
    )
    axe(olga)
    olga.get_by_role("button", name="Save shape").click()
    expect(olga.get_by_text("“Area 1” is part of your service area.")).to_be_visible()
    asked(olga, PORTLAND, "It lies in your shape “Area 1”.")
    axe(olga)
    asked(olga, "Bangor, ME", "Outside your service area")


def test_the_map_and_its_text_twin_work_by_keyboard(olga, axe):
    olga.get_by_role("link", name="Draw a shape").press("Enter")
    expect(olga.locator(".leaflet-pm-icon-polygon")).to_be_visible(timeout=PATIENCE)
    olga.locator("#map").focus()
    shown = olga.locator(".leaflet-map-pane")
    before = shown.get_attribute("style") or ""
    olga.keyboard.press("ArrowRight")
    expect(shown).not_to_have_attribute("style", before)
    olga.get_by_label("Corners, one per line").focus()
    olga.keyboard.insert_text("43.8, -69.9\n44.0, -69.9\n44.0, -69.7\n43.8, -69.7")
    olga.keyboard.press("Tab")
    expect(olga.locator("#map path.leaflet-interactive").last).to_be_visible()
    olga.get_by_label("Name").press("Enter")
    asked(olga, BATH, "It lies in your shape")

    olga.get_by_role("link", name="Draw a shape").press("Enter")
    olga.get_by_label("A polygon").focus()
    olga.keyboard.press("ArrowDown")
    olga.get_by_label("Center of the circle").fill("Bangor, ME")
    olga.get_by_label("Radius").fill("5")
    axe(olga)
    olga.get_by_label("Radius").press("Enter")
    asked(olga, "04401", "In your service area")


def test_ana_asks_anyway_on_a_phone_without_script(olga, no_script, sign_in, demo):
    olga.get_by_label("ZIP or postal codes").fill("041*")
    olga.get_by_label("Customers can always book").uncheck()
    olga.get_by_role("button", name="Save changes").click()
    expect(olga.get_by_text("Your service area is saved.")).to_be_visible()

    ana = no_script
    sign_in(ana, "ana@example.com")
    ana.goto(demo["portal"] + "book/place?service=1")
    ana.get_by_label("Street address").fill("5 Main Street")
    ana.get_by_label("ZIP or postal code").fill("04401")
    ana.get_by_role("button", name="Use this address").click()
    expect(ana.get_by_role("heading", name="We don't usually work there")).to_be_visible()
    expect(ana.get_by_text("5 Main Street, Bangor, ME 04401")).to_be_visible()
    expect(ana.get_by_role("link", name="(207) 555-0142").first).to_be_visible()
    assert ana.evaluate("document.documentElement.scrollWidth") <= 390
    ana.get_by_role("link", name="Ask anyway").click()
    ana.locator(".slots button").first.click()
    ana.get_by_role("button", name="Request appointment").click()
    expect(ana.get_by_role("heading", name="We received your request")).to_be_visible()

    olga.goto(demo["office"] + "schedule/requests")
    request = olga.get_by_role("article").filter(has_text="5 Main Street")
    expect(request.get_by_text("The address is outside your service area.")).to_be_visible()
    request.get_by_role("link", name="Decline").click()
    olga.get_by_role("button", name="Decline").click()
    expect(olga.get_by_text("The request is declined.")).to_be_visible()
