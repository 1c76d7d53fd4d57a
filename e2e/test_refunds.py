"""Staff refund a part of what Rosa paid: she sees it in the payment's timeline, and by email."""

from playwright.sync_api import expect

from e2e.test_disputes import EMAIL, OLGA, pay  # noqa: F401 - a fixture


def test_a_part_is_refunded_and_both_sides_see_it(
    pay,  # noqa: F811
    desk,
    phone,
    sign_in,
    emails,
    axe,
    demo,
):
    pay("Stairs sanded", 12_000)
    sign_in(desk, OLGA, door="office")
    desk.goto(demo["office"] + "payments")
    desk.get_by_role("link", name="Stairs sanded").click()
    desk.get_by_role("link", name="Refund", exact=True).click()
    axe(desk)
    desk.get_by_role("textbox", name="Amount").fill("500")
    desk.get_by_role("combobox", name="Reason").select_option("requested_by_customer")
    desk.get_by_role("button", name="Continue").click()
    expect(desk.get_by_text("At most $120.00 can be refunded.").first).to_be_visible()
    axe(desk)
    desk.get_by_role("textbox", name="Amount").fill("30")
    desk.get_by_role("button", name="Continue").click()
    expect(desk.get_by_role("heading", name="Refund $30.00 to Rosa Bell?")).to_be_visible()
    axe(desk)
    before = len(emails.to(EMAIL))
    desk.get_by_role("button", name="Refund $30.00").click()
    expect(desk.get_by_text("$30.00 is on its way back to the customer.")).to_be_visible()
    axe(desk)

    email = emails.next_to(EMAIL, after=before)
    assert email.subject == "Your refund of $30.00 from Sparkle Cleaning"
    sign_in(phone, EMAIL)
    phone.goto(demo["portal"] + "payments")
    axe(phone)
    phone.get_by_role("link", name="$120.00").first.click()
    expect(phone.get_by_text("$30.00 sent back to you")).to_be_visible()
    axe(phone)
