"""The browsers a person is signed in on: labels, signing out one or all, and nobody else's."""

import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from sergio.auth.browsers import browser_label, is_handheld
from sergio.auth.models import SignIn
from sergio.lib import clock
from tests import factories

HERE = "/portal/account/devices"
WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
PIXEL = f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} Chrome/142.0.0.0 Mobile Safari/537.36"
IPHONE = f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) {WEBKIT} Version/26.0 Mobile/15E148 Safari/604.1"
EDGE = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
MAC = f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {WEBKIT} Version/26.0 Safari/605.1.15"


@pytest.fixture
def other(app, browser_of, ana, session):
    """A second browser of Ana's: a phone, signed in three days ago."""
    with time_machine.travel(clock.now() - timedelta(days=3)):
        browser = browser_of(ana)
    session.scalars(select(SignIn)).one().browser = PIXEL
    session.commit()
    return browser


@pytest.fixture
def browser(other, browser_of, ana):
    return browser_of(ana)


def mark_of(browser) -> str:
    return re.search(rf"{HERE}/(\w+)/end", browser.get(HERE).text)[1]


@pytest.mark.parametrize(
    ("agent", "words", "handheld"),
    [
        (PIXEL, "Chrome on Android", True),
        (IPHONE, "Safari on iPhone", True),
        (EDGE, "Edge on Windows", False),
        (FIREFOX, "Firefox on Linux", False),
        (MAC, "Safari on Mac", False),
        ("curl/8.0", "Unknown browser", False),
        ("", "Unknown browser", False),
    ],
)
def test_a_browser_has_a_label(app, agent, words, handheld):
    assert (browser_label(agent), is_handheld(agent)) == (words, handheld)


def test_all_browsers_are_listed_and_this_one_is_marked(browser):
    page = browser.get(HERE).text
    assert "Chrome on Android" in page
    assert "3 days ago" in page
    assert "In the last hour" in page
    assert page.count("This browser") == 1
    assert page.count("127.0.0.1") == 2


@pytest.mark.parametrize("more", [0, 30])
def test_the_page_takes_two_statements(browser, visitor, sparkle, ana, statements, more):
    for _ in range(more):
        visitor(sparkle).be(ana)
    with statements() as seen:
        browser.get(HERE)
    assert len(seen) == 2


def test_a_browser_can_be_signed_out_at_once(browser, other):
    assert browser.post(f"{HERE}/{mark_of(browser)}/end").location == HERE
    assert other.get(HERE).status_code == 303
    assert browser.get(HERE).status_code == 200
    assert "Chrome on Android" not in browser.get(HERE).text


def test_signing_out_everywhere_ends_this_one_too(browser, other, browser_of, ben):
    ben_there = browser_of(ben)
    response = browser.post(f"{HERE}/end")
    assert response.location == "/portal/sign-in"
    assert "You are signed out everywhere." in browser.get("/portal/sign-in").text
    assert [each.get(HERE).status_code for each in (browser, other, ben_there)] == [303, 303, 200]


@pytest.mark.parametrize("whose", ["ben", "cleo"])
def test_nobody_elses_browser_can_be_ended(request, browser, other, browser_of, whose):
    stranger = browser_of(request.getfixturevalue(whose))
    assert stranger.post(f"{HERE}/{mark_of(browser)}/end").status_code == 404
    assert other.get(HERE).status_code == 200


def test_an_unknown_browser_is_not_found(browser):
    assert browser.post(f"{HERE}/0123456789abcdef/end").status_code == 404


def test_all_customers_of_a_mailbox_share_its_browsers(visitor, sparkle, ana, browser, other, request_link):
    shop = factories.contact(sparkle, "Ruiz Flowers", "ana@example.com")
    third = visitor(sparkle)
    third.be(shop)
    third.post(f"{HERE}/end")
    assert [each.get(HERE).status_code for each in (browser, other)] == [303, 303]


def test_staff_have_the_same_list(browser_of, olga, theo):
    browser, theos = browser_of(olga), browser_of(theo)
    page = browser.get("/office/devices").text
    assert page.count("<li>") >= 1
    assert "This browser" in page
    assert browser.post("/office/devices/end").location == "/office/sign-in"
    assert browser.get("/office/devices").status_code == 303
    assert theos.get("/office/devices").status_code == 200
