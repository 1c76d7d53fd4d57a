"""Theo adds notes and photos to an appointment with his phone; Ana sees what is for her."""

import pytest
from playwright.sync_api import expect

from e2e.conftest import PHONE
from e2e.waiting import wait_until
from tests.lib.photographs import photograph

RED, BLUE = (photograph(size=(2600, 1950), color=color) for color in ("#ff0000", "#0000ff"))
OVEN = {"name": "oven.jpg", "mimeType": "image/jpeg", "buffer": RED}
HOB = {"name": "hob.jpg", "mimeType": "image/jpeg", "buffer": BLUE}
BROKEN = {"name": "broken.jpg", "mimeType": "image/jpeg", "buffer": b"<html>" + bytes(6_000_000)}
"""More than other forms may send."""


@pytest.fixture
def theo(phone, sign_in, demo):
    """Theo at an appointment with Ana."""
    sign_in(phone, "theo@sparkle.example", door="office")
    phone.goto(demo["office"] + "schedule/1")
    return phone


def test_theo_writes_and_photographs_and_ana_sees_what_is_for_her(theo, desk, demo, sign_in, axe):
    theo.get_by_role("textbox", name="Note").fill("The oven filter is new.")
    theo.locator("#notes").get_by_label("Customer sees it").check()
    theo.get_by_role("button", name="Save note").click()
    expect(theo.locator("#notes li")).to_contain_text("Customer sees it")

    theo.get_by_label("Choose photos").set_input_files([OVEN, BROKEN, HOB])
    theo.locator("#photos").get_by_label("Customer sees it").check()
    theo.get_by_role("button", name="Upload photos").click()
    expect(theo.get_by_text("This file is not a JPEG, PNG, or WebP photo.")).to_be_visible()
    axe(theo)
    wait_until(theo, "document.querySelector('#files').files.length === 1")  # the last one is sent
    assert theo.locator("#files").evaluate("field => field.files[0].name") == "broken.jpg"
    theo.reload()
    expect(theo.locator("#photos li img")).to_have_count(2)
    axe(theo)
    theo.locator("#photos li a").first.click()
    theo.get_by_label("Caption").fill("The oven, inside")
    axe(theo)
    theo.get_by_role("button", name="Save photo").click()
    expect(theo.locator("#photos")).to_contain_text("The oven, inside")

    sign_in(desk, "ana@example.com")
    desk.goto(demo["portal"] + "appointments/1")
    expect(desk.get_by_text("The oven filter is new.")).to_be_visible()
    expect(desk.locator("#photos + h3 + ul img, section:has(> #photos) img")).to_have_count(2)
    axe(desk)
    desk.goto(demo["portal"] + "history")
    axe(desk)


def test_without_a_network_nothing_that_was_typed_or_chosen_is_lost(browser, demo, sign_in):
    """Chromium and htmx write such errors to the console, so this page is not watched for them."""
    with browser.new_context(**PHONE, locale="en-US") as context:
        theo = context.new_page()
        sign_in(theo, "theo@sparkle.example", door="office")
        theo.goto(demo["office"] + "schedule/2")
        theo.get_by_role("textbox", name="Note").fill("Do not lose this.")
        theo.get_by_label("Choose photos").set_input_files([OVEN, HOB])
        context.set_offline(True)
        theo.get_by_role("button", name="Save note").click()
        expect(theo.locator("#flashes")).to_contain_text("Check your connection")
        expect(theo.get_by_role("textbox", name="Note")).to_have_value("Do not lose this.")
        theo.get_by_role("button", name="Upload photos").click()
        expect(theo.get_by_text("Not sent. Check your connection, and try again.")).to_have_count(2)
        context.set_offline(False)
        theo.get_by_role("button", name="Upload photos").click()
        expect(theo.locator("#photos li img")).to_have_count(2)
        theo.get_by_role("textbox", name="Note").fill("Now it is sent.")
        theo.get_by_role("button", name="Save note").click()
        expect(theo.locator("#notes")).to_contain_text("Now it is sent.")
