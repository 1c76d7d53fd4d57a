"""A sign-in: one cookie for one host and door, valid for 30 days since its last use, until it is ended."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from sergio.auth.models import SignIn
from sergio.lib import clock
from tests.browser import Browser

HERE = "/portal/account/devices"
COOKIE = "__Host-portal"
DAY = timedelta(days=1)


def is_in(browser, **kwargs) -> bool:
    return browser.get(HERE, **kwargs).status_code == 200


def later(passed):
    return time_machine.travel(clock.now() + passed, tick=False)


def is_in_with(app, browser, header) -> bool:
    """Whether this Cookie header is signed in on the browser's host."""
    bare = Browser(app, browser.host.partition(".")[0])
    bare.client = app.test_client(use_cookies=False)
    return is_in(bare, headers={"Cookie": header})


def cookies_of(response) -> dict[str, str]:
    return {line.partition("=")[0]: line for line in response.headers.getlist("Set-Cookie")}


def test_the_cookie_is_for_this_host_and_no_script(visitor, sparkle, ana, ask):
    browser = visitor(sparkle)
    cookie = cookies_of(browser.get(ask(browser, "ana@example.com").link))[COOKIE]
    assert {part.strip() for part in cookie.split(";")[1:]} >= {
        "Secure",
        "HttpOnly",
        "SameSite=Lax",
        "Path=/",
        "Max-Age=2592000",
    }
    assert "Domain" not in cookie


def test_a_sign_in_lasts_30_days_without_use(browser_of, ana):
    browser = browser_of(ana)
    with later(30 * DAY - timedelta(hours=1)):
        assert is_in(browser)


def test_a_sign_in_is_over_after_30_days_without_use(browser_of, ana):
    browser = browser_of(ana)
    with later(30 * DAY + timedelta(minutes=1)):
        assert not is_in(browser)


def test_each_use_restarts_the_30_days_even_within_the_hour(browser_of, ana):
    browser = browser_of(ana)
    with later(timedelta(minutes=59)):
        assert is_in(browser)
    with later(timedelta(minutes=59) + 30 * DAY - timedelta(hours=1)):
        assert is_in(browser)
    with later(50 * DAY):
        assert is_in(browser)


def test_a_sign_in_ends_after_180_days_whatever_the_use(browser_of, ana):
    browser = browser_of(ana)
    for days in range(10, 180, 10):
        with later(days * DAY):
            assert is_in(browser), days
    with later(180 * DAY + timedelta(minutes=1)):
        assert not is_in(browser)


def test_the_row_is_touched_at_most_hourly_and_the_cookie_sent_at_most_daily(browser_of, ana, session):
    browser = browser_of(ana)
    sent = []
    seen = set()
    start = clock.now().replace(hour=0, minute=0) + 2 * DAY  # never the day of signing in
    for minutes in range(0, 24 * 60, 20):
        with time_machine.travel(start + timedelta(minutes=minutes), tick=False):
            sent.append(COOKIE in cookies_of(browser.get(HERE)))
        session.rollback()
        seen.add(session.scalars(select(SignIn.seen_at)).one())
    assert (sum(sent), len(seen)) == (1, 24)


def test_a_use_that_writes_counts_too(browser_of, ana, session):
    browser = browser_of(ana)
    with later(5 * DAY):
        assert browser.post(f"{HERE}/nothing/end").status_code == 404
        browser.get(HERE)
    with later(34 * DAY):
        assert is_in(browser)


def test_one_companys_cookie_does_not_work_at_another(visitor, browser_of, rival, ana):
    there = visitor(rival)
    there.client.set_cookie(COOKIE, browser_of(ana).cookie(COOKIE), domain=there.host, secure=True)
    assert not is_in(there)


def test_a_customers_cookie_does_not_work_in_the_office_nor_the_reverse(visitor, browser_of, ana, olga, sparkle):
    stranger = visitor(sparkle)
    stranger.client.set_cookie("__Host-office", browser_of(ana).cookie(COOKIE), domain=stranger.host, secure=True)
    stranger.client.set_cookie(COOKIE, browser_of(olga).cookie("__Host-office"), domain=stranger.host, secure=True)
    assert not is_in(stranger)
    assert stranger.get("/office/devices").status_code == 303


def test_one_browser_can_be_signed_in_at_both_doors(browser_of, ana, olga):
    browser = browser_of(ana)
    browser.sign_in(olga)
    assert is_in(browser)
    assert browser.get("/office/devices").status_code == 200
    browser.post("/portal/sign-out")
    assert not is_in(browser)
    assert browser.get("/office/devices").status_code == 200


@pytest.mark.parametrize("planted", ["", "planted", "x" * 43, "é", '"', "a" * 4000, "\\073", "%00"])
def test_a_planted_cookie_signs_nobody_in(app, visitor, sparkle, planted):
    assert not is_in_with(app, visitor(sparkle), f"{COOKIE}={planted}")


