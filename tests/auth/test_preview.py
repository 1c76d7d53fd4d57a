"""Previews of the portal by staff: who may have one, when it ends, and that nobody else's session is touched."""

import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select, update

from sergio.audit.models import AuditEntry
from sergio.auth.models import SignIn
from sergio.auth.previews import Preview
from sergio.auth.requester import PREVIEW_COOKIE
from sergio.auth.sessions import COOKIES
from sergio.customers.models import Contact
from sergio.lib import clock
from sergio.staff.models import TECHNICIAN, StaffMember
from tests.quotes import builders as quotes

BANNER = "Preview as"
ENDED = "The preview has ended"


@pytest.fixture
def preview_as(browser_of, olga, session):
    """`preview_as(contact, by=olga)`: a browser of staff in which the preview of the contact's customer runs."""

    def start(contact=None, by=olga):
        number = contact.customer.number if contact else ""
        session.commit()
        browser = browser_of(by)
        response = browser.post("/office/preview", {"customer": number})
        assert (response.status_code, response.location) == (303, "/portal/"), response.text
        return browser

    return start


def test_staff_see_the_portal_as_the_customer_they_chose(preview_as, ana):
    quotes.sent(ana)
    browser = preview_as(ana)
    home = browser.get("/portal/").text
    assert "Preview as Ana Ruiz" in home
    assert "Review quote 1" in home
    assert "Good" in home
    assert "Garden fence" in browser.get("/portal/quotes/1").text


def test_without_a_customer_the_portal_is_that_of_a_new_one(preview_as, ana):
    quotes.sent(ana)
    browser = preview_as()
    assert "Preview as Alex Sample" in browser.get("/portal/").text
    assert browser.get("/portal/quotes/1").status_code == 404
    for path in ("quotes", "invoices", "appointments", "history", "account", "account/devices", "book"):
        page = browser.get(f"/portal/{path}")
        assert page.status_code == 200
        assert BANNER in page.text


def test_the_office_member_may_preview_too(preview_as, nora, ana):
    assert BANNER in preview_as(ana, by=nora).get("/portal/").text


def test_a_company_on_the_free_plan_previews_what_an_upgrade_would_give(preview_as, world, visitor):
    assert "Preview as Alex Sample" in preview_as(by=world.sam).get("/portal/").text
    assert "Please call us" in visitor(world.solo).get("/portal/").text


@pytest.mark.parametrize("number", ["999", "0", "-1", "x", "1.5", "9" * 30, "٣"])
def test_another_customers_number_starts_nothing(browser_of, olga, number, session):
    browser = browser_of(olga)
    assert browser.post("/office/preview", {"customer": number}).status_code == 404
    assert browser.cookie(PREVIEW_COOKIE) is None
    assert session.scalars(select(Preview)).all() == []


def test_a_rivals_customer_is_not_found(browser_of, world, session):
    world.cleo.customer.number = 77
    session.commit()
    assert browser_of(world.olga).post("/office/preview", {"customer": 77}).status_code == 404


def test_a_technician_cannot_start_one(browser_of, theo, session):
    browser = browser_of(theo)
    assert browser.post("/office/preview").status_code == 403
    assert session.scalars(select(Preview)).all() == []


def test_a_visitor_cannot_start_one(visitor, sparkle):
    assert visitor(sparkle).post("/office/preview").status_code == 401


def test_start_and_exit_are_in_the_activity_log(preview_as, ana, session):
    browser = preview_as(ana)
    browser.post("/office/preview/exit")
    rows = session.scalars(select(AuditEntry).where(AuditEntry.subject == "preview").order_by(AuditEntry.id)).all()
    told = [(row.action, row.actor_kind, row.actor_name, row.before | row.after) for row in rows]
    assert told == [(action, "staff", "Olga Petrova", {"customer": "Ana Ruiz"}) for action in ("started", "ended")]
    log = browser.get("/office/activity").text
    assert "Portal preview" in log


def test_a_second_preview_ends_the_first(preview_as, browser_of, olga, ana, ben, session):
    browser = preview_as(ana)
    browser.post("/office/preview", {"customer": ben.customer.number})
    assert "Preview as Ben Okafor" in browser.get("/portal/").text
    ended = session.scalars(select(Preview.ended_at).order_by(Preview.id)).all()
    assert [at is None for at in ended] == [False, True]


def is_over(browser) -> bool:
    """Whether the preview is over: said once, with the cookie deleted."""
    page = browser.get("/portal/account")
    if BANNER in page.text:
        return False
    assert ENDED in page.text
    assert browser.cookie(PREVIEW_COOKIE) is None
    return True


def test_it_ends_after_an_hour(preview_as, ana):
    started = clock.now()
    with time_machine.travel(started, tick=False):
        browser = preview_as(ana)
    with time_machine.travel(started + timedelta(minutes=59), tick=False):
        assert not is_over(browser)
    with time_machine.travel(started + timedelta(hours=1), tick=False):
        assert is_over(browser)


