"""The link of a sign-up: sent once, used once, in the browser that asked or by a press; then the owner is signed in."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from sqlalchemy import select, update

from sergio import jobs
from sergio.audit.models import AuditEntry
from sergio.companies.models import FREE, Company
from sergio.lib import clock
from sergio.sandbox.mailbox.messages import links_of
from sergio.sign_up.models import SignUp
from sergio.staff.models import OWNER, StaffMember
from sergio.web import limits
from tests import factories
from tests.browser import Browser
from tests.sign_up.conftest import FORM, hand_over_in

REFERER = {"Referer": "https://sergio.test/"}


def go_on(app, response) -> Browser:
    """The browser on the new company's host, sent there by a page."""
    url = urlsplit(hand_over_in(response))
    browser = Browser(app, url.netloc.partition(".")[0])
    landed = browser.get(url.path, headers=REFERER)
    assert (landed.status_code, landed.location) == (303, "/office/")
    return browser


def test_the_asking_browser_gets_its_company_at_once_and_is_signed_in(site, app, ask, session, companies):
    browser = site()
    response = browser.get(ask(browser))
    assert response.status_code == 200
    office = go_on(app, response).get("/office/")
    assert "Wanda" in office.text
    assert "Set up your portal" in office.text
    company = session.scalars(select(Company)).one()
    kept = (company.name, company.subdomain, company.country, company.time_zone, company.currency)
    assert kept == ("Bright Windows", "bright-windows", "DE", "Europe/Berlin", "EUR")
    assert (company.plan, company.language, company.email) == (FREE, "en", "wanda@bright.example")
    owner = session.scalars(select(StaffMember)).one()
    assert (owner.name, owner.email, owner.role) == ("Wanda Bright", "wanda@bright.example", OWNER)
    first = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).first()
    assert (first.action, first.subject, first.actor_name) == ("created", "company", "Wanda Bright")
    assert first.ip_address == "127.0.0.1"


def test_any_other_browser_sees_one_button(site, app, ask, companies):
    link = ask(site())
    phone = site()
    page = phone.get(link)
    assert page.status_code == 200
    assert "w***@bright.example" in page.text
    assert "wanda@bright.example" not in page.text
    assert companies() == 0
    go_on(app, phone.post(link))
    assert companies() == 1


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "GET"])
def test_a_scanner_uses_up_nothing(site, ask, companies, method):
    asking = site()
    link = ask(asking)
    scanner = asking if method != "GET" else site()
    for _ in range(5):
        scanner.client.open(link, method=method, base_url=scanner.base_url)
    assert companies() == 0
    assert asking.get(link).status_code == 200
    assert companies() == 1


def test_a_link_works_once(site, ask, companies):
    browser = site()
    link = ask(browser)
    browser.get(link)
    for again in (browser.get(link), site().get(link), site().post(link)):
        assert again.status_code == 410
        assert "already been used" in again.text
        assert "https://bright-windows.sergio.test/office/" in again.text
    assert companies() == 1


def test_a_link_works_for_a_day(site, ask, companies):
    at = clock.now()
    with time_machine.travel(at, tick=False):
        browser = site()
        link = ask(browser)
    with time_machine.travel(at + timedelta(hours=24, seconds=1), tick=False):
        late = site().post(link)
        assert late.status_code == 410
        assert "no longer works" in late.text
        assert companies() == 0
    with time_machine.travel(at + timedelta(hours=23, minutes=59), tick=False):
        assert browser.get(link).status_code == 200
    assert companies() == 1


@pytest.mark.parametrize("token", ["x", "x" * 43, "%00", "..%2f", "é" * 500])
def test_an_invented_link_is_not_found(site, token):
    assert site().get(f"/sign-up/{token}").status_code == 404
    assert site().post(f"/sign-up/{token}").status_code == 404


def test_another_link_of_the_same_browser_is_used_up_too(site, ask, companies):
    browser = site()
    first, second = ask(browser), ask(browser)
    assert first != second
    browser.get(second)
    assert browser.get(first).status_code == 410
    assert companies() == 1


def test_a_name_taken_meanwhile_is_replaced_without_losing_the_rest(site, app, ask, session, companies):
    browser = site()
    link = ask(browser)
    factories.company("bright-windows", "Another", FREE)
    session.commit()
    page = browser.get(link)
    assert page.status_code == 409
    assert "Choose another address" in page.text
    assert 'value="bright-windows-co"' in page.text
    again = browser.post(link, {"subdomain": "adm1n"})
    assert again.status_code == 422
    assert "is reserved" in again.text
    assert companies() == 1
    go_on(app, browser.post(link, {"subdomain": "bright-windows-co"}))
    session.rollback()
    made = session.scalars(select(Company).where(Company.subdomain == "bright-windows-co")).one()
    assert (made.name, made.currency) == ("Bright Windows", "EUR")


