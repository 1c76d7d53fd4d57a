"""Olga invites a customer, who comes from the email to the portal on a phone; then she invites the rest."""

from playwright.sync_api import expect


def test_a_customer_is_invited_and_signs_in(desk, phone, demo, sign_in, emails, axe):
    sign_in(desk, "olga@sparkle.example", door="office")
    desk.goto(demo["office"] + "customers/invitations?show=none")
    axe(desk)
    desk.get_by_role("link", name="Jonas Weber").click()
    before = len(emails.to("jonas@example.com"))
    desk.get_by_role("button", name="Send portal invite").click()
    expect(desk.get_by_text("We emailed an invitation to jonas@example.com.")).to_be_visible()
    expect(desk.locator("#portal_access").get_by_text("Invited", exact=True)).to_be_visible()
    axe(desk)

    invitation = emails.next_to("jonas@example.com", before)
    [link] = [each for each in invitation.links if "/portal/invitation/" in each]
    phone.goto(link)
    expect(phone.get_by_label("Email address")).to_have_value("jonas@example.com")
    axe(phone)
    phone.get_by_role("button", name="Email me a sign-in link").click()
    phone.goto(emails.next_to("jonas@example.com", before + 1).links[0])
    expect(phone).to_have_url(demo["portal"])

    desk.reload()
    expect(desk.locator("#portal_access").get_by_text("Active", exact=True)).to_be_visible()


def test_customers_who_are_ticked_are_invited_at_once(desk, demo, sign_in, axe):
    sign_in(desk, "olga@sparkle.example", door="office")
    desk.goto(demo["office"] + "customers/invitations")
    desk.get_by_label("Select Grace Lindqvist").check()
    desk.get_by_role("button", name="Invite selected").click()
    axe(desk)
    desk.get_by_label("Invited, but haven't signed in").check()
    desk.get_by_label("The ones you selected").check()
    desk.get_by_role("button", name="Send 1 invitation").click()
    expect(desk.get_by_role("heading", name="1 invitation sent")).to_be_visible(timeout=20_000)
    axe(desk)