def test_it_ends_when_its_staff_member_signs_out(preview_as, ana):
    browser = preview_as(ana)
    kept = {name: browser.cookie(name) for name in (COOKIES["office"], PREVIEW_COOKIE)}
    browser.post("/office/sign-out")
    assert browser.cookie(PREVIEW_COOKIE) is None
    assert "/portal/sign-in" in browser.get("/portal/").location
    for name, secret in kept.items():
        browser.client.set_cookie(name, secret, domain=browser.host, secure=True)
    assert is_over(browser)


def test_it_ends_when_another_browser_signs_this_one_out(preview_as, browser_of, olga, ana):
    browser = preview_as(ana)
    browser_of(olga).post("/office/devices/end")
    assert is_over(browser)


@pytest.mark.parametrize("change", [{"left_at": clock.now()}, {"role": TECHNICIAN}, {"email_key": "other@x.example"}])
def test_it_ends_when_its_staff_member_leaves_or_loses_the_role(preview_as, olga, ana, session, change):
    browser = preview_as(ana)
    session.execute(update(StaffMember).where(StaffMember.id == olga.id).values(**change))
    session.commit()
    assert is_over(browser)


def test_its_cookie_alone_is_worth_nothing(preview_as, visitor, sparkle, ana):
    stolen = preview_as(ana).cookie(PREVIEW_COOKIE)
    thief = visitor(sparkle)
    thief.client.set_cookie(PREVIEW_COOKIE, stolen, domain=thief.host, secure=True)
    assert is_over(thief)


def test_its_cookie_works_in_nobody_elses_office_session(preview_as, browser_of, nora, ana):
    stolen = preview_as(ana).cookie(PREVIEW_COOKIE)
    other = browser_of(nora)
    other.client.set_cookie(PREVIEW_COOKIE, stolen, domain=other.host, secure=True)
    assert is_over(other)


def test_its_cookie_works_at_no_other_company(preview_as, browser_of, world):
    stolen = preview_as(world.ana).cookie(PREVIEW_COOKIE)
    rival = browser_of(world.rita)
    rival.client.set_cookie(PREVIEW_COOKIE, stolen, domain=rival.host, secure=True)
    page = rival.get("/portal/")
    assert ENDED in page.text
    assert "Ana" not in page.text


def test_its_cookie_is_no_sign_in_anywhere(preview_as, visitor, sparkle, ana):
    stolen = preview_as(ana).cookie(PREVIEW_COOKIE)
    for name in COOKIES.values():
        other = visitor(sparkle)
        other.client.set_cookie(name, stolen, domain=other.host, secure=True)
        assert "/sign-in" in other.get("/portal/").location
        assert "/sign-in" in other.get("/office/").location


def test_an_old_cookie_does_not_start_again(preview_as, ana):
    browser = preview_as(ana)
    kept = browser.cookie(PREVIEW_COOKIE)
    browser.post("/office/preview/exit")
    browser.client.set_cookie(PREVIEW_COOKIE, kept, domain=browser.host, secure=True)
    assert is_over(browser)


@pytest.fixture
def both(preview_as, ana, ben):
    """A browser in which Ben is signed in, and in which Olga previews the portal as Ana."""
    browser = preview_as(ana)
    browser.be(ben)
    return browser


def sign_in_of(session, contact):
    session.rollback()
    return session.scalars(select(SignIn).where(SignIn.contact_id == contact.id).order_by(SignIn.id.desc())).first()


def test_a_contacts_own_session_in_the_same_browser_is_untouched(both, ben, session):
    long_ago = clock.now() - timedelta(days=3)
    session.execute(update(SignIn).where(SignIn.contact_id == ben.id).values(seen_at=long_ago))
    session.commit()
    own = both.cookie(COOKIES["portal"])
    assert "Preview as Ana Ruiz" in both.get("/portal/account").text
    both.post("/portal/sign-out")
    both.post("/portal/account/devices/end")
    assert both.cookie(COOKIES["portal"]) == own
    assert (sign_in_of(session, ben).seen_at, sign_in_of(session, ben).ended_at) == (long_ago, None)
    both.post("/office/preview/exit")
    assert "Ben Okafor" in both.get("/portal/account").text
    assert sign_in_of(session, ben).seen_at > long_ago


def test_a_form_of_a_preview_that_was_left_changes_nothing_of_ones_own(both, ben, session):
    page = both.get("/portal/account").text
    token = re.search(r'"X-CSRFToken": "([^"]+)"', page)[1]
    both.post("/office/preview/exit")
    details = {"name": "Ana Ruiz", "phone": "", "csrf_token": token}
    both.post("/portal/account", details)
    session.rollback()
    assert session.get(Contact, ben.id).name == "Ben Okafor"


