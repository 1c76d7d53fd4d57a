"""The code from the email: for the requesting browser, five tries."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from sergio.auth.models import MagicLink
from sergio.lib import clock

ANA = "ana@example.com"
CODE = "/portal/sign-in/code"


def enter(browser, code):
    return browser.post(CODE, {"code": code})


SPELLINGS = {
    "as it came": str,
    "small": str.lower,
    "spaced": lambda code: f" {code.replace('-', ' – ')} ",
    "in one": lambda code: code.replace("-", ""),
}


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_the_code_works_in_the_requesting_browser_in_any_spelling(visitor, sparkle, ana, request_link, spelling):
    browser = visitor(sparkle)
    code = spelling(request_link(browser, ANA, next_path="/portal/quotes/7").code)
    assert enter(browser, code).location == "/portal/quotes/7"
    assert browser.get("/portal/account/devices").status_code == 200


def test_the_code_does_not_work_in_another_browser(visitor, sparkle, ana, request_link):
    code = request_link(visitor(sparkle), ANA).code
    other = visitor(sparkle)
    assert enter(other, code).location == "/portal/sign-in"


def test_the_code_does_not_work_in_a_browser_that_requested_another_mailbox(visitor, sparkle, ana, request_link):
    code = request_link(visitor(sparkle), ANA).code
    other = visitor(sparkle)
    other.post("/portal/sign-in", {"email": "eve@example.com"})
    assert enter(other, code).status_code == 422


def test_after_five_wrong_codes_the_right_one_fails(visitor, sparkle, ana, request_link):
    browser = visitor(sparkle)
    message = request_link(browser, ANA)
    assert [enter(browser, "AAAA-AAA2").status_code for _ in range(5)] == [422] * 5
    assert enter(browser, message.code).location == "/portal/sign-in"
    assert "That code no longer works." in browser.get("/portal/sign-in").text


def test_four_wrong_codes_are_forgiven(visitor, sparkle, ana, request_link):
    browser = visitor(sparkle)
    message = request_link(browser, ANA)
    for _ in range(4):
        enter(browser, "AAAA-AAA2")
    assert enter(browser, message.code).location == "/portal/"


def test_concurrent_tries_count_each(visitor, sparkle, ana, session, request_link, all_at_once):
    browser = visitor(sparkle)
    message = request_link(browser, ANA)
    all_at_once([browser] * 8, CODE, {"code": "AAAA-AAA2"})
    assert session.scalars(select(MagicLink.tries)).one() == 5
    assert enter(browser, message.code).location == "/portal/sign-in"


def test_the_right_code_typed_eight_times_at_once_signs_in_once(
    visitor, sparkle, ana, session, request_link, all_at_once
):
    browser = visitor(sparkle)
    message = request_link(browser, ANA)
    responses = all_at_once([browser] * 8, CODE, {"code": message.code})
    assert [response.location for response in responses].count("/portal/") == 1


def test_a_wrong_code_gets_a_sentence_and_can_be_corrected(visitor, sparkle, ana, request_link):
    browser = visitor(sparkle)
    request_link(browser, ANA)
    page = enter(browser, "AAAA-AAA2")
    assert 'id="code-error" role="alert"' in page.text
    assert "That code is incorrect." in page.text
    assert 'value="AAAA-AAA2"' in page.text
    assert "Enter the code." in enter(browser, "").text


def test_the_code_expires_with_its_link(visitor, sparkle, ana, request_link):
    browser = visitor(sparkle)
    message = request_link(browser, ANA)
    with time_machine.travel(clock.now() + timedelta(minutes=15), tick=False):
        assert enter(browser, message.code).location == "/portal/sign-in"


def test_a_code_uses_up_its_link(visitor, sparkle, ana, request_link):
    browser = visitor(sparkle)
    message = request_link(browser, ANA)
    enter(browser, message.code)
    assert visitor(sparkle).post(message.link).status_code == 410


def test_the_code_of_an_earlier_email_works_in_the_browser_that_requested_both(visitor, sparkle, ana, request_link):
    browser = visitor(sparkle)
    first = request_link(browser, ANA)
    request_link(browser, ANA)
    assert enter(browser, first.code).location == "/portal/"


def test_a_secret_we_did_not_give_is_not_adopted(visitor, sparkle, ana, request_link):
    browser = visitor(sparkle)
    browser.client.set_cookie("__Host-sign-in-request", "planted", domain=browser.host, secure=True)
    request_link(browser, ANA)
    assert browser.cookie("__Host-sign-in-request") != "planted"


def test_the_page_offers_another_email_and_another_address(visitor, sparkle, ana, request_link):
    browser = visitor(sparkle)
    request_link(browser, ANA, next_path="/portal/quotes/7")
    page = browser.get("/portal/sign-in/sent").text
    assert 'autocomplete="one-time-code"' in page
    assert 'href="/portal/sign-in?next=/portal/quotes/7"' in page
    assert f'name="email" value="{ANA}"' in page
    assert 'name="next" type="hidden" value="/portal/quotes/7"' in page


def test_a_browser_without_a_request_is_sent_to_the_sign_in_page(visitor, sparkle):
    assert visitor(sparkle).get("/portal/sign-in/sent").location == "/portal/sign-in"
