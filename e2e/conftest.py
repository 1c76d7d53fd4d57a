"""Fixtures of all journeys: the running program, a watched browser, the emails and the accessibility check."""

import os
import re
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright
from xdist.scheduler import LoadScopeScheduling

from e2e.browser import find
from e2e.emails import Emails
from e2e.program import running_demo

PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True, "is_mobile": True}
DESK = {"viewport": {"width": 1280, "height": 900}}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
WCAG = {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]}  # what passed is not described

# 422 answers bad input, 401 a form of someone signed out, 410 a used link, 402 (Stripe) a declined card, 429 a pay page
# that is paused: Chromium calls all of them errors.
EXPECTED = re.compile(r"Failed to load resource: the server responded with a status of (401|402|410|422|429)\b")


def pytest_collection_modifyitems(items):
    for item in items:
        if item.nodeid.startswith("e2e/"):
            item.add_marker(pytest.mark.e2e)


def pytest_xdist_make_scheduler(config, log):
    return JourneysTogether(config, log)


class JourneysTogether(LoadScopeScheduling):
    """One worker takes all journeys, with one demo and one browser; meanwhile the other takes test files."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.split("/" if nodeid.startswith("e2e/") else "::")[0]


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        path = find(playwright)
        if not path and os.environ.get("SERGIO_E2E") == "require":
            pytest.fail("There is no Chromium: run ./dev browser")
        if not path:
            pytest.skip("there is no Chromium: run ./dev browser")
        browser = playwright.chromium.launch(executable_path=path)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def demo(browser, tmp_path_factory):
    """The program of this test run; asks for the browser first, so that without one nothing is started."""
    with running_demo(tmp_path_factory.mktemp("demo")) as demo:
        yield demo


@pytest.fixture
def phone(browser):
    with watched_page(browser, **PHONE) as page:
        yield page


@pytest.fixture
def desk(browser):
    with watched_page(browser, **DESK) as page:
        yield page


@pytest.fixture
def no_script(browser):
    with watched_page(browser, **PHONE, java_script_enabled=False) as page:
        yield page


@contextmanager
def watched_page(browser: Browser, **options):
    """A page of its own browser context; whatever it or a page it opens complains about fails the test."""
    complaints = []
    options |= {"locale": "en-US", "timezone_id": "America/New_York", "reduced_motion": "reduce"}
    with browser.new_context(**options) as context:
        context.on("console", lambda message: note(message, complaints))
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        yield context.new_page()
    assert not complaints, "\n".join(complaints)


def note(message, complaints):
    if message.type == "error" and not EXPECTED.match(message.text):
        complaints.append(f"{message.text} ({message.location['url']})")


@pytest.fixture
def emails(demo):
    return Emails(demo.instance / "mail")


@pytest.fixture(scope="session")
def cookies():
    """The cookies of everyone who has signed in, by email."""
    return {}


@pytest.fixture
def sign_in(demo, emails, cookies):
    """sign_in(page, email): sign in as that person, by email the first time and with the same cookies after that.

    A mailbox gets no more than three emails in 15 minutes.
    """

    def sign_in(page: Page, email: str, door: str = "portal"):
        if email not in cookies:
            page.goto(ask_for_link(page, demo, emails, email, door).links[0])
            expect(page).to_have_url(re.compile(f"^{re.escape(demo[door])}(?!sign-in)"))
            cookies[email] = page.context.cookies()
        page.context.add_cookies(cookies[email])
        page.goto(demo[door])

    return sign_in


def ask_for_link(page: Page, demo, emails, email: str, door: str = "portal"):
    """Request a link at a door, and return the email that arrives."""
    before = len(emails.to(email.lower()))
    page.goto(demo[door] + "sign-in")
    page.locator("input[type=email]").fill(email)
    with page.expect_response(lambda response: response.request.method == "POST"):
        page.locator("input[type=email]").press("Enter")
    return emails.next_to(email.lower(), after=before)


@pytest.fixture(scope="session")
def axe():
    """axe(page): the page breaks no rule of WCAG 2.2, level AA. Not for no_script: axe is a script itself."""
    checker = Axe()

    def axe(page: Page):
        broken = checker.run(page, options=WCAG).response["violations"]
        places = [f"{rule['id']}: {node['html']} {node['failureSummary']}" for rule in broken for node in rule["nodes"]]
        assert not places, "\n".join([page.url, *places])

    return axe
