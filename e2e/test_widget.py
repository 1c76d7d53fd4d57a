"""The Log in button on websites that are hostile to it, and what those websites notice of it: nothing."""

import re
from base64 import b64encode
from hashlib import sha384
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from playwright.sync_api import Page, expect

RESETS = """<style>
* { all: unset !important; display: none !important; color: transparent !important; font-size: 0 !important }
html, body, main, h1 { display: block !important }
sergio-login { visibility: hidden !important; position: absolute !important; left: -9999px !important }
</style>"""
POLLUTED = """<script>
for (const name of ["get", "set", "value", "mode", "delegatesFocus", "slotAssignment", "extends", "method", "email",
  "xx", "brand", "credentials", "signal", "integrity", "window"])
  Object.prototype[name] = "polluted"
Array.prototype.extra = () => "polluted"
document.createElement = () => { throw new Error("ours") }
window.fetch = () => { throw new Error("ours") }
</script>"""
JQUERY = """<script>
window.$ = window.jQuery = function () { return { ready: function (f) { f() } } }
Element.prototype.append = function () { throw new Error("an old polyfill") }
Array.from = function () { return [] }
</script><table width="100%" bgcolor="#ccc"><tr><td><font size="1" color="red"></font></td></tr></table>"""


def policy(*scripts: str) -> str:
    return f"default-src 'none'; img-src data:; script-src {' '.join(scripts)}; require-trusted-types-for 'script'"


WEBSITES = {
    "resets": ("", RESETS, "", ""),
    "pollution": ("", POLLUTED, "", ""),
    "policy with a nonce": (policy("'nonce-abc123'"), "", ' nonce="abc123"', ""),
    "policy without a nonce": (policy("{script}"), "", "", ""),
    "right to left": ("", "<style>body { direction: rtl }</style>", "", ' dir="rtl"'),
    "old jQuery": ("", JQUERY, "", ""),
}


class Website(BaseHTTPRequestHandler):
    """Another company's web server, on an origin of its own, with one page."""

    body, policy = "", ""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        if self.policy:
            self.send_header("Content-Security-Policy", self.policy)
        self.end_headers()
        self.wfile.write(self.body.encode())

    def log_request(self, code="-", size="-"):
        pass


@pytest.fixture(scope="module")
def site():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Website)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://www.shop.localhost:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def integrity(browser, demo):
    """The digest of the current script, as Settings gives it."""
    with browser.new_context() as context:
        content = context.new_page().goto(demo["portal"] + "widget.js").body()
    return "sha384-" + b64encode(sha384(content).digest()).decode()


@pytest.fixture
def show(site, demo, integrity):
    """`show(page, name, attributes)`: open that website with the button in it; `script=False` leaves out the script."""

    def open_page(page: Page, name: str, attributes: str = "", *, script: bool = True):
        csp, head, nonce, html = WEBSITES[name]
        source = f"{demo['portal']}widget.js"
        tag = f'<script src="{source}" integrity="{integrity}" crossorigin="anonymous" defer{nonce}></script>'
        Website.policy = csp.format(script=source)
        Website.body = f"""<!doctype html><html lang="en"{html}><head><title>Shop</title><link rel="icon" href="data:,">
          {head}</head><body><main><h1>Our shop</h1>
          <sergio-login {attributes}><a href="{demo["portal"]}?from=widget">Log in</a></sergio-login></main>
          {tag if script else ""}</body></html>"""
        page.goto(site)

    return open_page


STATE = """() => ({ globals: Object.getOwnPropertyNames(window).sort(), sheets: document.styleSheets.length,
  cookie: document.cookie, stored: localStorage.length, heading: getComputedStyle(document.querySelector("h1")).cssText,
  prototype: Object.getOwnPropertyNames(Object.prototype).sort(), head: document.head.innerHTML })"""


@pytest.mark.parametrize("name", WEBSITES)
def test_a_hostile_website_shows_the_button_and_stays_as_it_was(desk, demo, site, show, name):
    show(desk, name, script=False)
    before = desk.evaluate(STATE)

    asked = []
    desk.on("request", lambda request: asked.append(request))
    show(desk, name)
    button = desk.locator("sergio-login").get_by_role("link", name="Log in")
    expect(button).to_be_visible()
    expect(button).to_have_css("background-color", re.compile(r"rgb\((?!0, 0, 0)"))
    expect(button).to_have_css("font-size", "16px")
    expect(button).to_be_in_viewport()
    assert desk.evaluate(STATE) == before

    ours = [request for request in asked if not request.url.startswith((site, "data:"))]
    assert [request.url for request in ours] == [demo["portal"] + "widget.js"]
    assert "cookie" not in ours[0].all_headers()
    assert "set-cookie" not in ours[0].response().all_headers()

    with desk.expect_request(lambda request: request.is_navigation_request()) as opened:
        button.press("Enter")
    assert opened.value.url == demo["portal"] + "?from=widget"
    assert "referer" not in opened.value.all_headers()
    expect(desk).to_have_url(re.compile("/portal/sign-in"))


def test_the_button_asks_for_a_link_where_it_stands(desk, site, show, emails, axe):
    before = len(emails.to("ines@example.com"))
    show(desk, "right to left", "data-email")
    desk.get_by_label("Email address").fill("ines@")
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("status")).to_contain_text("Enter a valid email address")
    expect(desk.get_by_label("Email address")).to_be_focused()
    axe(desk)
    desk.get_by_label("Email address").fill("ines@example.com")
    desk.get_by_role("button", name="Email me a link").click()
    expect(desk.get_by_role("status")).to_contain_text("Check your email.")
    assert desk.url == site
    assert emails.next_to("ines@example.com", after=before).links


def test_where_the_website_forbids_to_ask_the_portal_opens(desk, show):
    show(desk, "pollution", "data-email")
    desk.get_by_label("Email address").fill("ben@example.com")
    desk.keyboard.press("Enter")
    expect(desk).to_have_url(re.compile("/portal/sign-in"))


def test_without_the_script_a_plain_link_stands_there(no_script, show):
    show(no_script, "old jQuery")
    no_script.get_by_role("link", name="Log in").click()
    expect(no_script).to_have_url(re.compile("/portal/sign-in"))


LOOKS = [
    ('data-color="#ffee00"', "rgb(255, 238, 0)", "rgb(0, 0, 0)", "Log in"),
    ('data-color="black" data-label="My account"', "rgb(27, 31, 35)", "rgb(255, 255, 255)", "My account"),
    ('data-color="red" data-show="book" data-size="large"', None, None, "Book an appointment"),
]


@pytest.mark.parametrize(("attributes", "back", "ink", "label"), LOOKS)
def test_attributes_decide_the_look(desk, show, axe, attributes, back, ink, label):
    show(desk, "right to left", attributes)
    button = desk.locator("sergio-login").get_by_role("link", name=label)
    if back:
        expect(button).to_have_css("background-color", back)
        expect(button).to_have_css("color", ink)
    else:
        expect(button).to_have_attribute("href", re.compile(r"/portal/book\?from=widget$"))
        expect(button).to_have_css("font-size", "18px")
    axe(desk)
