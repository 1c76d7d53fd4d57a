"""Olga previews her portal, and tries it as a test customer."""

import pytest
from playwright.sync_api import expect


@pytest.fixture
def olga(desk, sign_in):
    sign_in(desk, "olga@sparkle.example", door="office")
    return desk


def test_olga_previews_the_portal_and_leaves_it(olga, demo, axe):
    olga.goto(demo["office"] + "preview")
    axe(olga)
    olga.get_by_role("button", name="Preview as Ana Ruiz").click()
    expect(olga.get_by_role("complementary", name="Preview")).to_contain_text("Preview as Ana Ruiz")
    axe(olga)
    olga.get_by_role("link", name="Account").click()
    olga.get_by_label("Your name").fill("Somebody else")
    olga.get_by_role("button", name="Save details").click()
    expect(olga.get_by_text("This is a preview. Nothing was changed.")).to_be_visible()
    expect(olga.get_by_label("Your name")).to_have_value("Ana Ruiz")
    axe(olga)
    olga.get_by_role("button", name="Exit preview").click()
    expect(olga.get_by_role("heading", name="Preview portal")).to_be_visible()
    olga.go_back()
    expect(olga.get_by_role("complementary", name="Preview")).to_have_count(0)


def test_olga_tries_the_portal_as_a_test_customer(olga, demo, axe):
    olga.goto(demo["office"] + "settings/test-customer")
    axe(olga)
    olga.get_by_role("button", name="Create test customer").click()
    expect(olga.get_by_text("Your test customer is ready.")).to_be_visible()
    axe(olga)
    olga.get_by_text("Delete test customer", exact=True).click()
    olga.get_by_role("button", name="Delete test customer and all its data").click()
    expect(olga.get_by_text("are deleted")).to_be_visible()
