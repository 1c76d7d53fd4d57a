"""A browser that was signed in lately can request a link although strangers have used up the mailbox's limit."""

from datetime import timedelta
from itertools import pairwise

import pytest
import time_machine

from sergio.auth import known_browsers
from sergio.auth.known_browsers import known_as, with_mailbox
from sergio.auth.models import MagicLink
from sergio.lib import clock

ASK = "/portal/sign-in"
ANA = "ana@example.com"
KEY, BOX = "k" * 40, "b" * 64


@pytest.fixture
def request_links(app, visitor):
    """`request_links(company, times, email, door, browser)`: the status of each of so many requests for a link."""

    def request_links(company, times, email=ANA, *, door="portal", browser=None):
        found = []
        for _ in range(times):
            found.append((browser or visitor(company)).post(f"/{door}/sign-in", {"email": email}).status_code)
            with app.app_context():
                app.extensions["limits"].storage.reset()
        return found

    return request_links


@pytest.fixture
def owner(visitor, sparkle, ana, request_link):
    """A browser in which Ana was signed in, and is not any more."""
    browser = visitor(sparkle)
    browser.get(request_link(browser, ANA).link)
    browser.post("/portal/sign-out")
    return browser


def test_requests_at_a_rival_or_at_the_other_door_do_not_count(request_links, sparkle, rival, ana):
    assert request_links(rival, 4) == [303, 303, 303, 429]
    assert request_links(sparkle, 4, door="office") == [303, 303, 303, 429]
    assert request_links(sparkle, 4) == [303, 303, 303, 429]


def test_the_owner_can_sign_in_although_strangers_used_up_the_limit(
    app, owner, visitor, request_links, sparkle, request_link, session
):
    at = clock.now()
    for day_part in range(4):
        with time_machine.travel(at + timedelta(minutes=20 * day_part), tick=False):
            request_links(sparkle, 4)
    with time_machine.travel(at + timedelta(minutes=61), tick=False):
        assert request_links(sparkle, 1) == [429]
        assert owner.get(request_link(owner, ANA).link).location == "/portal/"
        session.rollback()


def test_a_known_browser_is_counted_separately(owner, request_links, sparkle):
    assert request_links(sparkle, 11, browser=owner) == [303] * 10 + [429]
    assert request_links(sparkle, 3) == [303, 303, 429]  # the link of `owner` was requested by an unknown browser, too


def test_it_is_known_for_its_mailbox_company_and_door_only(owner, visitor, request_links, sparkle, rival):
    assert request_links(sparkle, 4, "ben@example.com", browser=owner)[-1] == 429
    assert request_links(sparkle, 4, door="office", browser=owner)[-1] == 429
    there = visitor(rival)
    there.client.set_cookie(known_browsers.COOKIE, owner.cookie(known_browsers.COOKIE), domain=there.host, secure=True)
    assert request_links(rival, 4, browser=there)[-1] == 429


def test_it_is_known_for_ninety_days(owner, request_links, sparkle):
    at = clock.now()
    for days, known in ((89, True), (92, False)):
        with time_machine.travel(at + timedelta(days=days), tick=False):
            request_links(sparkle, 4)
            assert (request_links(sparkle, 1, browser=owner) == [303]) is known


def test_the_cookie_is_host_only_http_only_and_names_nobody(visitor, sparkle, ana, request_link):
    browser = visitor(sparkle)
    response = browser.get(request_link(browser, ANA).link)
    (line,) = [line for line in response.headers.getlist("Set-Cookie") if line.startswith(known_browsers.COOKIE)]
    assert {part.strip() for part in line.split(";")[1:]} >= {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"}
    assert "Domain" not in line
    assert "ana" not in line.lower()


def test_responses_are_the_same_for_known_and_unknown_mailboxes(owner, sparkle, statements):
    responses = []
    for email in (ANA, "eve@example.com"):
        owner.client.delete_cookie("__Host-sign-in-request", domain=owner.host)
        form = {"email": email, "csrf_token": owner.csrf_token()}
        with statements() as seen:
            response = owner.post(ASK, form)
        responses.append((response.status, response.text, response.location, seen))
    assert responses[0] == responses[1]


def test_several_mailboxes_are_remembered_and_the_cookie_stays_small():
    at = clock.now()
    cookie = ""
    for box in "abcdefg":
        cookie = with_mailbox(cookie, box * 64, key=KEY, now=at)
    known = [box for box in "abcdefg" if known_as(cookie, box * 64, key=KEY, now=at)]
    assert known == ["c", "d", "e", "f", "g"]
    assert len(cookie) < 250
    assert with_mailbox(cookie, "g" * 64, key=KEY, now=at) == cookie


def test_a_new_sign_in_restarts_the_days():
    at = clock.now()
    cookie = with_mailbox("", BOX, key=KEY, now=at)
    cookie = with_mailbox(cookie, BOX, key=KEY, now=at + timedelta(days=80))
    assert cookie.count(".") == 1
    assert known_as(cookie, BOX, key=KEY, now=at + timedelta(days=160))


GENUINE = with_mailbox("", BOX, key=KEY, now=clock.now())
FORGED = {
    "nothing": "",
    "a dot": ".",
    "words": "a.b",
    "another name": "x" * 43 + GENUINE[43:],
    "a later day": GENUINE[:44] + "99999" + GENUINE[49:],
    "one digit": GENUINE[:-1] + ("0" if GENUINE[-1] != "0" else "1"),
    "no name": GENUINE[43:],
    "no digest": GENUINE[:50],
    "many": GENUINE + GENUINE[43:] * 5,
    "long": "a" * 4000,
    "other digits": GENUINE[:44] + "٣٣٣٣٣" + GENUINE[49:],
    "signed by another key": with_mailbox("", BOX, key="other", now=clock.now()),
}


@pytest.mark.parametrize("cookie", FORGED.values(), ids=FORGED)
def test_a_forged_cookie_is_unknown_and_harmless(cookie):
    assert known_as(cookie, BOX, key=KEY, now=clock.now()) == ""
    fresh = with_mailbox(cookie, BOX, key=KEY, now=clock.now())
    assert known_as(fresh, BOX, key=KEY, now=clock.now())


def test_a_planted_cookie_gives_no_advantage(visitor, request_links, sparkle, ana):
    browser = visitor(sparkle)
    browser.client.set_cookie(known_browsers.COOKIE, GENUINE, domain=browser.host, secure=True)
    assert request_links(sparkle, 4, browser=browser) == [303, 303, 303, 429]


def test_all_spellings_of_a_mailbox_are_one(sparkle):
    spellings = ["Ana.Ruiz@gmail.com", "anaruiz+x@googlemail.com", "ANARUIZ@gmail.com"]
    boxes = [MagicLink.mailbox_of(sparkle, "portal", email) for email in spellings]
    assert all(one == other for one, other in pairwise(boxes))
