"""Ana accepts a quote on her phone, with one of the things she may add."""

from playwright.sync_api import expect

from e2e.documents import pdf_of


def test_ana_accepts_a_quote_with_one_thing_added(phone, demo, sign_in, axe, emails):
    sign_in(phone, "ana@example.com")
    axe(phone)
    phone.get_by_role("link", name="Spring deep clean").click()
    axe(phone)

    expect(phone.locator("#total")).to_contain_text("$464.20")
    phone.get_by_label("Windows, inside and outside").check()
    expect(phone.locator("#total")).to_contain_text("$580.25")
    expect(phone.locator("#sum")).to_have_text("$580.25")

    phone.get_by_label("Your full name").fill("   ")
    phone.get_by_label("I accept this quote").check()
    phone.get_by_role("button", name="Accept quote").click()
    expect(phone.get_by_role("alert").first).to_be_visible()
    expect(phone.get_by_label("Your full name")).to_be_focused()
    axe(phone)
    assert phone.get_by_label("Windows, inside and outside").is_checked()

    phone.get_by_label("Your full name").fill("Ana Ruiz")
    draw_on(phone, phone.locator("canvas"))
    before = len(emails.to("ana@example.com"))
    phone.get_by_role("button", name="Accept quote").click()
    expect(phone.get_by_text("Ana Ruiz accepted this quote on")).to_be_visible()
    expect(phone.locator("svg path").last).to_be_attached()
    axe(phone)

    assert "Windows, inside and outside" in pdf_of(phone, "/portal/quotes/1.pdf")
    assert "accepted" in emails.next_to("ana@example.com", after=before).subject


def draw_on(page, canvas):
    """Draw a short stroke."""
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + 30, box["y"] + 30)
    page.mouse.down()
    for step in range(1, 8):
        page.mouse.move(box["x"] + 30 + 15 * step, box["y"] + 30 + 20 * (step % 2))
    page.mouse.up()


def test_ana_requests_changes_and_then_declines(phone, demo, sign_in, axe):
    sign_in(phone, "ana@example.com")
    phone.get_by_role("link", name="Weekly cleaning of the lake house").click()
    phone.get_by_text("Request changes").click()
    phone.get_by_role("group").get_by_role("textbox").first.fill("Could it be every second week?")
    axe(phone)
    phone.get_by_role("button", name="Send").click()
    expect(phone.get_by_text("Could it be every second week?")).to_be_visible()

    phone.get_by_text("Decline this quote").click()
    phone.get_by_role("group").get_by_role("textbox").last.fill("We found somebody nearer.")
    phone.get_by_role("button", name="Decline quote").click()
    expect(phone.get_by_text("Ana Ruiz declined this quote")).to_be_visible()
    axe(phone)


def test_ana_chooses_a_package_and_is_asked_for_its_deposit(phone, demo, sign_in, axe, emails):
    sign_in(phone, "ana@example.com")
    with phone.expect_response(lambda response: response.url.endswith("/look")) as looked:
        phone.get_by_role("link", name="Regular cleaning of the whole house").click()
    assert looked.value.status == 204
    axe(phone)

    expect(phone.locator("#total")).to_contain_text("A deposit of $109.93 is due when you accept.")
    phone.get_by_label("Premium").check()
    expect(phone.locator("#total")).to_contain_text("$781.76")
    expect(phone.locator("#sum")).to_contain_text("$156.35 of this is due when you accept")

    phone.get_by_label("Your full name").fill("Ana Ruiz")
    phone.get_by_label("I accept this quote").check()
    phone.get_by_role("button", name="Accept, pay later").click()
    expect(phone.get_by_role("heading", name="Deposit due")).to_be_visible()
    axe(phone)
    phone.get_by_role("link", name="Pay the deposit").click()
    expect(phone.get_by_role("button", name="Pay by card")).to_be_visible()
    expect(phone.get_by_text("$156.35").first).to_be_visible()
