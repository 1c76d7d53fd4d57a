"""The calendars of staff: a link to their appointments, and busy times from another calendar."""

import threading
from datetime import timedelta
from html import unescape
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from icalendar import Calendar
from sqlalchemy import select

from sergio.audit.models import AuditEntry
from sergio.booking import calendar_jobs, desk, labels
from sergio.booking.availability import Availability
from sergio.booking.calendars import ERRORS, BusyTime, CalendarFeed, OtherCalendar
from sergio.booking.desk import Plan
from sergio.booking.handover import why_not
from sergio.extensions import db
from sergio.staff.models import StaffMember, TimeOff
from tests.booking.builders import MONDAY, actor, appointment, at, choice

HOUR = timedelta(hours=1)


def page_of(member, part: str = "") -> str:
    return f"/office/settings/hours/{member.id}/calendar{part}"


@pytest.fixture
def link(clock, browser_of, theo, session):
    """Theo's link, as the page shows it once."""
    text = browser_of(theo).post(page_of(theo, "/link")).text
    return "/calendar/" + text.partition("/calendar/")[2].partition('"')[0]


def events(response) -> list:
    return Calendar.from_ical(response.text).events


def test_the_link_shows_the_persons_appointments_and_no_phone_number(
    link, visitor, sparkle, ana, ben, theo, windows, session
):
    maya = StaffMember(company=sparkle, name="Maya Stone", email="maya@sparkle.example", bookable=True)
    session.add(maya)
    appointment(windows, ana, theo, at(25, 9), office_note="Key under the mat", notes="Mind the cat")
    appointment(windows, ben, maya, at(25, 9))
    appointment(windows, ben, theo, at(25, 11)).cancel(by=actor(theo), now=MONDAY)
    ana.phone = "+12075550123"
    session.commit()
    response = visitor(sparkle).get(link)
    assert response.mimetype == "text/calendar"
    (event,) = events(response)
    assert (event.start, event.end) == (at(25, 9), at(25, 10))
    assert (event["SUMMARY"], event["LOCATION"]) == ("Windows · Ana Ruiz", "7 Pine Road, Portland")
    assert event["URL"] == "https://sparkle.sergio.test/office/schedule/1"
    for secret in ("555", "mat", "cat", "example.com"):
        assert secret not in response.text


def test_who_cannot_open_the_settings_finds_their_hours_and_calendar_from_every_page(clock, browser_of, theo, olga):
    to_hours = '<a href="/office/settings/hours"'
    assert to_hours in browser_of(theo).get("/office/").text
    page = browser_of(theo).get("/office/settings/hours", follow_redirects=True).text
    assert f'href="{page_of(theo)}"' in page
    assert 'href="/office/settings/"' not in page
    assert to_hours not in browser_of(olga).get("/office/").text


def test_the_link_is_kept_as_a_digest_and_shown_once(link, browser_of, theo, session):
    feed = session.scalars(select(CalendarFeed)).one()
    token = link.removeprefix("/calendar/").removesuffix(".ics")
    assert len(token) == 43
    assert token not in repr(vars(feed))
    assert token not in browser_of(theo).get(page_of(theo)).text
    assert token not in repr([entry.after for entry in session.scalars(select(AuditEntry))])