def test_control_a_form_of_ones_own_page_does(both, ben, session):
    both.post("/office/preview/exit")
    both.post("/portal/account", {"name": "Benjamin Okafor", "phone": ""})
    session.rollback()
    assert session.get(Contact, ben.id).name == "Benjamin Okafor"


def test_a_form_sent_after_the_hour_changes_nothing_of_ones_own(both, ben, session):
    token = both.csrf_token()
    session.execute(update(Preview).values(started_at=clock.now() - timedelta(hours=2)))
    session.commit()
    response = both.post("/portal/account", {"name": "Ana Ruiz", "phone": "", "csrf_token": token})
    assert ENDED in response.text
    session.rollback()
    assert session.get(Contact, ben.id).name == "Ben Okafor"


def test_after_the_hour_htmx_loads_the_page_that_says_so(both, session):
    session.execute(update(Preview).values(started_at=clock.now() - timedelta(hours=2)))
    session.commit()
    referer = {"Referer": f"{both.base_url}portal/account"}
    response = both.post("/portal/account", {"name": "x"}, htmx=True, headers=referer)
    assert response.headers["HX-Redirect"] == "/portal/account"
    assert is_over(both)


def test_no_page_of_a_preview_is_kept_and_none_is_taken_for_a_real_one(both):
    page = both.get("/portal/quotes")
    assert "ETag" not in page.headers
    assert page.headers["Cache-Control"] == "no-store"
    assert both.post("/office/preview/exit").headers["Clear-Site-Data"] == '"cache"'
    both.get("/portal/quotes")  # shows that the preview was left
    real = both.get("/portal/quotes")
    assert real.headers["ETag"]
    again = both.get("/portal/quotes", headers={"If-None-Match": real.headers["ETag"]})
    assert again.status_code == 304


def test_a_real_pages_tag_gets_no_304_in_a_preview(browser_of, ana, ben, olga):
    browser = browser_of(ben)
    browser.be(olga)
    browser.get("/portal/quotes")  # sets the cookie of the session, which is part of the tag
    tag = browser.get("/portal/quotes").headers["ETag"]
    browser.post("/office/preview", {"customer": ana.customer.number})
    page = browser.get("/portal/quotes", headers={"If-None-Match": tag})
    assert page.status_code == 200
    assert "Preview as Ana Ruiz" in page.text


def test_a_sign_in_link_is_not_used_up_in_a_preview(preview_as, visitor, sparkle, ana, ben, app):
    from tests.browser import read_email

    browser = preview_as(ana)
    visitor(sparkle).post("/portal/sign-in", {"email": ben.email})
    link = read_email(app).link
    page = browser.get(link)
    assert "You are in a preview" in page.text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]
    left = browser.post("/office/preview/exit", {"next": link, "csrf_token": token})
    assert left.location == link
    assert "Sign in" in browser.get(link).text
    assert browser.post(link).location == "/portal/"


@pytest.mark.parametrize("path", ["https://evil.example/", "//evil.example", "/\\evil.example", ""])
def test_exit_leads_to_no_other_site(preview_as, ana, path):
    assert preview_as(ana).post("/office/preview/exit", {"next": path}).location == "/office/preview"


def test_the_banner_stands_on_errors_too(preview_as, ana):
    browser = preview_as(ana)
    for path in ("/portal/nothing", "/portal/quotes/99", "/portal/sign-in"):
        assert BANNER in browser.get(path).text


def test_its_person_is_found_by_one_statement_and_others_pay_nothing(preview_as, browser_of, ana, statements):
    own = browser_of(ana)
    with statements() as without:
        own.get("/portal/quotes")
    assert not any("preview" in statement for statement in without)
    browser = preview_as(ana)
    with statements() as seen:
        browser.get("/portal/quotes")
    assert len(seen) <= len(without) + 1  # the contact, whose name the page shows
    assert sum("preview" in statement for statement in seen) == 1


def test_previews_are_deleted_before_their_sign_ins(preview_as, ana, session, app):
    from sergio.auth.jobs import delete_expired

    preview_as(ana)
    with time_machine.travel(clock.now() + timedelta(days=240)), app.app_context():
        delete_expired()
        session.rollback()
    session.execute(update(SignIn).values(ended_at=clock.now()))
    session.commit()
    with time_machine.travel(clock.now() + timedelta(days=8)):
        delete_expired()
    assert session.scalars(select(Preview)).all() == []


def test_no_page_of_a_preview_can_be_framed(preview_as, ana):
    browser = preview_as(ana)
    for path in ("/portal/", "/office/preview", "/office/"):
        page = browser.get(path)
        assert page.headers["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]


def test_what_customers_do_not_see_is_hidden_in_a_preview_too(preview_as, ana, session):
    quotes.sent(ana)
    ana.company.shows_quotes = False
    browser = preview_as(ana)
    assert browser.get("/portal/quotes/1").status_code == 404
    assert 'href="/portal/quotes"' not in browser.get("/portal/").text
