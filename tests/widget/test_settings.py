"""Settings -> Website widget and Settings -> Ways in."""

import re
from datetime import timedelta
from html import unescape
from io import BytesIO

import pytest
from pypdf import PdfReader

from sergio.audit.actor import BY_SYSTEM
from sergio.auth.models import SignIn
from sergio.auth.ways import QR, WIDGET
from sergio.lib import clock
from sergio.widget.models import WidgetHost
from sergio.widget.script import Script

PAGE = "/office/settings/widget"
WAYS_IN = "/office/settings/ways-in"


@pytest.fixture
def office(browser_of, olga):
    return browser_of(olga)


def code(page) -> str:
    return unescape(re.search(r'<textarea id="code"[^>]*>(.*?)</textarea>', page.text, re.DOTALL)[1])


def test_the_code_names_the_script_and_its_digest(office, sparkle):
    script = Script.of(sparkle)
    copied = code(office.get(PAGE))
    assert f'src="https://sparkle.sergio.test{script.path}" integrity="{script.integrity}"' in copied
    link = '<a href="https://sparkle.sergio.test/portal/?from=widget">Log in</a>'
    assert f"<sergio-login>{link}</sergio-login>" in copied


def test_the_look_is_in_the_code(office):
    query = "label=My+%22account%22+%3Cb%3E&size=large&color=own&own_color=%23123456&email=y&follows=y"
    copied = code(office.get(f"{PAGE}?{query}", htmx=True))
    assert '<sergio-login data-label="My &#34;account&#34; &lt;b&gt;" data-size="large" data-color="#123456"' in copied
    assert " data-email>" in copied
    assert 'src="https://sparkle.sergio.test/portal/widget.js"' in copied
    assert "integrity" not in copied


def test_a_button_for_booking_asks_for_no_address(office):
    copied = code(office.get(f"{PAGE}?show=book&email=y"))
    assert '<sergio-login data-show="book">' in copied
    assert "/portal/book?from=widget" in copied


@pytest.mark.parametrize("query", ["color=own&own_color=red;}", "color=url()", f"label={'x' * 41}", "size=%00"])
def test_what_is_no_look_is_left_out_of_the_code(office, query):
    page = office.get(f"{PAGE}?{query}")
    assert "<sergio-login><a" in code(page)
    assert page.status_code == 200


def test_the_websites_of_30_days_are_listed(office, sparkle, rival, session):
    today = clock.now().date()
    for company, host, days in ((sparkle, "new", 0), (sparkle, "old", 31), (rival, "theirs", 0)):
        session.add(WidgetHost(company=company, host=f"{host}.example", seen_on=today - timedelta(days=days)))
    session.commit()
    page = office.get(PAGE).text
    assert "new.example" in page
    assert "old.example" not in page
    assert "theirs.example" not in page


def test_old_notes_are_deleted(office, sparkle, session, work):
    old = clock.now() - timedelta(days=31)
    session.add(WidgetHost(company=sparkle, host="old.example", seen_on=old.date()))
    session.execute(WidgetHost.delete_expired(clock.now()), execution_options={"every_company": True})
    session.commit()
    assert session.execute(WidgetHost.lately(sparkle, old)).all() == []


def test_sign_ins_are_counted_by_way(office, ana, cleo, session):
    now = clock.now()
    for person, way, days in ((ana, QR, 1), (ana, QR, 2), (ana, WIDGET, 1), (ana, WIDGET, 31), (cleo, QR, 1)):
        at = now - timedelta(days=days)
        session.add(SignIn.start(person, browser="a test", by=BY_SYSTEM, now=at, way=way)[0])
    session.commit()
    rows = re.findall(r'<th scope="row">(.*?)</th><td class="amount">(\d+)', office.get(WAYS_IN).text)
    assert rows == [
        ("Link", "0"),
        ("Website widget", "1"),
        ("QR code", "2"),
        ("Text message", "0"),
        ("Email signature", "0"),
    ]


def test_a_counted_sign_in_stays_for_30_days_after_it_ended(sparkle, ana, session):
    now = clock.now()
    for way, days in ((QR, 10), ("", 10), (QR, 40)):
        at = now - timedelta(days=days)
        row = SignIn.start(ana, browser="a test", by=BY_SYSTEM, now=at, way=way)[0]
        session.add(row)
        row.end(by=BY_SYSTEM, now=at)
    session.add(SignIn.start(ana, browser="a test", by=BY_SYSTEM, now=now)[0])
    session.flush()
    session.execute(SignIn.delete_expired(now), execution_options={"every_company": True})
    kept = session.query(SignIn).filter_by(company_id=sparkle.id, contact_id=ana.id).order_by(SignIn.id)
    assert [row.way for row in kept] == [QR, ""]


def test_the_poster_has_the_code_and_the_address(office, sparkle):
    response = office.get(f"{WAYS_IN}/poster.pdf")
    assert response.mimetype == "application/pdf"
    [page] = PdfReader(BytesIO(response.get_data())).pages
    text = page.extract_text()
    assert "sparkle.sergio.test/portal" in text
    assert len(page.images) == 1


def test_each_way_has_its_mark(office):
    page = office.get(WAYS_IN).text
    for way in ("link", "sms", "signature"):
        assert f"https://sparkle.sergio.test/portal/?from={way}" in page


@pytest.mark.parametrize("path", [PAGE, WAYS_IN, f"{WAYS_IN}/poster.pdf"])
def test_a_technician_does_not_see_them(browser_of, theo, path):
    assert browser_of(theo).get(path).status_code == 403


@pytest.mark.parametrize("path", [PAGE, WAYS_IN])
def test_the_pages_take_few_statements(office, statements, path):
    office.get(path)
    with statements() as seen:
        office.get(path)
    assert len(seen) <= 4
