"""Waiting in a page whose policy forbids eval, which Playwright's own wait needs from its second look on."""

import time

from playwright.sync_api import Page

SECONDS = 10


def wait_until(page: Page, condition: str):
    """Look again and again until an expression of JavaScript, or what it promises, is true."""
    deadline = time.monotonic() + SECONDS
    while not page.evaluate(condition):
        assert time.monotonic() < deadline, f"Not within {SECONDS} s: {condition}"
        page.wait_for_timeout(50)
