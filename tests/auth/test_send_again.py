"""A form of somebody who is signed out, or of a page that was open for too long, is kept but not processed."""

import re
from datetime import timedelta
from html import unescape

import pytest
import time_machine

from sergio.auth.sessions import MOST_KEPT
from sergio.lib import clock
from tests.quotes.builders import sent

ASK = "/portal/quotes/1/change-request"
TEXT = "Please \"do\" the <b>windows</b> & the\r\ngutters, too: 'Ana' 窓"
OLD = "IjAi.aaaa.bbbb"


@pytest.fixture
def quote(ana, session):
    return sent(ana, place=ana.customer.properties[0])


def signed_out(browser):
    """The browser after its sign-in's cookie was lost."""
    browser.client.delete_cookie("__Host-portal", domain=browser.host)
    return browser


def fields_of(page: str) -> list[tuple[str, str]]:
    """Name and value of each hidden field but the token's."""
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page)
    return [(unescape(name), unescape(value)) for name, value in found if name != "csrf_token"]


def messages(session, quote) -> list[str]:
    session.rollback()
    session.refresh(quote)
    return [request.message for request in quote.change_requests]


def test_a_form_is_kept_for_after_the_sign_in(browser_of, ana, quote, session):
    browser = signed_out(browser_of(ana))
    page = {"Referer": f"{browser.base_url}portal/quotes/1"}
    response = browser.post(ASK, {"message": TEXT, "more": ["1", "2"]}, headers=page)
    assert response.status_code == 401
    assert f'action="{ASK}"' in response.text
    assert 'href="/portal/sign-in?next=/portal/quotes/1" target="_blank"' in response.text
    assert fields_of(response.text) == [("message", TEXT), ("more", "1"), ("more", "2")]
    assert messages(session, quote) == []

    token = re.search(r'name="csrf_token" value="([^"]+)"', response.text)[1]
    browser.sign_in(ana)
    again = browser.post(ASK, {"csrf_token": token, "version": 1, "message": TEXT})
    assert (again.status_code, again.location) == (303, "/portal/quotes/1")
    assert [message.replace("\r", "") for message in messages(session, quote)] == [TEXT.replace("\r", "")]


def test_a_form_is_kept_when_the_sign_in_was_ended_elsewhere(browser_of, ana, quote):
    browser, other = browser_of(ana), browser_of(ana)
    other.post("/portal/account/devices/end")
    browser.client.delete_cookie("__Host-session", domain=browser.host)
    response = browser.post(ASK, {"message": TEXT, "csrf_token": OLD})
    assert response.status_code == 401
    assert fields_of(response.text) == [("message", TEXT)]
    assert OLD not in response.text


def test_htmx_gets_it_instead_of_the_main_part(browser_of, ana, quote):
    response = signed_out(browser_of(ana)).post(ASK, {"message": TEXT}, htmx=True)
    assert (response.status_code, response.headers["HX-Retarget"]) == (401, "#main")
    assert "<html" not in response.text
    assert 'hx-swap-oob="innerHTML"' in response.text
    assert 'id="signed-in" hx-swap-oob="delete"' in response.text
    assert fields_of(response.text) == [("message", TEXT)]


def test_field_names_and_values_are_escaped(browser_of, ana):
    bad = '"><script>alert(1)</script>'
    response = signed_out(browser_of(ana)).post("/portal/account", {bad: bad})
    assert "<script>alert" not in response.text
    assert fields_of(response.text) == [(bad, bad)]


def test_a_form_that_is_too_long_is_not_kept_and_the_page_says_so(browser_of, ana):
    response = signed_out(browser_of(ana)).post("/portal/account", {"name": "x" * MOST_KEPT})
    assert response.status_code == 401
    assert fields_of(response.text) == []
    assert "too long to keep" in response.text


def test_a_form_of_another_site_is_refused(browser_of, ana, quote):
    browser = signed_out(browser_of(ana))
    response = browser.post(ASK, {"message": TEXT}, headers={"Sec-Fetch-Site": "same-site"})
    assert response.status_code == 403
    assert "windows" not in response.text


def test_a_form_for_another_customers_quote_is_not_found(browser_of, ana, ben, quote, session):
    browser = browser_of(ben)
    assert signed_out(browser).post(ASK, {"message": TEXT}).status_code == 401
    browser.sign_in(ben)
    assert browser.post(ASK, {"message": TEXT}).status_code == 404
    assert messages(session, quote) == []


def test_staff_are_sent_to_the_offices_sign_in(visitor, sparkle):
    response = visitor(sparkle).post("/office/devices/end")
    assert response.status_code == 401
    assert 'href="/office/sign-in"' in response.text