def test_a_planted_cookie_is_not_adopted(visitor, sparkle, ana, ask):
    browser = visitor(sparkle)
    browser.client.set_cookie(COOKIE, "planted", domain=browser.host, secure=True)
    browser.get(ask(browser, "ana@example.com").link)
    assert browser.cookie(COOKIE) not in ("planted", None)


@pytest.mark.parametrize("order", ["{0}=tossed; {0}={1}", "{0}={1}; {0}=tossed", "{0}=; {0}=x; {0}={1}"])
def test_a_second_cookie_of_the_same_name_does_not_sign_out(app, browser_of, ana, order):
    browser = browser_of(ana)
    assert is_in_with(app, browser, order.format(COOKIE, browser.cookie(COOKIE)))


def test_a_new_sign_in_ends_the_one_before(browser_of, ana, session, ask):
    browser = browser_of(ana)
    before = browser.cookie(COOKIE)
    browser.get(ask(browser, "ana@example.com").link)
    assert browser.cookie(COOKIE) != before
    session.rollback()
    assert [row.ended_at is None for row in session.scalars(select(SignIn).order_by(SignIn.id))] == [False, True]


@pytest.mark.parametrize("how", ["link", "button", "code"])
@pytest.mark.parametrize("who", ["ana", "olga"])
def test_signing_in_again_hours_later_does_not_wait_for_itself(visitor, browser_of, world, session, ask, who, how):
    """The link is used before the old sign-in is read, whose 30 days restart: one transaction has to do for both."""
    person, door = getattr(world, who), "portal" if who == "ana" else "office"
    browser = browser_of(person)
    asking = visitor(person.company) if how == "button" else browser
    email = ask(asking, person.email, door=door)
    with later(timedelta(minutes=14)):
        for row in session.scalars(select(SignIn)):
            row.seen_at -= DAY
        if how == "code":
            response = browser.post(f"/{door}/sign-in/code", {"code": email.code})
        else:
            response = browser.get(email.link) if how == "link" else browser.post(email.link)
    assert (response.status_code, response.location) == (303, f"/{door}/")
    session.rollback()
    assert [row.ended_at is None for row in session.scalars(select(SignIn).order_by(SignIn.id))] == [False, True]


def test_signing_out_also_ends_a_copied_cookie(app, visitor, sparkle, browser_of, ana):
    browser = browser_of(ana)
    thief = visitor(sparkle)
    thief.client.set_cookie(COOKIE, browser.cookie(COOKIE), domain=thief.host, secure=True)
    assert is_in(thief)
    response = browser.post("/portal/sign-out")
    assert response.location == "/portal/sign-in"
    assert "You are signed out." in browser.get("/portal/sign-in").text
    assert (browser.cookie(COOKIE), is_in(thief)) == (None, False)


def test_signing_out_twice_is_no_error(browser_of, ana):
    browser = browser_of(ana)
    assert [browser.post("/portal/sign-out").status_code for _ in range(2)] == [303, 303]


def test_signing_out_needs_a_post(browser_of, ana):
    browser = browser_of(ana)
    assert browser.get("/portal/sign-out").status_code == 405
    assert is_in(browser)


@pytest.mark.parametrize("change", [{"email": "new@example.com"}, {"left_at": clock.now()}], ids=["mailbox", "left"])
@pytest.mark.parametrize("who", ["ana", "olga"])
def test_who_leaves_or_changes_their_email_is_signed_out_at_once(browser_of, world, who, change):
    person = getattr(world, who)
    browser = browser_of(person)
    path = HERE if who == "ana" else "/office/devices"
    assert browser.get(path).status_code == 200
    for name, value in change.items():
        setattr(person, name, value)
    assert browser.get(path).status_code == 303


def test_a_signed_in_person_is_redirected_from_the_sign_in_page(browser_of, ana):
    browser = browser_of(ana)
    assert browser.get("/portal/sign-in").location == "/portal/"
    assert browser.get("/portal/sign-in?next=/portal/quotes/7").location == "/portal/quotes/7"


def test_htmx_is_sent_to_the_sign_in_page_and_back_to_the_whole_page(visitor, sparkle):
    browser = visitor(sparkle)
    page = {"Referer": f"{browser.base_url}portal/quotes/7"}
    response = browser.get("/portal/quotes/7/total?chosen=1", htmx=True, headers=page)
    assert (response.text, response.headers["HX-Redirect"]) == ("", "/portal/sign-in?next=/portal/quotes/7")


def test_a_page_takes_one_statement_for_company_and_sign_in(browser_of, ana, statements):
    browser = browser_of(ana)
    with statements() as seen:
        browser.get("/portal/sign-in")
    assert len(seen) == 1


def test_a_sign_in_of_the_test_browser_works_like_one_from_an_email(app, sparkle, ana):
    browser = Browser(app, sparkle.subdomain)
    browser.be(ana)
    assert is_in(browser)
