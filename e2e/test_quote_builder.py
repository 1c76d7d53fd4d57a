"""Olga writes a quote at her desk: without the mouse, with it, and without script."""

import re
import time

import pytest
from playwright.sync_api import Page, expect

NEXT_REQUEST = """() => { window.nextRequest = new Promise((done) => {
  document.addEventListener("htmx:config:request", done, { once: true })
}) }"""


@pytest.fixture
def olga(desk, sign_in):
    sign_in(desk, "olga@sparkle.example", "office")
    return desk


def start(page: Page, demo, title: str) -> int:
    """Begin a quote for Ana by the keyboard alone; returns how many keys that takes."""
    page.goto(demo["office"] + "quotes/new")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("ana")
    expect(page.get_by_role("link", name="Ben Okafor")).to_have_count(0)
    for key in ("Tab", "Tab", "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_label("What is the quote for?")).to_be_focused()
    page.keyboard.type(title)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Edit quote")).to_be_visible()
    expect(page.get_by_label("Add from price list")).to_be_focused()
    return len("ana") + 3 + len(title) + 1


def lines(page: Page) -> list[str]:
    return [field.input_value() for field in page.locator("#line-list [name^=description]").all()]


def test_three_lines_of_the_price_list_take_no_mouse_and_little_time(olga, demo, axe):
    begun = time.monotonic()
    presses = start(olga, demo, "Spring deep clean")
    for word in ("deep", "win", "carp"):
        olga.keyboard.type(word)
        olga.keyboard.press("Enter")
        presses += len(word) + 1
        expect(olga.get_by_label("Add from price list")).to_have_value("")
    expect(olga.locator("#totals")).to_contain_text("$596.08")
    assert lines(olga) == ["Deep clean", "Window cleaning", "Carpet cleaning"]
    expect(olga.locator("#saved")).to_contain_text("Saved")
    assert presses < 45
    assert time.monotonic() - begun < 60
    axe(olga)


def test_lines_are_typed_moved_dragged_copied_and_removed(olga, demo, axe):
    start(olga, demo, "Odd jobs")
    olga.get_by_label("Add from price list").fill("gutter cleaning")
    olga.get_by_label("Add from price list").press("Enter")
    expect(olga.locator("[name^=unit_price]").last).to_be_focused()
    olga.keyboard.type("1,200.50")
    expect(olga.locator("#totals")).to_contain_text("$1,200.50")
    expect(olga.locator("#line-list output").first).to_have_text("$1,200.50")
    olga.keyboard.press("Enter")
    olga.keyboard.type("Ladder")
    olga.locator("[name^=unit_price]").last.fill("cheap")
    expect(olga.locator("#totals")).to_contain_text("1 line isn't counted yet.")
    expect(olga.locator("#saved")).to_contain_text("Not saved yet")
    olga.locator("[name^=unit_price]").last.fill("20")
    expect(olga.locator("#totals")).to_contain_text("$1,220.50")
    assert lines(olga) == ["gutter cleaning", "Ladder"]

    key = olga.get_by_role("button", name="Move line up").last.get_attribute("value")
    up = olga.locator(f"button[value={key}]")
    up.focus()
    olga.keyboard.press("Enter")
    expect(up).to_be_focused()
    assert lines(olga) == ["Ladder", "gutter cleaning"]
    olga.get_by_role("button", name="Duplicate line").first.click()
    assert lines(olga) == ["Ladder", "Ladder", "gutter cleaning"]
    expect(olga.locator("#totals")).to_contain_text("$1,240.50")
    olga.locator(".grip").last.drag_to(olga.locator("#line-list > li").first, target_position={"x": 40, "y": 5})
    assert lines(olga) == ["gutter cleaning", "Ladder", "Ladder"]
    olga.get_by_role("button", name="Remove line").last.click()
    assert lines(olga) == ["gutter cleaning", "Ladder"]
    axe(olga)

    expect(olga.locator("#saved")).to_contain_text("Saved")
    olga.get_by_role("button", name="Save draft").click()
    expect(olga.get_by_text("Your draft is saved.")).to_be_visible()
    assert lines(olga) == ["gutter cleaning", "Ladder"]


def test_a_change_while_another_one_is_being_saved_is_saved_too(olga, demo):
    start(olga, demo, "Slow network")
    held = []
    olga.route("**/draft", lambda route: route.continue_() if held else held.append(route))
    intro = olga.get_by_role("textbox", name="Introduction")
    intro.fill("First")
    with olga.expect_request("**/draft"):
        intro.press("Tab")
    olga.evaluate(NEXT_REQUEST)
    intro.fill("Second")
    intro.press("Tab")
    olga.evaluate("() => window.nextRequest.then(() => true)")
    with olga.expect_response(lambda response: "Second" in (response.request.post_data or "")) as saved:
        held[0].continue_()
    assert saved.value.status == 200
    expect(olga.locator("#saved")).to_contain_text("Saved")
    olga.reload()
    expect(intro).to_have_value("Second")


def test_errors_are_told_and_the_quote_is_previewed_and_sent(olga, demo, axe, emails):
    start(olga, demo, "Window cleaning with options")
    olga.get_by_label("Description").first.fill("Windows")
    olga.get_by_role("button", name="Review and send").click()
    expect(olga.get_by_role("alert").first).to_contain_text("Enter a price. It can be 0.")
    axe(olga)
    olga.get_by_label("Price", exact=True).first.fill("300")
    olga.get_by_role("button", name="Let the customer choose between packages").click()
    expect(olga.get_by_label("Package name").first).to_have_value("Package 1")
    axe(olga)
    olga.get_by_label("Package name").first.fill("Basic")
    expect(olga.get_by_label("Included").first.get_by_role("option", name="In Basic")).to_have_count(1)
    olga.get_by_label("Package name").first.fill("Package 1")
    olga.get_by_role("button", name="Remove Package 2").click()
    olga.get_by_role("button", name="Remove Package 1").click()
    expect(olga.get_by_label("Package name")).to_have_count(0)
    olga.get_by_role("button", name="Preview").click()
    expect(olga.get_by_text("This is how your customer will see it")).to_be_visible()
    axe(olga)
    olga.get_by_role("link", name="Keep editing").click()
    olga.get_by_role("button", name="Review and send").click()
    expect(olga.get_by_role("heading", name=re.compile("Send quote"))).to_be_visible()
    axe(olga)
    before = len(emails.to("ana@example.com"))
    olga.get_by_role("button", name="Send quote").click()
    expect(olga.get_by_text("The quote is on its way.")).to_be_visible()
    axe(olga)
    assert "Window cleaning with options" in emails.next_to("ana@example.com", after=before).subject


def test_the_editor_works_without_script(no_script, demo, sign_in):
    sign_in(no_script, "olga@sparkle.example", "office")
    no_script.goto(demo["office"] + "quotes/new?q=ben")
    no_script.get_by_role("link", name="Ben Okafor").click()
    no_script.get_by_label("What is the quote for?").fill("Without script")
    no_script.get_by_role("button", name="Continue to lines").click()
    no_script.get_by_label("Add from price list").fill("carp")
    no_script.get_by_role("button", name="Search").click()
    no_script.get_by_role("button", name=re.compile("^Carpet cleaning")).click()
    no_script.get_by_role("button", name="Add blank line").click()
    no_script.get_by_label("Description").last.fill("Stairs")
    no_script.get_by_label("Price", exact=True).last.fill("25")
    no_script.get_by_role("button", name="Move line up").last.click()
    assert lines(no_script) == ["Stairs", "Carpet cleaning"]
    no_script.get_by_role("button", name="Save draft").click()
    expect(no_script.locator("#totals")).to_contain_text("$199.08")
