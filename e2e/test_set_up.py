"""A new owner sets up her company: from the landing page to a portal that a customer can use."""

import re

import pytest
from playwright.sync_api import Page, expect

from e2e.test_plan import type_card

OWNER = "wanda@bright.example"
LOGO = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 100">
<rect width="100" height="100" rx="20" fill="#3a2f8f"/><circle cx="50" cy="50" r="24" fill="#ffd166"/></svg>"""


@pytest.fixture
def site(demo):
    """The URL of the site itself."""
    return re.sub(r"//[^.]+\.([^/]+)/.*", r"//\1/", demo["portal"])


def test_a_new_owner_sets_up_her_company(desk, phone, demo, site, emails, axe):
    office = demo.company("bright-windows", "/office/")
    sign_up(desk, site, emails, axe)
    fill_profile(desk, office, axe)
    set_service_area(desk, office)
    brand(desk, office)
    welcome(desk, office, axe)
    add_service(desk, office, axe)
    set_hours(desk, office, axe)
    set_booking_rules(desk, office, axe)
    upgrade(desk, office)
    create_test_customer(desk, office)
    preview(desk, office, axe)
    invite(desk, office, axe)
    use_as_customer(phone, desk, office, emails, axe)
    add_customer(desk, office)
    desk.goto(office)
    expect(desk.get_by_role("heading", name="Set up your portal")).to_have_count(0)
    desk.goto(f"{office}activity?about=company")
    expect(desk.get_by_text("Changed the company profile").first).to_be_visible()
    expect(desk.get_by_text("Sent fields that the form does not have")).to_have_count(0)


def sign_up(page: Page, site: str, emails, axe):
    page.goto(site)
    page.get_by_role("link", name="Create your portal").click()
    page.get_by_label("Company name").fill("Bright Windows")
    expect(page.get_by_text("bright-windows.")).to_be_visible()
    expect(page.get_by_text(re.compile("is available"))).to_be_visible()
    page.get_by_label("Your name").fill("Wanda Bright")
    page.get_by_label("Email").fill(OWNER)
    expect(page.get_by_label("Time zone")).to_have_value("America/New_York")
    axe(page)
    page.get_by_role("button", name="Create my portal").click()
    page.goto(emails.next_to(OWNER, after=0).links[0])
    expect(page.get_by_role("heading", name="Set up your portal")).to_be_visible()
    axe(page)


def fill_profile(page: Page, office: str, axe):
    page.get_by_role("link", name="Complete your profile").click()
    page.get_by_label("Phone").fill("(207) 555-0123")
    page.get_by_label("Street address").fill("5 Beacon Street")
    page.get_by_label("City").fill("Portland")
    page.get_by_label("State").select_option("Maine")
    page.get_by_label("ZIP code").fill("04101")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("status").get_by_text("Your company profile is saved.")).to_be_visible()
    axe(page)


def brand(page: Page, office: str):
    page.goto(f"{office}settings/branding")
    page.locator("#picture").set_input_files({"name": "l.svg", "mimeType": "image/svg+xml", "buffer": LOGO.encode()})
    expect(page.locator(".cropper-crop-box")).to_be_visible()
    page.get_by_role("button", name="Save logo").click()
    expect(page.get_by_text("Your logo is saved.")).to_be_visible()
    page.locator("#brand").fill("#3a2f8f")
    expect(page.frame_locator("#portal-preview").locator(".hero")).to_have_css("background-color", "rgb(58, 47, 143)")
    page.get_by_role("button", name="Save colors").click()
    expect(page.get_by_text("Your colors are saved.")).to_be_visible()


def welcome(page: Page, office: str, axe):
    page.goto(f"{office}settings/portal")
    page.get_by_label("Welcome message").fill("Sparkling windows, ")
    page.get_by_role("button", name="{first_name}").click()
    expect(page.locator("#welcome-preview")).to_contain_text("Sparkling windows, Ana")
    axe(page)
    page.get_by_role("button", name="Save message").click()
    expect(page.get_by_text("Your welcome message is saved.")).to_be_visible()


def add_service(page: Page, office: str, axe):
    page.goto(f"{office}settings/services")
    page.get_by_role("link", name="Add service").first.click()
    page.get_by_label("Name").fill("Window cleaning")
    page.get_by_text("Starting price").click()
    page.get_by_role("textbox", name="Amount").fill("120")
    axe(page)
    page.get_by_role("button", name="Add service").click()
    expect(page.get_by_role("status").get_by_text("Window cleaning")).to_be_visible()


def set_service_area(page: Page, office: str):
    page.goto(office)
    page.get_by_role("link", name="Set your service area").click()
    page.get_by_label("ZIP or postal codes").fill("041*")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("status").filter(has_text="saved")).to_be_visible()


def set_hours(page: Page, office: str, axe):
    page.goto(f"{office}settings/hours")
    page.get_by_role("link", name="Wanda Bright").click()
    page.get_by_label("Monday, start of period 1").fill("09:00")
    page.get_by_label("Monday, end of period 1").fill("17:00")
    page.locator("summary", has_text="Copy").first.click()
    for day in ("Tuesday", "Wednesday", "Thursday", "Friday"):
        page.get_by_role("checkbox", name=day).first.check()
    page.get_by_role("button", name="Copy and save").first.click()
    expect(page.get_by_label("Friday, end of period 1")).to_have_value("17:00")
    axe(page)


def set_booking_rules(page: Page, office: str, axe):
    page.goto(f"{office}settings/booking")
    axe(page)
    page.get_by_text("1 hour", exact=True).click()
    page.get_by_role("button", name=re.compile("^Save")).click()
    expect(page.get_by_role("status").get_by_text(re.compile("saved"))).to_be_visible()


def upgrade(page: Page, office: str):
    page.goto(f"{office}settings/plan")
    page.get_by_role("button", name="Upgrade to Starter").click()
    type_card(page, "4242 4242 4242 4242")
    expect(page).to_have_url(re.compile(r"/office/settings/plan$"), timeout=20_000)


def create_test_customer(page: Page, office: str):
    page.goto(f"{office}settings/test-customer")
    page.get_by_role("button", name="Create test customer").click()
    expect(page.get_by_text("Your test customer is ready.")).to_be_visible()


def preview(page: Page, office: str, axe):
    page.goto(f"{office}preview")
    page.get_by_role("button", name="Preview as the test customer").click()
    expect(page.get_by_role("complementary", name="Preview")).to_be_visible()
    expect(page.get_by_text("Sparkling windows, Wanda")).to_be_visible()
    axe(page)
    page.get_by_role("button", name="Exit preview").click()


def invite(page: Page, office: str, axe):
    page.goto(f"{office}settings/team")
    page.get_by_role("link", name=re.compile("Invite")).first.click()
    page.get_by_label("Name").fill("Milo Reed")
    page.get_by_label("Email").fill("milo@bright.example")
    axe(page)
    page.get_by_role("button", name=re.compile("Send invitation|Invite")).click()
    expect(page.get_by_role("status").get_by_text("milo@bright.example")).to_be_visible()


def add_customer(page: Page, office: str):
    page.goto(f"{office}customers/new")
    page.get_by_label("Customer name").fill("First Customer")
    page.get_by_label("Email").fill("first@bright.example")
    page.get_by_role("button", name="Add customer").click()
    page.get_by_role("button", name="Send portal invite").click()
    expect(page.get_by_text("We emailed an invitation to first@bright.example.")).to_be_visible()


def use_as_customer(customer: Page, page: Page, office: str, emails, axe):
    """The link of the test customer opens the portal on a phone, with the quote of the test customer."""
    page.goto(f"{office}settings/test-customer")
    before = len(emails.to(OWNER))
    page.get_by_role("button", name="Email me a link").click()
    customer.goto(emails.next_to(OWNER, after=before).links[0])
    button = customer.get_by_role("button", name=re.compile("Sign in"))
    if button.count():
        button.click()
    expect(customer.get_by_text("Sparkling windows, Wanda")).to_be_visible()
    axe(customer)
    customer.get_by_role("link", name=re.compile("Review quote")).click()
    customer.get_by_label("Your full name").fill("Wanda Bright")
    customer.get_by_role("checkbox", name=re.compile("I accept")).check()
    customer.get_by_role("button", name="Accept quote").click()
    expect(customer.get_by_text("accepted this quote")).to_be_visible()
