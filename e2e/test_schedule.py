"""Olga plans her team's work: by keyboard, by dragging, and on a phone."""

import re
from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect


@pytest.fixture
def monday() -> date:
    """A Monday in six weeks, when nothing is booked."""
    today = date.today()  # noqa: DTZ011 - only a week that is far enough
    return today + timedelta(days=42 - today.weekday())


@pytest.fixture
def olga(desk, sign_in):
    sign_in(desk, "olga@sparkle.example", door="office")
    return desk


def test_olga_schedules_by_keyboard_and_moves_by_dragging(olga, demo, monday, axe):
    schedule = f"{demo['office']}schedule"
    olga.goto(f"{schedule}?view=day&on={monday}")
    axe(olga)
    olga.get_by_role("link", name="New appointment, 9:00").first.focus()
    olga.keyboard.press("Enter")
    expect(olga.get_by_label("Find a customer")).to_be_focused()
    olga.keyboard.type("grace")
    found = olga.get_by_role("link", name="Grace Lindqvist")
    found.wait_for()
    found.press("Enter")
    expect(olga.get_by_label("Time", exact=True)).to_have_value("09:00")
    olga.get_by_label("Service", exact=True).select_option(label="Window cleaning")
    expect(olga.locator("#when .choice")).to_have_count(9)
    expect(olga.locator(".htmx-request")).to_have_count(0)
    axe(olga)
    olga.get_by_role("button", name="Schedule appointment").press("Enter")
    expect(olga.get_by_text("Scheduled for")).to_be_visible()
    axe(olga)
    olga.goto(f"{schedule}?view=day&on={monday}")
    drag(olga, "Grace Lindqvist", "td:has(a[aria-label*=', 2:00'])")
    expect(olga.locator("#flashes")).to_contain_text("2:00")
    olga.get_by_role("button", name="Undo").click()
    expect(olga.locator("#flashes")).to_contain_text("9:00")
    olga.goto(f"{schedule}?view=week&on={monday}")
    axe(olga)
    drag(olga, "Grace Lindqvist", ".week-grid section:nth-of-type(3) .cell")
    expect(olga.locator("#flashes")).to_contain_text("Moved to Wed")
    for view in ("month", "list"):
        olga.goto(f"{schedule}?view={view}&on={monday}")
        expect(olga.get_by_role("link", name=re.compile("Grace Lindqvist"))).to_be_visible()
        axe(olga)


def test_the_typed_way_says_what_collides_before_it_is_sent(olga, monday, demo, axe):
    olga.goto(f"{demo['office']}schedule?view=list&status=upcoming")
    olga.locator("#schedule .rows a").first.click()
    number = olga.url.rpartition("/")[2]
    olga.goto(f"{demo['office']}schedule/{number}/move")
    olga.get_by_label("Day", exact=True).fill(f"{monday}")
    olga.get_by_label("Time", exact=True).fill("03:00")
    olga.get_by_label("Time", exact=True).press("Tab")
    expect(olga.locator("#check")).to_contain_text("working hours")
    axe(olga)


def test_theo_has_his_week_as_a_list_on_his_phone(phone, demo, sign_in, axe):
    sign_in(phone, "theo@sparkle.example", door="office")
    for view in ("week", "day", "month", "list"):
        phone.goto(f"{demo['office']}schedule?view={view}")
        expect(phone.get_by_role("heading", name="Schedule")).to_be_visible()
        axe(phone)
        assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")


def drag(page: Page, name: str, target: str):
    """Drag the appointment of a customer to an element, by its top edge."""
    entry = page.locator(".entry", has_text=name).first
    entry.drag_to(page.locator(target).first, source_position={"x": 20, "y": 4}, target_position={"x": 20, "y": 4})
