"""The link of an invitation: it sends nothing by itself, and its button sends a sign-in link to exactly its contact."""

import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from sergio.auth.invitations import PortalInvitation
from sergio.auth.models import MagicLink
from sergio.companies.models import FREE
from sergio.extensions import db
from sergio.lib import clock
from sergio.outbox.models import OutgoingEmail
from tests.auth.invited import invitations, link_in, newest_email
from tests.browser import read_email
from tests.factories import by

OVER = "That invitation no longer works. Enter your email address, and we'll send you a sign-in link."


@pytest.fixture
def link(ana, olga, session, work):
    """The path of a link to Ana's invitation, whose email was sent."""
    PortalInvitation.send(ana, instead_of=0, by=by(olga), at=clock.now())
    path = link_in(newest_email_before_commit(session))
    work()
    return path


def newest_email_before_commit(session):
    session.commit()
    return newest_email(session)


def requests(session) -> list[str]:
    session.rollback()
    return list(session.scalars(select(MagicLink.email)))


def test_from_the_email_to_the_portal(visitor, sparkle, ana, link, app):
    browser = visitor(sparkle)
    page = browser.get(link)
    assert 'value="ana@example.com"' in page.text
    sent = browser.post(link)
    assert (sent.status_code, sent.location) == (303, "/portal/sign-in/sent")
    signed_in = browser.get(read_email(app).link)
    assert signed_in.location == "/portal/"
    assert "Ana" in browser.get("/portal/").text


def test_a_scanner_sends_nothing_and_uses_up_nothing(visitor, sparkle, ana, link, session, statements):
    scanner = visitor(sparkle)
    with statements() as seen:
        for method in ("GET", "HEAD", "OPTIONS") * 3:
            scanner._open(link, method, {}, {})
    assert not [sql for sql in seen if sql.startswith(("INSERT", "UPDATE", "DELETE"))]
    assert requests(session) == []
    assert visitor(sparkle).get(link).status_code == 200


def test_a_forwarded_link_cannot_flood_the_mailbox(visitor, sparkle, ana, link, session):
    statuses = [visitor(sparkle).post(link).status_code for _ in range(5)]
    assert statuses == [303, 303, 303, 429, 429]
    assert requests(session) == ["ana@example.com"] * 3
    assert visitor(sparkle).post("/portal/sign-in", {"email": "ana@example.com"}).status_code == 429


def test_the_address_of_the_contact_is_used_whatever_the_form_says(visitor, sparkle, ana, link, session):
    visitor(sparkle).post(link, {"email": "eve@example.com", "contact": "2", "audience": "office"})
    assert requests(session) == ["ana@example.com"]


def test_a_deep_link_survives(visitor, sparkle, ana, link, app):
    browser = visitor(sparkle)
    page = browser.get(f"{link}?next=/portal/quotes/7").text
    assert 'name="next"' in page
    assert 'value="/portal/quotes/7"' in page
    browser.post(link, {"next": "/portal/quotes/7"})
    assert browser.get(read_email(app).link).location == "/portal/quotes/7"
    ended = visitor(sparkle).get("/portal/invitation/nothing?next=/portal/quotes/7")
    assert ended.location == "/portal/sign-in?next=/portal/quotes/7"


@pytest.mark.parametrize("away", ["//evil.example", "https://evil.example/portal/", "/office/", "/portal/sign-out"])
def test_no_link_leads_to_another_site_or_door(visitor, sparkle, ana, link, session, away):
    browser = visitor(sparkle)
    page = browser.get(link, query_string={"next": away}).text
    here = re.findall(r'name="next" value="(/portal/invitation/[^"]*)"', page)  # of the language switch
    assert len(here) == 1
    assert away not in page.replace(here[0], "")
    browser.post(link, {"next": away})
    session.rollback()
    assert session.scalars(select(MagicLink.next_path)).all() == [""]
    assert visitor(sparkle).get("/portal/invitation/x", query_string={"next": away}).location == "/portal/sign-in"


def expire(ana, session):
    for row in session.scalars(select(PortalInvitation)):
        row.expires_at = clock.now() - timedelta(seconds=1)


def revoke(ana, session):
    session.scalars(select(PortalInvitation)).one().revoke(by=by(ana), at=clock.now())


