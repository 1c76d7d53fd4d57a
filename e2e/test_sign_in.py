"""Ben signs in: with the link where he asked, with the code, and with the link somewhere else."""

import re

from playwright.sync_api import expect

from e2e.conftest import ask_for_link


def test_the_link_signs_in_the_requesting_browser_once(phone, desk, demo, emails, axe):
    phone.goto(demo["portal"] + "quotes")
    expect(phone).to_have_url(re.compile("/portal/sign-in"))
    axe(phone)
    email = ask_for_link(phone, demo, emails, "ben@example.com")
    axe(phone)
    phone.goto(email.links[0])
    expect(phone.get_by_role("heading", level=1)).to_contain_text("Ben")

    desk.goto(email.links[0])
    expect(desk.get_by_role("heading", level=1)).to_contain_text("used")
    axe(desk)


def test_another_browser_must_press_a_button_and_the_code_works_in_the_requesting_one(phone, desk, demo, emails, axe):
    email = ask_for_link(phone, demo, emails, "Ben@Example.com")
    desk.goto(email.links[0])
    expect(desk.get_by_role("button", name="Sign in on this browser")).to_be_visible()
    assert "ben@example.com" not in desk.content()
    axe(desk)

    phone.get_by_label("Code").fill(email.code.lower())
    phone.get_by_role("button", name="Sign in with code").click()
    expect(phone.get_by_role("heading", level=1)).to_contain_text("Ben")

    phone.goto(demo["portal"] + "account/devices")
    axe(phone)
    phone.get_by_role("button", name="Sign out everywhere").click()
    phone.goto(demo["portal"])
    expect(phone).to_have_url(re.compile("/portal/sign-in"))


def test_an_unknown_address_gets_the_same_page_and_no_email(phone, demo, emails):
    phone.goto(demo["portal"] + "sign-in")
    phone.get_by_label("Email").fill("nobody@example.com")
    phone.get_by_role("button", name="Send me a link").click()
    expect(phone.get_by_role("heading", name="Check your email")).to_be_visible()
    assert emails.to("nobody@example.com") == []


def test_a_company_without_a_portal_says_how_to_reach_it(phone, demo, axe):
    phone.goto(demo.company("solo"))
    expect(phone.get_by_text("Solo Gardening").first).to_be_visible()
    axe(phone)


def test_after_signing_out_the_back_button_shows_nothing(phone, demo, emails):
    email = ask_for_link(phone, demo, emails, "ben@example.com")
    phone.goto(email.links[0])
    phone.goto(demo["portal"] + "invoices")
    phone.goto(demo["portal"] + "account")
    phone.get_by_role("button", name="Sign out", exact=True).click()
    expect(phone).to_have_url(re.compile("/portal/sign-in"))
    for _ in range(2):
        phone.go_back()
        expect(phone).to_have_url(re.compile("/portal/sign-in"))
        expect(phone.get_by_text("Signed in as")).to_have_count(0)