def test_an_unchanged_calendar_is_not_sent_again(link, visitor, sparkle, ana, theo, windows, session):
    appointment(windows, ana, theo, at(25, 9))
    session.commit()
    browser = visitor(sparkle)
    tag = browser.get(link).headers["ETag"]
    again = browser.get(link, headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    appointment(windows, ana, theo, at(25, 11))
    session.commit()
    changed = browser.get(link, headers={"If-None-Match": tag})
    assert (changed.status_code, len(events(changed))) == (200, 2)


@pytest.mark.parametrize("how", ["revoked", "renewed", "left", "made up", "of another company"])
def test_a_link_that_does_not_work_is_not_found(link, visitor, browser_of, world, sparkle, theo, session, how):
    browser = visitor(world.rival if how == "of another company" else sparkle)
    if how in ("revoked", "renewed"):
        browser_of(theo).post(page_of(theo, "/link/revoke" if how == "revoked" else "/link"))
    elif how == "left":
        theo.left_at = MONDAY
        session.commit()
    path = link.replace(link[-10:-4], "AAAAAA") if how == "made up" else link
    assert browser.get(path).status_code == 404


def test_the_calendar_takes_two_statements_however_many_appointments(
    link, visitor, sparkle, ana, theo, windows, session, statements
):
    counts, browser = [], visitor(sparkle)
    for hour in (9, 11):
        appointment(windows, ana, theo, at(25, hour))
        session.commit()
        with statements() as seen:
            browser.get(link)
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 3, seen


def test_a_technician_has_only_their_own_calendar(browser_of, world, theo, olga, session):
    assert browser_of(theo).get(page_of(theo)).status_code == 200
    for part in ("", "/link", "/link/revoke", "/other", "/other/disconnect"):
        ask = browser_of(theo).post if part else browser_of(theo).get
        assert ask(page_of(olga, part)).status_code == 404
    assert browser_of(olga).get(page_of(theo)).status_code == 200
    assert browser_of(world.rita).get(page_of(theo)).status_code == 404


# Another calendar


@pytest.fixture
def website():
    """A calendar on this machine: `website.content` is what it has, `website.resolve` leads all names to it."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if server.content else 404)
            self.end_headers()
            self.wfile.write(server.content)

        def log_message(self, *_what):
            pass

    server = HTTPServer(("127.0.0.1", 0), Answer)
    server.content = busy_at(at(25, 12))
    server.resolve = lambda host, port: [server.server_address]
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def busy_at(starts_at) -> bytes:
    times = (f"DTSTART:{starts_at:%Y%m%dT%H%M%SZ}", f"DTEND:{starts_at + HOUR:%Y%m%dT%H%M%SZ}")
    lines = ("BEGIN:VCALENDAR", "BEGIN:VEVENT", "UID:1", "SUMMARY:The dentist", *times, "END:VEVENT", "END:VCALENDAR")
    return "\r\n".join([*lines, ""]).encode()


@pytest.fixture
def connected(clock, browser_of, theo, session):
    """Theo's other calendar, not read yet."""
    sent = {"url": "webcal://calendar.example/secret.ics"}
    assert browser_of(theo).post(page_of(theo, "/other"), sent).status_code == 303
    return session.scalars(select(OtherCalendar)).one()


@pytest.fixture
def refresh(app, session, website, connected):
    """`refresh()`: read it, as the worker does; then the row."""

    def run() -> OtherCalendar:
        number = connected.id
        session.commit()
        with app.app_context():
            db.session.get_one(OtherCalendar, number).url = "http://calendar.example/secret.ics"
            db.session.commit()
            calendar_jobs.refresh(number, website.resolve)
            db.session.commit()
        session.rollback()
        return session.get_one(OtherCalendar, connected.id)

    return run


def test_busy_times_cannot_be_booked(refresh, browser_of, ana, theo, windows, session):
    refresh()
    free = Availability(windows, now=MONDAY)
    assert free.refusal_for(at(25, 11)) is None
    assert free.refusal_for(at(25, 13)) is None
    assert "outside our working hours" in str(free.refusal_for(at(25, 12)))
    assert browser_of(ana).post("/portal/book", choice(windows, ana, at(25, 12))).status_code == 422
    assert browser_of(ana).post("/portal/book", choice(windows, ana, at(25, 13))).status_code == 303


def test_the_office_is_warned_and_sees_no_more_than_the_time(refresh, browser_of, olga, ana, theo, windows, session):
    refresh()
    warnings = desk.warnings(Plan(windows, theo, at(25, 12), 60), MONDAY)
    assert warnings == ["Theo Laurent's other calendar shows them as busy then."]
    assert "busy then" in why_not(appointment(windows, ana, theo, at(25, 12)), theo)
    session.commit()
    why = browser_of(olga).get(f"/office/schedule/why?service={windows.number}&on=2026-11-25&time=12:00").text
    assert "has time off, or is busy in another calendar." in why
    assert "dentist" not in browser_of(olga).get("/office/schedule?on=2026-11-25").text


def test_what_is_no_longer_there_is_free_again(refresh, website, windows, session):
    refresh()
    website.content = busy_at(at(26, 12))
    refresh()
    assert [row.starts_at for row in session.scalars(select(BusyTime))] == [at(26, 12)]
    assert Availability(windows, now=MONDAY).refusal_for(at(25, 12)) is None


def test_a_calendar_that_cannot_be_read_still_counts_and_the_page_says_so(
    refresh, website, browser_of, clock, theo, session
):
    refresh()
    website.content = b""
    clock.move_to(MONDAY + HOUR)
    row = refresh()
    assert (row.error, row.failures, row.next_at) == ("answer", 1, MONDAY + HOUR + HOUR / 2)
    assert len(session.scalars(select(BusyTime)).all()) == 1
    page = unescape(browser_of(theo).get(page_of(theo)).text)
    assert "We last read this calendar on Mon, Nov 23, 2026, 8:00" in page
    assert "The website didn't answer with a calendar." in page
    assert "The busy times from then still block bookings." in page
    website.content = busy_at(at(25, 12))
    assert refresh().error == ""


def test_every_reason_has_its_sentence():
    assert set(labels.TROUBLE) == set(ERRORS) - {""}


def test_a_worker_that_stopped_is_said_too(refresh, browser_of, clock, theo):
    refresh()
    clock.move_to(MONDAY + timedelta(days=2))
    assert "We last read this calendar on" in browser_of(theo).get(page_of(theo)).text


@pytest.mark.parametrize("content", [b"<html>Sign in</html>", b"BEGIN:VCALENDAR"])
def test_what_is_no_calendar_is_said(refresh, website, content):
    website.content = content
    assert refresh().error == "content"


def test_the_job_reads_public_addresses_only(app, session, connected, work):
    """The way the worker goes, to an address of our own network."""
    connected.url = "http://127.0.0.1:9/calendar.ics"
    session.commit()
    work()
    session.refresh(connected)
    assert (connected.error, connected.failures) == ("private", 1)


def test_the_worker_finds_the_calendars_whose_turn_it_is(app, session, connected, clock, work, theo):
    work()  # reads it once: the name leads nowhere
    session.refresh(connected)
    first = connected.next_at
    for now, failures in ((first - HOUR / 12, 1), (first, 2)):
        clock.move_to(now)
        with app.app_context():
            calendar_jobs.find_calendars()
            db.session.commit()
        work()
        session.refresh(connected)
        assert connected.failures == failures


def test_no_transaction_is_open_while_it_is_read(app, session, website, connected):
    number, connected.url = connected.id, "http://calendar.example/"
    session.commit()
    with app.app_context():
        own = db.session()

        def resolve(host, port):
            assert not own.in_transaction()
            return website.resolve(host, port)

        calendar_jobs.refresh(number, resolve)
        db.session.commit()
    session.refresh(connected)
    assert connected.error == ""


def test_what_was_removed_meanwhile_is_not_brought_back(app, session, website, browser_of, connected, theo):
    def resolve(host, port):
        with app.app_context():
            browser.post(path)
        return website.resolve(host, port)

    browser, path = browser_of(theo), page_of(theo, "/other/disconnect")
    number, connected.url = connected.id, "http://calendar.example/"
    session.commit()
    with app.app_context():
        calendar_jobs.refresh(number, resolve)
        db.session.commit()
    session.expire_all()
    assert session.scalars(select(BusyTime)).all() == []


def test_removing_it_frees_its_times(refresh, browser_of, theo, session):
    refresh()
    browser_of(theo).post(page_of(theo, "/other/disconnect"))
    session.expire_all()
    assert session.scalars(select(BusyTime)).all() == session.scalars(select(OtherCalendar)).all() == []


@pytest.mark.parametrize("url", ["", "calendar", "ftp://a.example/", "http://user:word@a.example/", "x" * 2001])
def test_what_is_no_link_is_refused(clock, browser_of, theo, session, url):
    assert browser_of(theo).post(page_of(theo, "/other"), {"url": url}).status_code == 422
    assert session.scalars(select(OtherCalendar)).all() == []


def test_links_that_are_tried_one_after_the_other_are_limited(clock, browser_of, theo):
    browser = browser_of(theo)
    tried = [browser.post(page_of(theo, "/other"), {"url": ""}).status_code for _ in range(11)]
    assert tried == [422] * 10 + [429]


def test_the_secret_of_the_link_is_shown_to_nobody(connected, browser_of, theo, olga, session):
    assert connected.url == "https://calendar.example/secret.ics"
    for page in (browser_of(olga).get(page_of(theo)), browser_of(olga).get("/office/activity")):
        assert "secret" not in page.text
    assert "calendar.example" in browser_of(olga).get(page_of(theo)).text


def test_time_off_and_busy_times_are_apart(refresh, session, sparkle, theo, windows):
    refresh()
    session.add(TimeOff(company=sparkle, staff_id=theo.id, starts_at=at(25, 12), ends_at=at(25, 13)))
    session.commit()
    assert desk.warnings(Plan(windows, theo, at(25, 12), 60), MONDAY) == ["Theo Laurent has time off then."]
