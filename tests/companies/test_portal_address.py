"""Moving to another subdomain: the old one leads on for 90 days, nobody else can take it, and its cookies are dead."""

from contextvars import Context
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from sqlalchemy import select, update

from sergio.audit.models import AuditEntry
from sergio.companies import portal_address
from sergio.companies.models import Company
from sergio.companies.portal_address import FormerSubdomain
from sergio.lib import clock
from sergio.lib.refused import Refused
from tests.browser import SAME_ORIGIN, Browser
from tests.factories import by
from tests.sign_up.conftest import hand_over_in

PAGE = "/office/settings/company/portal-address"
DAY = timedelta(days=1)
AT = clock.now()


@pytest.fixture
def moved(sparkle, olga, session):
    """Sparkle is at "shine" since `AT`."""
    portal_address.change(sparkle, "shine", by=by(olga), at=AT)
    session.commit()
    return sparkle


def ask(app, host, path="/portal/quotes?show=open", method="GET", **more):
    open_page = app.test_client().open  # in a context of its own, as in tests/browser.py
    return Context().run(open_page, path, method=method, base_url=f"https://{host}.sergio.test/", **more)


def test_the_move_is_in_the_audit_trail(moved, session):
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "changed_address")).one()
    assert (entry.actor_name, entry.before, entry.after) == (
        "Olga Petrova",
        {"subdomain": "sparkle"},
        {"subdomain": "shine"},
    )
    row = session.scalars(select(FormerSubdomain)).one()
    assert (row.subdomain, row.left_by, row.left_at, row.kept_until) == ("sparkle", "Olga Petrova", AT, AT + 90 * DAY)


@pytest.mark.parametrize(
    ("path", "leads_to"),
    [
        ("/", "/"),
        ("/portal/quotes?show=open&page=2", "/portal/quotes?show=open&page=2"),
        ("/portal/sign-in/some-token", "/portal/sign-in/some-token"),
        ("/no/such/page", "/no/such/page"),
        ("/a%20b%0d%0aSet-Cookie:x?q=%0d%0a", "/a%20b%0D%0ASet-Cookie:x?q=%0d%0a"),
        ("/%C3%A9?%C3%A9", "/%C3%A9?%C3%A9"),
    ],
)
def test_reading_on_the_old_host_leads_to_the_same_page_of_the_new_one(app, moved, path, leads_to):
    for method in ("GET", "HEAD"):
        response = ask(app, "sparkle", path, method)
        assert response.status_code == 308
        assert response.location == f"https://shine.sergio.test{leads_to}"
        assert response.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in response.headers


def test_a_path_that_looks_like_a_host_stays_a_path(app, moved):
    response = ask(app, "sparkle", environ_overrides={"PATH_INFO": "//evil.example/x", "QUERY_STRING": ""})
    assert response.location == "https://shine.sergio.test/evil.example/x"


@pytest.mark.parametrize("path", ["/portal/sign-in", "/office/sign-out", "/no/such/page", "/"])
def test_a_form_sent_to_the_old_host_ends_there(app, moved, path):
    response = ask(app, "sparkle", path, "POST", data={"email": "ana@example.com"}, headers=SAME_ORIGIN)
    assert response.status_code == 410
    assert "This page has moved" in response.text
    assert 'href="https://shine.sergio.test/"' in response.text
    assert "ana@example.com" not in response.text


def test_a_cookie_of_the_old_host_opens_nothing_there(app, browser_of, sparkle, ana, olga, session):
    browser = browser_of(ana)
    assert browser.get("/portal/").status_code == 200
    portal_address.change(sparkle, "shine", by=by(olga), at=clock.now())
    session.commit()
    assert browser.get("/portal/").status_code == 308
    assert Browser(app, "shine").get("/portal/").location.startswith("/portal/sign-in")


def test_a_repeat_view_is_not_answered_on_the_old_host(browser_of, sparkle, ana, olga, session):
    browser = browser_of(ana)
    browser.get("/portal/")
    tag = browser.get("/portal/").headers["ETag"]
    assert browser.get("/portal/", headers={"If-None-Match": tag}).status_code == 304
    portal_address.change(sparkle, "shine", by=by(olga), at=clock.now())
    session.commit()
    assert browser.get("/portal/", headers={"If-None-Match": tag}).status_code == 308


def test_the_old_address_is_kept_for_90_days_and_then_free(app, moved, world, rival, session):
    for days, why in ((0, "already taken"), (89, "already taken"), (91, "")):
        assert why in portal_address.why_not("sparkle", now=AT + days * DAY, company=rival)
        with time_machine.travel(AT + days * DAY, tick=False):
            assert ask(app, "sparkle").status_code == (308 if why else 404)
    assert "looks too much" in portal_address.why_not("spark1e", now=AT, company=rival)
    portal_address.change(rival, "sparkle", by=by(world.rita), at=AT + 91 * DAY)
    session.commit()
    assert "Rival" in ask(app, "sparkle", "/portal/sign-in").text


