"""Sam upgrades Solo: a declined card, a good one, and his customers can sign in."""

import re

from playwright.sync_api import expect

FRAME = 'iframe[title="Secure payment input frame"]'


def type_card(page, number: str):
    """Fill Stripe's frame and press Pay."""
    frame = page.frame_locator(FRAME)
    frame.get_by_label("Card number").fill(number)
    frame.get_by_label("Expiration").fill("12 / 34")
    frame.get_by_label("Security code").fill("123")
    frame.get_by_label("ZIP").fill("04101")
    page.get_by_role("button", name="Pay $").click()


def test_sam_upgrades_and_his_portal_opens(desk, sign_in, demo, axe, emails):
    portal = demo.company("solo", "/portal/sign-in")
    desk.goto(portal)
    expect(desk.get_by_text("not available online")).to_be_visible()
    axe(desk)

    office = demo.company("solo", "/office/")
    before = len(emails.to("sam@solo.example"))
    desk.goto(f"{office}sign-in")
    desk.get_by_label("Email").fill("sam@solo.example")
    desk.get_by_role("button", name="Send me a link").click()
    desk.goto(emails.next_to("sam@solo.example", after=before).links[0])
    desk.get_by_role("link", name="Upgrade to Starter").click()
    expect(desk.get_by_role("heading", name="Plan", exact=True)).to_be_visible()
    axe(desk)

    desk.get_by_role("button", name="Upgrade to Starter").click()
    expect(desk.frame_locator(FRAME).get_by_label("Card number")).to_be_visible()
    axe(desk)
    type_card(desk, "4000 0000 0000 9995")
    expect(desk.get_by_text("This card has insufficient funds").first).to_be_visible()
    type_card(desk, "4242 4242 4242 4242")
    expect(desk).to_have_url(re.compile(r"/office/settings/plan$"), timeout=20_000)
    expect(desk.get_by_text("Visa ending in 4242", exact=True)).to_be_visible()
    axe(desk)

    desk.goto(portal)
    expect(desk.get_by_label("Email")).to_be_visible()