def replace(ana, session):
    earlier = session.scalars(select(PortalInvitation)).one()
    PortalInvitation.send(ana, instead_of=earlier.id, by=by(ana), at=clock.now())


def leave(ana, session):
    ana.left_at = clock.now()


def move(ana, session):
    ana.email = "ana.ruiz@example.com"


@pytest.mark.parametrize("change", [expire, revoke, replace, leave, move])
def test_a_link_that_no_longer_works_leads_to_the_sign_in_without_the_address(
    visitor, sparkle, ana, link, session, change
):
    change(ana, session)
    session.commit()
    browser = visitor(sparkle)
    for ask in (browser.get, browser.post):
        response = ask(link, follow_redirects=True)
        assert response.request.path == "/portal/sign-in"
        assert OVER in response.text.replace("&#39;", "'")
        assert "ana" not in re.sub(r"<link[^>]*>", "", response.text.lower()).replace("manage", "")
    assert requests(session) == []


@pytest.mark.parametrize("token", ["x", "0" * 43, "%00", "a" * 3000, "ана"])
def test_an_unknown_token_leads_there_too(visitor, sparkle, ana, link, token):
    browser = visitor(sparkle)
    response = browser.get(f"/portal/invitation/{token}", follow_redirects=True)
    assert OVER in response.text.replace("&#39;", "'")


def test_it_works_until_the_thirtieth_day(visitor, sparkle, ana, link, session):
    sent_at = invitations(session)[0].sent_at
    for passed, status in ((timedelta(days=30, seconds=-1), 200), (timedelta(days=30), 303)):
        with time_machine.travel(sent_at + passed, tick=False):
            assert visitor(sparkle).get(link).status_code == status


def test_a_token_of_one_company_does_not_work_at_another(visitor, world, link):
    assert visitor(world.rival).get(link).location == "/portal/sign-in"
    assert visitor(world.sparkle).get(link).status_code == 200


def test_whoever_is_signed_in_already_goes_on(browser_of, ana, ben, link):
    assert browser_of(ana).get(link).location == "/portal/"
    assert browser_of(ana).get(f"{link}?next=/portal/quotes").location == "/portal/quotes"
    assert browser_of(ben).get(link).status_code == 200


def test_the_page_is_kept_out_of_caches_and_referers(visitor, sparkle, link):
    browser = visitor(sparkle)
    for response in (browser.get(link), browser.post(link), browser.get("/portal/invitation/x")):
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert response.headers["Cache-Control"] == "no-store"


def test_a_page_that_was_open_for_too_long_sends_nothing_and_stays(visitor, sparkle, ana, link, session):
    browser = visitor(sparkle)
    response = browser.post(link, {"csrf_token": "old", "next": "/portal/quotes/7"})
    assert response.status_code == 422
    assert 'value="/portal/quotes/7"' in response.text
    assert requests(session) == []


def test_without_a_portal_the_customer_learns_how_to_reach_the_company(visitor, sparkle, link, session):
    sparkle.plan = FREE
    session.commit()
    for ask in (visitor(sparkle).get, visitor(sparkle).post):
        assert "(207) 555-0100" in ask(link).text
    assert requests(session) == []


def test_a_press_after_the_revocation_sends_nothing(visitor, sparkle, ana, olga, link, session, monkeypatch):
    """The press has read the invitation before it was revoked, and finds that out under the lock."""
    works = PortalInvitation.works
    seen = []

    def and_then_revoked(self, now):
        seen.append(works(self, now))
        if len(seen) == 1:
            with db.engine.begin() as other:
                other.execute(PortalInvitation.__table__.update().values(revoked_at=clock.now()))
        return seen[-1]

    monkeypatch.setattr(PortalInvitation, "works", and_then_revoked)
    session.rollback()
    response = visitor(sparkle).post(link)
    assert seen == [True, False]
    assert response.location == "/portal/sign-in"
    assert requests(session) == []


def test_the_email_is_not_sent_after_it_has_expired(ana, olga, session, work):
    PortalInvitation.send(ana, instead_of=0, by=by(olga), at=clock.now())
    session.commit()
    with time_machine.travel(clock.now() + timedelta(days=31)):
        work()
    session.rollback()
    [email] = session.scalars(select(OutgoingEmail)).all()
    assert email.sent_at is None
    assert email.refusal
