"""The link in the email: used once, within fifteen minutes, by the reader of the mailbox and not by scanners."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select, update

from sergio.auth.models import MagicLink, SignIn
from sergio.extensions import db
from sergio.lib import clock

ANA = "ana@example.com"
QUARTER = timedelta(minutes=15)


def sign_ins(session) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(SignIn))


def is_in(browser) -> bool:
    return browser.get("/portal/account/devices").status_code == 200


def test_the_requesting_browser_is_signed_in_at_once(visitor, sparkle, ana, request_link):
    browser = visitor(sparkle)
    response = browser.get(request_link(browser, ANA).link)
    assert (response.status_code, response.location) == (303, "/portal/")
    assert is_in(browser)


def test_any_other_browser_sees_one_button_and_the_masked_address(visitor, sparkle, ana, request_link):
    message = request_link(visitor(sparkle), ANA)
    phone = visitor(sparkle)
    page = phone.get(message.link)
    assert page.status_code == 200
    assert "Sign in as a***@example.com" in page.text
    assert ANA not in page.text
    assert not is_in(phone)
    assert phone.post(message.link).location == "/portal/"
    assert is_in(phone)


def test_the_button_signs_in_only_the_browser_that_pressed_it(visitor, sparkle, ana, request_link):
    requesting, pressing = visitor(sparkle), visitor(sparkle)
    pressing.post(request_link(requesting, ANA).link)
    assert (is_in(pressing), is_in(requesting)) == (True, False)


def test_a_link_works_for_fifteen_minutes(visitor, sparkle, ana, request_link):
    at = clock.now()
    with time_machine.travel(at, tick=False):
        emails = [request_link(visitor(sparkle), ANA) for _ in range(2)]
    with time_machine.travel(at + QUARTER - timedelta(seconds=1), tick=False):
        assert visitor(sparkle).post(emails[0].link).status_code == 303
    with time_machine.travel(at + QUARTER + timedelta(seconds=1), tick=False):
        late = visitor(sparkle).post(emails[1].link)
    assert late.status_code == 410
    assert "no longer works" in late.text


def test_a_new_link_does_not_change_an_older_one(visitor, sparkle, ana, request_link):
    emails = [request_link(visitor(sparkle), ANA) for _ in range(3)]
    assert visitor(sparkle).post(emails[0].link).status_code == 303
    assert visitor(sparkle).post(emails[0].link).status_code == 410
    assert visitor(sparkle).post(emails[1].link).status_code == 303


def test_a_used_link_offers_a_new_one_with_the_address_filled_in(visitor, sparkle, ana, request_link):
    message = request_link(visitor(sparkle), ANA, next_path="/portal/quotes/7")
    other = visitor(sparkle)
    visitor(sparkle).post(message.link)
    page = other.get(message.link)
    assert page.status_code == 410
    assert "This link has already been used" in page.text
    assert ANA not in page.text
    offer = f"/portal/sign-in?link={message.link.rpartition('/')[2]}"
    assert offer in page.text
    form = other.get(offer).text
    assert f'value="{ANA}"' in form
    assert 'value="/portal/quotes/7"' in form


def test_a_used_link_of_the_signed_in_person_redirects(visitor, sparkle, ana, request_link):
    browser = visitor(sparkle)
    message = request_link(browser, ANA, next_path="/portal/account/devices")
    browser.get(message.link)
    again = browser.get(message.link)
    assert (again.status_code, again.location) == (303, "/portal/account/devices")


@pytest.mark.parametrize("token", ["x", "x" * 43, "..%2f", "%00", "customer%20", "é" * 500])
def test_an_invented_link_is_not_found(visitor, sparkle, session, token):
    browser = visitor(sparkle)
    assert browser.get(f"/portal/sign-in/{token}").status_code == 404
    assert browser.post(f"/portal/sign-in/{token}").status_code == 404


def test_a_link_works_only_at_its_own_company_and_door(visitor, sparkle, rival, ana, session, request_link):
    message = request_link(visitor(sparkle), ANA)
    assert visitor(rival).post(message.link).status_code == 404
    assert visitor(sparkle).post(message.link.replace("/portal/", "/office/")).status_code == 404
    assert visitor(sparkle).post(message.link).status_code == 303


def test_a_contact_who_left_after_the_request_cannot_sign_in(visitor, sparkle, ana, session, request_link):
    message = request_link(visitor(sparkle), ANA)
    ana.left_at = clock.now()
    assert visitor(sparkle).post(message.link).status_code == 410
    assert sign_ins(session) == 0


def test_of_eight_concurrent_presses_one_signs_in(visitor, sparkle, ana, session, request_link, all_at_once):
    message = request_link(visitor(sparkle), ANA)
    responses = all_at_once([visitor(sparkle) for _ in range(8)], message.link)
    assert sorted(response.status_code for response in responses) == [303] + [410] * 7
    assert sign_ins(session) == 1


def test_control_without_the_guard_more_than_one_signs_in(
    visitor, sparkle, ana, session, request_link, all_at_once, monkeypatch
):
    def use(link, at):
        mine = MagicLink.company_id == link.company_id, MagicLink.id == link.id
        db.session.execute(update(MagicLink).where(*mine).values(used_at=at))
        return True

    message = request_link(visitor(sparkle), ANA)
    monkeypatch.setattr(MagicLink, "use", use)
    all_at_once([visitor(sparkle) for _ in range(8)], message.link)
    assert sign_ins(session) > 1


def test_a_scanner_that_only_reads_does_not_use_the_link(visitor, sparkle, ana, request_link):
    requesting, scanner = visitor(sparkle), visitor(sparkle)
    message = request_link(requesting, ANA)
    for method in ("HEAD", "GET", "OPTIONS", "GET", "GET", "GET", "GET"):
        scanner._open(message.link, method, {}, {})
    assert requesting.get(message.link).location == "/portal/"


def test_a_head_request_does_not_use_the_link_even_in_the_requesting_browser(
    visitor, sparkle, ana, session, request_link
):
    browser = visitor(sparkle)
    message = request_link(browser, ANA)
    assert browser._open(message.link, "HEAD", {}, {}).status_code == 200
    assert sign_ins(session) == 0
    assert browser.get(message.link).status_code == 303


def test_a_scanner_that_presses_every_button_does_not_lock_out_the_reader(visitor, sparkle, ana, session, request_link):
    requesting, scanner = visitor(sparkle), visitor(sparkle)
    message = request_link(requesting, ANA)
    scanner.get(message.link)
    scanner.post(message.link)
    assert "Request a new link" in requesting.get(message.link).text
    assert requesting.post("/portal/sign-in/code", {"code": message.code}).location == "/portal/"
    assert is_in(requesting)


def test_the_next_path_survives_the_email(visitor, sparkle, ana, request_link):
    browser = visitor(sparkle)
    redirect = browser.get("/portal/account/devices?from=mail")
    assert redirect.location == "/portal/sign-in?next=/portal/account/devices?from%3Dmail"
    form = browser.get(redirect.location).text
    assert 'name="next" type="hidden" value="/portal/account/devices?from=mail"' in form
    message = request_link(browser, ANA, next_path="/portal/account/devices?from=mail")
    assert visitor(sparkle).post(message.link).location == "/portal/account/devices?from=mail"


@pytest.mark.parametrize(
    "next_path",
    ["//evil.example", "/office/", "https://evil.example", "/portal/sign-out", "/portal", "/d/x", "/portal/../office/"],
)
def test_any_other_next_path_is_home(visitor, sparkle, ana, request_link, next_path):
    browser = visitor(sparkle)
    assert browser.get(request_link(browser, ANA, next_path=next_path).link).location == "/portal/"


def test_pages_with_a_secret_in_their_url_send_no_referrer(visitor, sparkle, ana, request_link):
    requesting = visitor(sparkle)
    message = request_link(requesting, ANA)
    for response in (
        visitor(sparkle).get(message.link),
        requesting.get(message.link),
        visitor(sparkle).get(message.link),
    ):
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert response.headers["Cache-Control"] == "no-store"


def test_staff_sign_in_at_the_office(visitor, sparkle, olga, request_link):
    browser = visitor(sparkle)
    message = request_link(browser, "olga@sparkle.example", door="office", next_path="/office/devices")
    assert browser.get(message.link).location == "/office/devices"
    assert browser.get("/office/devices").status_code == 200
    assert not is_in(browser)