def test_the_company_may_take_its_old_address_back(app, moved, olga, session):
    portal_address.change(moved, "sparkle", by=by(olga), at=AT + DAY)
    session.commit()
    assert ask(app, "sparkle", "/portal/sign-in").status_code == 200
    assert ask(app, "shine").location == "https://sparkle.sergio.test/portal/quotes?show=open"
    assert session.scalars(select(FormerSubdomain.subdomain)).all() == ["shine"]


def test_after_two_moves_both_old_addresses_lead_to_the_present_one(app, moved, olga, session):
    portal_address.change(moved, "gleam", by=by(olga), at=AT + DAY)
    session.commit()
    for old in ("sparkle", "shine"):
        assert ask(app, old, "/").location == "https://gleam.sergio.test/"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("sparkle", "already your address"),
        ("rival", "already taken"),
        ("riva1", "looks too much"),
        ("adm1n", "reserved"),
        ("-x-", "Start and end"),
        ("", "between 3 and 63"),
    ],
)
def test_an_address_that_cannot_be_had_is_refused(sparkle, olga, name, words):
    with pytest.raises(Refused, match=words):
        portal_address.change(sparkle, name, by=by(olga), at=AT)
    assert sparkle.subdomain == "sparkle"


def test_a_company_that_an_operator_added_by_hand_is_seen(rival, session):
    session.execute(update(Company).where(Company.subdomain == "solo").values(subdomain_look=""))
    assert "already taken" in portal_address.why_not("solo", now=AT, company=rival)


def test_a_look_alike_of_its_own_address_may_be_taken(sparkle, olga):
    portal_address.change(sparkle, "spark-le", by=by(olga), at=AT)
    assert sparkle.subdomain == "spark-le"


def test_unknown_hosts_cost_one_statement_more_and_known_ones_none(app, moved, session, statements):
    for host, count in (("nobody", 2), ("shine", 1)):
        with statements() as seen:
            ask(app, host, "/portal/sign-in")
        assert len(seen) == count, seen


def test_the_owner_moves_and_stays_signed_in(app, browser_of, olga, session):
    browser = browser_of(olga)
    assert "have to sign in again" in browser.get(PAGE).text
    response = browser.post(PAGE, {"subdomain": "Shine"})
    url = urlsplit(hand_over_in(response))
    assert url.netloc == "shine.sergio.test"
    assert browser.get("/office/").status_code == 308
    there = Browser(app, "shine")
    landed = there.get(url.path, headers={"Referer": "https://sparkle.sergio.test/"})
    assert landed.location == PAGE
    page = there.get(PAGE).text
    assert "sparkle.sergio.test" in page
    assert "until" in page


@pytest.mark.parametrize(
    ("name", "words"), [("rival", "already taken"), ("adm1n", "reserved"), ("", "Choose an address"), ("x" * 64, "63")]
)
def test_bad_input_gets_a_sentence(browser_of, olga, sparkle, session, name, words):
    response = browser_of(olga).post(PAGE, {"subdomain": name})
    assert response.status_code == 422
    assert words in response.text
    session.refresh(sparkle)
    assert sparkle.subdomain == "sparkle"


def test_the_same_address_again_is_refused(browser_of, olga):
    response = browser_of(olga).post(PAGE, {"subdomain": "sparkle"})
    assert response.status_code == 303


def test_availability_is_told_while_typing(browser_of, olga):
    browser = browser_of(olga)
    assert "is available" in browser.get(f"{PAGE}/availability?subdomain=shine", htmx=True).text
    assert "already taken" in browser.get(f"{PAGE}/availability?subdomain=rival", htmx=True).text
    assert 'value="shine"' in browser.get(f"{PAGE}/suggestion?subdomain=shine", htmx=True).text


@pytest.mark.parametrize("role", ["theo", "nora"])
def test_only_an_owner_moves_the_company(browser_of, request, role, sparkle, session):
    browser = browser_of(request.getfixturevalue(role))
    assert browser.get(PAGE).status_code == 403
    assert browser.post(PAGE, {"subdomain": "shine"}).status_code == 403
    session.refresh(sparkle)
    assert sparkle.subdomain == "sparkle"


def test_extra_fields_change_nothing_and_are_noted(browser_of, olga, sparkle, session):
    browser_of(olga).post(PAGE, {"subdomain": "shine", "plan": "free", "company_id": "2"})
    session.rollback()
    assert (sparkle.subdomain, sparkle.plan) == ("shine", "starter")
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "sent_extra_fields")).one()
    assert entry.after == {"fields": ["company_id", "plan"]}


def test_a_company_holds_three_former_addresses_at_most(sparkle, olga, session):
    now = clock.now()
    for name in ("shine-one", "shine-two", "shine-three"):
        portal_address.change(sparkle, name, by=by(olga), at=now)
        session.flush()
    with pytest.raises(Refused, match="Your last 3 addresses still lead here"):
        portal_address.change(sparkle, "shine-four", by=by(olga), at=now)
    portal_address.change(sparkle, "sparkle", by=by(olga), at=now)
    assert sparkle.subdomain == "sparkle"


def test_a_preview_on_the_old_host_leads_to_the_new_one_too(app, moved):
    headers = {"Cookie": "__Host-preview=anything"}
    assert ask(app, "sparkle", path="/portal/", headers=headers).status_code == 308
