"""Every email, as Chromium shows it on a narrow phone, light and dark; and a kind's page in the settings."""

import pytest
from playwright.sync_api import expect

from e2e import data
from sergio.lib import clock
from tests.outbox.samples import every_sample

NARROW = {"viewport": {"width": 320, "height": 640}}
PROBLEMS = r"""(language) => {
  const found = [], readable = 4.5; // WCAG 2.2, 1.4.3: the contrast of text and its background
  const wide = document.documentElement.scrollWidth;
  if (wide > innerWidth) found.push(`${wide} pixels wide`);
  const channels = (color) => (color.match(/[\d.]+/g) || [0, 0, 0, 0]).map(Number);
  const linear = (c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const light = (color) => {
    const [r, g, b] = channels(color).slice(0, 3).map(linear);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const color = getComputedStyle(node).backgroundColor;
      if (channels(color)[3] !== 0) return color;
    }
    return "rgb(255, 255, 255)";
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const node = texts.currentNode.parentElement, text = texts.currentNode.data.trim();
    if (!text || !node.checkVisibility() || node.closest("style, [style*='max-height:0']")) continue;
    const [one, other] = [light(getComputedStyle(node).color), light(ground(node))].sort((a, b) => b - a);
    const contrast = (one + 0.05) / (other + 0.05);
    if (contrast < readable) found.push(`${contrast.toFixed(1)}: ${text.slice(0, 60)}`);
  }
  for (const link of document.querySelectorAll("td > a[style*='inline-block']")) {
    const height = link.getBoundingClientRect().height, label = link.textContent.trim();
    if (height < 44) found.push(`a button of ${height} pixels: ${label}`); // WCAG 2.2, 2.5.5
    if (!label || !/^https?:/.test(link.href)) found.push(`a button that leads nowhere: ${label}`);
  }
  for (const image of document.images) if (!image.alt) found.push(`no alt: ${image.src}`);
  if (!document.querySelector("body div")?.textContent.trim()) found.push("no preheader");
  if (document.documentElement.lang !== language) found.push(`lang ${document.documentElement.lang}`);
  return found;
}"""
LOGO = {"logo": "0" * 32, "logo_width": 600, "logo_height": 120}
"""As of a company with a logo, of which the words show where the picture is not there."""


@pytest.mark.parametrize(("language", "logo"), [("en", {}), ("fr", LOGO)])
def test_every_email_fits_a_narrow_phone_and_can_be_read_light_and_dark(browser, demo, language, logo):
    with data.inside(demo) as company:
        for name, value in {"language": language, **logo}.items():
            setattr(company, name, value)
        samples = every_sample(company, clock.now())
        data.db.session.rollback()
    problems = {}
    with browser.new_context(**NARROW) as context:
        page = context.new_page()
        page.route("cid:**", lambda route: route.abort())
        for name, email in samples.items():
            page.set_content(email.html)
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                wanted = language if email.kind else "en"
                problems[name, scheme] = page.evaluate(PROBLEMS, wanted)
    assert {where: found for where, found in problems.items() if found} == {}


def test_olga_changes_the_words_of_an_email_and_sends_herself_a_test(phone, sign_in, demo, emails, axe):
    sign_in(phone, "olga@sparkle.example", door="office")
    phone.goto(demo["office"] + "settings/emails")
    axe(phone)
    phone.get_by_role("link", name="Statement").click()
    axe(phone)
    phone.get_by_label("Subject").fill("Your account with {company_nam}")
    phone.get_by_role("button", name="Save changes").click()
    expect(phone.get_by_role("alert")).to_contain_text("{company_nam} is not a variable of this email.")
    phone.get_by_label("Subject").fill("Your account with {company_name}")
    phone.get_by_role("button", name="Save changes").click()
    expect(phone.get_by_text("Saved.")).to_be_visible()
    frame = phone.frame_locator("iframe")
    expect(frame.get_by_text("Your account with Sparkle Cleaning")).to_be_visible()

    before = len(emails.to("olga@sparkle.example"))
    phone.get_by_role("button", name="Send me a test").click()
    expect(phone.get_by_text("We sent it to olga@sparkle.example.")).to_be_visible()
    test = emails.next_to("olga@sparkle.example", after=before)
    assert test.subject == "Test: Your account with Sparkle Cleaning"

    phone.get_by_role("button", name="Restore the default text").click()
    expect(phone.get_by_label("Subject")).to_have_value("Your statement from {company_name}")
