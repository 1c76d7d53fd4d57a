"""The link that signs a staff member in on the company's host: once, there only, and not from a stranger's page."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from sqlalchemy import func, select

from sergio.auth.models import HandOver, SignIn
from sergio.lib import clock

OURS = {"Referer": "https://sergio.test/"}


@pytest.fixture
def link(session, olga):
    """`link(next_path)`: the path of a new hand-over of Olga's."""

    def start(next_path="/office/settings/"):
        url = urlsplit(HandOver.start(olga, next_path=next_path, now=clock.now()))
        session.commit()
        assert url.netloc == "sparkle.sergio.test"
        return url.path

    return start


def sign_ins(session) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(SignIn))


def is_in(browser) -> bool:
    return browser.get("/office/devices").status_code == 200


@pytest.mark.parametrize("referer", ["https://sergio.test/", "https://sparkle-old.sergio.test/"])
def test_a_page_of_ours_signs_in_at_once(visitor, sparkle, link, referer):
    browser = visitor(sparkle)
    response = browser.get(link(), headers={"Referer": referer})
    assert (response.status_code, response.location) == (303, "/office/settings/")
    assert is_in(browser)


@pytest.mark.parametrize(
    "referer",
    [
        None,
        "https://evil.example/",
        "https://sergio.test.evil.example/",
        "https://evilsergio.test/",
        "http://sergio.test/",
        "//",
        "https://[",
    ],
)
def test_any_other_page_signs_in_nobody_without_a_press(visitor, sparkle, link, referer, session):
    browser, path = visitor(sparkle), link()
    page = browser.get(path, headers={"Referer": referer} if referer else {})
    assert page.status_code == 200
    assert "o***@sparkle.example" in page.text
    assert sign_ins(session) == 0
    assert browser.post(path).location == "/office/settings/"
    assert is_in(browser)


def test_it_works_once(visitor, sparkle, link, session):
    path = link()
    visitor(sparkle).get(path, headers=OURS)
    again = visitor(sparkle).get(path, headers=OURS)
    assert again.location == "/office/sign-in"
    assert visitor(sparkle).post(path).location == "/office/sign-in"
    assert sign_ins(session) == 1


def test_of_eight_concurrent_presses_one_signs_in(visitor, sparkle, link, session, all_at_once):
    responses = all_at_once([visitor(sparkle) for _ in range(8)], link())
    assert sorted(response.location for response in responses) == ["/office/settings/"] + ["/office/sign-in"] * 7
    assert sign_ins(session) == 1


def test_it_works_on_the_companys_own_host_only(visitor, sparkle, rival, link, session):
    path = link()
    for elsewhere in (visitor(rival).get(path, headers=OURS), visitor(rival).post(path)):
        assert elsewhere.location == "/office/sign-in"
    assert sign_ins(session) == 0
    assert visitor(sparkle).get(path, headers=OURS).location == "/office/settings/"


def test_it_works_for_two_minutes(visitor, sparkle, link, session):
    path = link()
    with time_machine.travel(clock.now() + timedelta(minutes=2, seconds=1), tick=False):
        assert visitor(sparkle).get(path, headers=OURS).location == "/office/sign-in"
    assert sign_ins(session) == 0


def test_head_does_not_use_it_up(visitor, sparkle, link):
    browser, path = visitor(sparkle), link()
    browser.client.head(path, base_url=browser.base_url, headers=OURS)
    assert browser.get(path, headers=OURS).location == "/office/settings/"


def test_who_has_left_is_not_signed_in(visitor, sparkle, olga, link, session):
    path = link()
    olga.left_at = clock.now()
    session.commit()
    assert visitor(sparkle).get(path, headers=OURS).location == "/office/sign-in"
    assert sign_ins(session) == 0


@pytest.mark.parametrize("next_path", ["//evil.example", "https://evil.example", "/portal/", "/office/sign-out", ""])
def test_it_leads_to_a_page_of_the_office_only(visitor, sparkle, link, next_path):
    assert visitor(sparkle).get(link(next_path), headers=OURS).location == "/office/"


def test_a_form_with_an_old_token_shows_the_button_again(visitor, sparkle, link, session):
    assert visitor(sparkle).post(link(), {"csrf_token": "old"}).status_code == 422
    assert sign_ins(session) == 0


@pytest.mark.parametrize("token", ["x", "%00", "é" * 500])
def test_an_invented_one_leads_to_the_sign_in(visitor, sparkle, session, token):
    assert visitor(sparkle).get(f"/office/hand-over/{token}", headers=OURS).location == "/office/sign-in"
