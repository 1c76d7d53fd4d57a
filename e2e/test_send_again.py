"""Ana is signed out, or her page is too old, while she writes: her message still arrives."""

import pytest
from playwright.sync_api import Page, expect

ANA = "ana@example.com"


@pytest.fixture
def ana(phone, sign_in):
    sign_in(phone, ANA)
    return phone


def write(page: Page, demo, words: str):
    """Write a message about the quote that has expired, and do not send it yet."""
    page.goto(demo["portal"] + "quotes/3")
    page.get_by_label("Your message").fill(words)


def sign_in_in_a_new_tab(page: Page, emails):
    """From the page that keeps the form: ask for a link in the tab it opens, and follow the link there."""
    before = len(emails.to(ANA))
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Sign in (opens a new tab)").click()
    tab = opened.value
    tab.get_by_label("Email").fill(ANA)
    with tab.expect_response(lambda response: response.request.method == "POST"):
        tab.get_by_role("button", name="Send me a link").click()
    tab.goto(emails.next_to(ANA, after=before).links[0])
    expect(tab.get_by_role("navigation", name="Main")).to_be_visible()
    tab.close()


def test_a_message_written_after_the_sign_in_ended_arrives(ana, demo, emails, axe):
    words = 'Could you do the "big" windows & the <balcony>, too?'
    write(ana, demo, words)
    ana.context.clear_cookies(name="__Host-portal")
    ana.get_by_role("button", name="Send message").click()
    expect(ana.get_by_role("heading", name="You've been signed out")).to_be_visible()
    axe(ana)
    sign_in_in_a_new_tab(ana, emails)
    ana.get_by_role("button", name="Send again").click()
    expect(ana.get_by_text("We have your message")).to_be_visible()
    expect(ana.get_by_text(words)).to_be_visible()


def test_details_saved_after_the_sign_in_ended_arrive(ana, demo, emails, axe):
    ana.goto(demo["portal"] + "account")
    ana.get_by_label("Phone").fill("207 555 0163")
    ana.context.clear_cookies(name="__Host-portal")
    ana.get_by_role("button", name="Save details").click()
    expect(ana.locator("#main h1")).to_have_text("You've been signed out")
    expect(ana).to_have_url(demo["portal"] + "account")
    expect(ana.get_by_text("Signed in as")).to_have_count(0)
    axe(ana)
    sign_in_in_a_new_tab(ana, emails)
    ana.get_by_role("button", name="Send again").click()
    expect(ana.get_by_text("Your details are saved.")).to_be_visible()
    expect(ana.get_by_label("Phone")).to_have_value("(207) 555-0163")


def test_a_page_that_was_open_for_too_long_keeps_the_message(ana, demo):
    write(ana, demo, "Is Tuesday possible?")
    ana.context.clear_cookies(name="__Host-session")
    ana.get_by_role("button", name="Send message").click()
    expect(ana.get_by_text("This page was open for too long")).to_be_visible()
    expect(ana.get_by_label("Your message")).to_have_value("Is Tuesday possible?")
    ana.get_by_role("button", name="Send message").click()
    expect(ana.get_by_text("Is Tuesday possible?")).to_be_visible()


@pytest.mark.parametrize("script", [True, False])
def test_details_are_kept_with_and_without_script(phone, no_script, sign_in, demo, script):
    page = phone if script else no_script
    sign_in(page, "grace@example.com")
    page.goto(demo["portal"] + "account")
    page.get_by_label("Phone").fill("207 555 0155")
    page.context.clear_cookies(name="__Host-session")
    page.get_by_role("button", name="Save details").click()
    expect(page.get_by_text("This page was open for too long")).to_be_visible()
    expect(page.get_by_label("Phone")).to_have_value("207 555 0155")
    page.get_by_role("button", name="Save details").click()
    expect(page.get_by_text("Your details are saved.")).to_be_visible()
