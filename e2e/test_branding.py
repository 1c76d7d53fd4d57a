"""Olga gives her company a logo and colors, and takes the logo away again, so that other journeys find the name."""

import pytest
from playwright.sync_api import Page, expect

LOGO = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 120">
<rect x="10" y="10" width="100" height="100" rx="24" fill="#0a7a5c"/>
<text x="130" y="78" font-size="52" fill="#0a7a5c">Sparkle</text>
<script>alert(1); fetch("/stolen")</script>
<image href="http://127.0.0.1:9/stolen" width="9" height="9"/></svg>"""
FILE = {"name": "logo.svg", "mimeType": "image/svg+xml", "buffer": LOGO.encode()}


@pytest.fixture
def olga(desk, sign_in, demo):
    sign_in(desk, "olga@sparkle.example", door="office")
    desk.goto(demo["office"] + "settings/branding")
    return desk


def colors(page: Page) -> list[str]:
    return [page.locator(field).input_value() for field in ("#brand", "#brand-picker")]


def test_olga_uploads_crops_and_removes_a_logo(olga, demo, browser, axe):
    olga.locator("#picture").set_input_files(FILE)
    frame = olga.get_by_role("group", name="Part of the picture to keep")
    expect(frame.locator(".cropper-crop-box")).to_be_visible()
    frame.focus()
    olga.keyboard.press("Shift+ArrowLeft")
    expect(olga.locator("#crop")).to_have_value("0.00000,0.00000,0.98000,1.00000")
    axe(olga)
    olga.get_by_role("button", name="Save logo").click()
    expect(olga.get_by_text("Your logo is saved.")).to_be_visible()
    expect(olga.locator(".brand .logo")).to_be_visible()
    axe(olga)

    olga.get_by_role("link", name="Crop again").click()
    expect(olga.locator(".cropper-crop-box")).to_be_visible()
    axe(olga)
    olga.get_by_role("button", name="Save logo").click()
    expect(olga.get_by_text("Your logo is saved.")).to_be_visible()
    nothing_runs_at(olga.locator(".brand .logo").get_attribute("src"), demo, browser)

    olga.get_by_text("Remove logo").click()
    olga.get_by_role("button", name="Remove the logo").click()
    expect(olga.locator(".brand .logo")).to_have_count(0)


def nothing_runs_at(path: str, demo, browser):
    """The picture, opened as a page of its own, asks for nothing and shows no dialog."""
    with browser.new_context() as context:
        page = context.new_page()
        asked, dialogs = [], []
        context.on("request", lambda request: asked.append(request.url))
        page.on("dialog", lambda dialog: dialogs.append(dialog.message))
        url = demo["portal"].replace("/portal/", path)
        page.goto(url)
        assert page.evaluate("document.contentType") == "image/png"
        assert [each for each in asked if not each.endswith("/favicon.ico")] == [url]
        assert dialogs == []


def test_a_file_that_is_no_picture_is_refused_beside_the_field(olga, axe):
    olga.locator("#picture").set_input_files({**FILE, "buffer": b"GIF89a"})
    olga.get_by_role("button", name="Save logo").click()
    expect(olga.get_by_role("alert")).to_contain_text("This file is not a PNG, JPEG, WebP, or SVG picture.")
    expect(olga.locator("#picture")).to_be_focused()
    axe(olga)


def test_olga_sees_her_colors_before_she_saves_them(olga, demo, axe):
    home = olga.frame_locator("#portal-preview")
    expect(home.locator("body")).to_have_attribute("inert", "")
    olga.locator("#brand").fill("#ffe000")
    expect(olga.locator("#contrast")).to_contain_text("We darken it there.")
    expect(home.locator(".hero")).to_have_css("background-color", "rgb(255, 224, 0)")
    olga.get_by_text("Dark", exact=True).click()
    expect(home.locator("body")).to_have_css("color", "rgb(241, 243, 245)")
    olga.get_by_text("Phone", exact=True).click()
    expect(olga.locator("#portal-preview")).to_have_css("width", "390px")
    axe(olga)
    olga.get_by_role("link", name="Use the nearest readable color").first.click()
    expect(olga.locator("#contrast")).to_contain_text("can be read on light pages")
    assert len(set(colors(olga))) == 1
    olga.get_by_role("link", name="Discard").click()
    expect(olga.locator("#brand")).to_have_value("#0f5e59")
    olga.get_by_role("button", name="Save colors").click()
    expect(olga.get_by_text("Your colors are saved.")).to_be_visible()


def test_without_script_there_is_a_button_for_the_preview(no_script, sign_in, demo):
    sign_in(no_script, "olga@sparkle.example", door="office")
    no_script.goto(demo["office"] + "settings/branding")
    no_script.locator("#brand").fill("#aa3366")
    no_script.get_by_role("button", name="Preview these colors").click()
    hero = no_script.frame_locator("#portal-preview").locator(".hero")
    expect(hero).to_have_css("background-color", "rgb(170, 51, 102)")
    no_script.get_by_text("Dark", exact=True).click()
    no_script.get_by_role("button", name="Show").click()
    expect(hero).to_have_css("background-color", "rgb(170, 51, 102)")
    expect(no_script.locator("#brand")).to_have_value("#aa3366")
    no_script.locator("#picture").set_input_files(FILE)
    no_script.get_by_role("button", name="Save logo").click()
    expect(no_script.get_by_text("Your logo is saved.")).to_be_visible()
    no_script.get_by_text("Remove logo").click()
    no_script.get_by_role("button", name="Remove the logo").click()
    expect(no_script.locator(".brand .logo")).to_have_count(0)