def test_signing_in_in_another_tab_keeps_open_forms_valid(browser_of, ana, quote, session):
    browser = browser_of(ana)
    token = browser.csrf_token()
    browser.sign_in(ana)
    assert browser.post(ASK, {"csrf_token": token, "version": 1, "message": "Blue"}).status_code == 303
    assert messages(session, quote) == ["Blue"]


def test_signing_out_makes_open_forms_invalid(browser_of, ana):
    browser = browser_of(ana)
    token = browser.csrf_token()
    browser.post("/portal/sign-out")
    assert browser.csrf_token() != token


def test_a_stale_form_is_shown_again_filled_in_with_a_new_token(browser_of, ana, quote, session):
    browser = browser_of(ana)
    for htmx in (False, True):
        response = browser.post(ASK, {"message": "The windows, too", "csrf_token": OLD}, htmx=htmx)
        assert response.status_code == 422
        assert "This page was open for too long" in response.text
        assert re.search(r"<textarea[^>]*>\s*The windows, too</textarea>", response.text)
    assert messages(session, quote) == []
    token = re.search(r'name="csrf_token" value="([^"]+)"', response.text)[1]
    assert browser.post(ASK, {"version": 1, "message": "The windows, too", "csrf_token": token}).status_code == 303
    assert messages(session, quote) == ["The windows, too"]


STALE = {
    "/portal/quotes/1/acceptance": {"version": 1, "name": "Ana R.", "agreed": "y"},
    "/portal/quotes/1/decline": {"version": 1, "reason": "Ana R."},
    "/portal/account": {"name": "Ana R.", "phone": ""},
    "/portal/sign-in": {"email": "ana.r@example.com", "name": "Ana R."},
}


@pytest.mark.parametrize("path", STALE)
@pytest.mark.parametrize("token", ["", OLD])
def test_every_stale_form_is_shown_again(browser_of, ana, quote, session, path, token):
    response = browser_of(ana).post(path, {**STALE[path], "csrf_token": token})
    assert response.status_code == 422
    assert "This page was open for too long" in response.text
    assert "Ana R." in response.text or "ana.r@example.com" in response.text
    session.rollback()
    session.refresh(quote)
    assert (quote.acceptance, quote.declines, ana.name) == (None, [], "Ana Ruiz")


@pytest.mark.parametrize("htmx", [False, True])
def test_a_stale_button_does_nothing_and_goes_back_to_its_page(browser_of, ana, htmx):
    browser, other = browser_of(ana), browser_of(ana)
    page = {"Referer": f"{browser.base_url}portal/account/devices"}
    response = browser.post("/portal/account/devices/end", {"csrf_token": OLD}, htmx=htmx, headers=page)
    assert (response.headers["HX-Redirect"] if htmx else response.location) == "/portal/account/devices"
    assert "nothing was changed" in browser.get("/portal/account/devices").text
    assert other.get("/portal/account").status_code == 200


def test_a_view_that_forgets_to_check_its_form_cannot_write(app, browser_of, ana, session, monkeypatch):
    def careless():
        from flask_login import current_user

        from sergio.extensions import db

        current_user.name = "Somebody else"
        db.session.commit()
        return "done"

    careless.returns_form = True
    monkeypatch.setitem(app.view_functions, "portal.account.update", careless)
    browser = browser_of(ana)
    assert browser.post("/portal/account", {"csrf_token": OLD}).status_code >= 500
    session.rollback()
    assert ana.name == "Ana Ruiz"
    assert browser.post("/portal/account").text == "done"


def test_the_button_of_a_sign_in_link_is_shown_again_too(visitor, sparkle, ana, request_link):
    message = request_link(visitor(sparkle), "ana@example.com")
    phone = visitor(sparkle)
    response = phone.post(message.link, {"csrf_token": OLD})
    assert response.status_code == 422
    assert "Sign in as a***@example.com" in response.text
    assert phone.post(message.link).location == "/portal/"


def session_cookie(response) -> str | None:
    return next((line for line in response.headers.getlist("Set-Cookie") if line.startswith("__Host-session")), None)


def test_the_session_outlives_the_browser_window_and_is_rarely_sent(visitor, sparkle):
    browser = visitor(sparkle)
    first = session_cookie(browser.get("/portal/sign-in"))
    assert "Expires=" in first
    assert session_cookie(browser.get("/portal/sign-in")) is None


def test_the_session_lasts_as_long_as_a_sign_in_that_is_used(browser_of, ana, quote, session):
    browser = browser_of(ana)
    token = browser.csrf_token()
    start = clock.now()
    for days in (20, 40, 60):
        with time_machine.travel(start + timedelta(days=days), tick=False):
            assert browser.get("/portal/account").status_code == 200
    with time_machine.travel(start + timedelta(days=85), tick=False):
        assert browser.post(ASK, {"csrf_token": token, "version": 1, "message": "Still here"}).status_code == 303