def test_an_old_csrf_token_shows_the_button_again(site, ask, companies):
    link = ask(site())
    phone = site()
    assert phone.post(link, {"csrf_token": "old"}).status_code == 422
    assert companies() == 0


def test_the_email_has_the_link_on_the_stored_host(site, app, ask, work, mailbox, session):
    browser = site()
    with app.test_request_context(base_url="https://evil.example/"):
        link = ask(browser)
    work()
    (email,) = mailbox.emails()
    assert email["Subject"] == "Create your customer portal"
    assert f"https://sergio.test{link}" in links_of(email)
    assert "bright-windows.sergio.test" in email.get_body(("plain",)).get_content()
    assert work() == 0
    session.rollback()
    assert session.scalars(select(SignUp)).one().sent_at


def test_an_email_sent_again_after_a_crash_is_the_same(site, app, ask, work, mailbox, session):
    ask(site())
    work()
    session.execute(update(SignUp).values(sent_at=None))
    jobs.enqueue("sign_up.send_link", sign_up_id=session.scalar(select(SignUp.id)))
    session.commit()
    work()
    first, second = mailbox.emails()
    assert first["Message-ID"] == second["Message-ID"]
    assert links_of(first) == links_of(second)


def test_an_email_that_is_refused_for_good_is_noted(site, ask, work, mailbox, session):
    ask(site())
    mailbox.refuse(550)
    work()
    session.rollback()
    row = session.scalars(select(SignUp)).one()
    assert row.sent_at is None
    assert "550" in row.refusal


def test_the_mailbox_gets_three_emails_in_a_quarter_of_an_hour_and_six_a_day(site, session):
    now = clock.now()
    spellings = ["wanda@bright.example", "WANDA@bright.example", "wanda+2@bright.example", "wanda@Bright.example"]
    with time_machine.travel(now, tick=False) as moving:
        statuses = [site().post("/sign-up", {**FORM, "email": email}).status_code for email in spellings]
        assert statuses == [303, 303, 303, 429]
        assert site().post("/sign-up", {**FORM, "email": "other@bright.example"}).status_code == 303
        for _ in range(3):
            moving.shift(timedelta(minutes=16))
            assert site().post("/sign-up", FORM).status_code == 303
        moving.shift(timedelta(minutes=16))
        refused = site().post("/sign-up", FORM)
        assert refused.status_code == 429
        assert refused.headers["Retry-After"] == "900"
        moving.shift(timedelta(days=1))
        assert site().post("/sign-up", FORM).status_code == 303


def test_sending_again_counts_and_keeps_what_was_entered(site, ask, session):
    browser = site()
    ask(browser)
    page = browser.get("/sign-up/sent").text
    assert "wanda@bright.example" in page
    assert [browser.post("/sign-up/again").status_code for _ in range(3)] == [303, 303, 429]
    assert 'value="Bright Windows"' in browser.get("/sign-up").text
    assert "wanda@bright.example" not in site().get("/sign-up").text
    assert site().get("/sign-up/sent").location == "/sign-up"
    assert site().post("/sign-up/again").location == "/sign-up"


def test_a_network_cannot_ask_without_end(site):
    browser = site()
    statuses = [
        browser.post("/sign-up", {**FORM, "email": f"w{number}@bright.example"}).status_code for number in range(41)
    ]
    assert statuses == [303] * 40 + [429]


def test_a_network_that_is_refused_uses_up_nothing_of_the_others(site, monkeypatch):
    monkeypatch.setitem(vars(limits.all_sign_ups), "rates", "42 per hour")
    flooding, other = site(), site()
    for number in range(46):
        flooding.post("/sign-up", {**FORM, "email": f"w{number}@bright.example"})
    elsewhere = {"environ_overrides": {"REMOTE_ADDR": "198.51.100.7"}}
    statuses = [other.post("/sign-up", {**FORM, "email": f"x{n}@bright.example"}, **elsewhere) for n in range(3)]
    assert [response.status_code for response in statuses] == [303, 303, 429]


def test_old_requests_are_deleted(site, ask, session, work):
    from sergio.sign_up.jobs import delete_expired

    ask(site())
    with time_machine.travel(clock.now() + timedelta(days=9), tick=False):
        delete_expired()
        session.commit()
    assert session.query(SignUp).count() == 0
