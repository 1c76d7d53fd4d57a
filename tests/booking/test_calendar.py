"""Appointments as calendar files, read back by icalendar."""

import re
from datetime import UTC, datetime
from email import message_from_bytes
from html import unescape
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from sergio.booking import calendar
from sergio.outbox.smtp import mail
from tests.booking.builders import appointment, at, choice, service


@pytest.fixture
def mine(ana, theo, cleaning):
    return appointment(cleaning, ana, theo, at(25, 9))


def event_of(text):
    parsed = Calendar.from_ical(text)
    (event,) = parsed.events
    return parsed, event


def test_a_customer_downloads_a_calendar_file(browser_of, ana, mine):
    response = browser_of(ana).get("/portal/appointments/1.ics")
    assert response.mimetype == "text/calendar"
    parsed, event = event_of(response.text)
    assert parsed["METHOD"] == "PUBLISH"
    assert [zone.tz_name for zone in parsed.timezones] == ["America/New_York"]
    assert (event.start, event.end) == (at(25, 9), at(25, 11))
    assert event["DTSTART"].params["TZID"] == "America/New_York"
    assert (event["SUMMARY"], event["LOCATION"]) == ("Deep clean · Sparkle Cleaning", "7 Pine Road, Portland")
    assert event["URL"] == "https://sparkle.sergio.test/portal/appointments/1"
    assert "ATTENDEE" not in event


def test_emails_add_change_and_remove_the_same_event(browser_of, ana, cleaning, outbox):
    browser = browser_of(ana)
    browser.post("/portal/book", choice(cleaning, ana, at(25, 9)))
    browser.post("/portal/appointments/1/reschedule", {"at": "2026-11-26T14:00Z"})
    browser.post("/portal/appointments/1/cancel")
    files = [message.attachments[0] for message in outbox.emails if message.to == ana.email]
    assert [kind for _, kind, _ in files] == [
        f"text/calendar; method={method}" for method in ("REQUEST", "REQUEST", "CANCEL")
    ]
    events = [event_of(text)[1] for _, _, text in files]
    assert len({event["UID"] for event in events}) == 1
    assert [event["SEQUENCE"] for event in events] == [0, 1, 2]
    assert [event["STATUS"] for event in events] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert [event.start for event in events] == [at(25, 9), at(26, 9), at(26, 9)]
    assert events[0]["ATTENDEE"] == "mailto:ana@example.com"
    assert events[0]["ORGANIZER"] == "mailto:hello@sparkle.example"


def test_the_office_gets_no_file(browser_of, ana, cleaning, outbox):
    browser_of(ana).post("/portal/book", choice(cleaning, ana, at(25, 9), notes="Mind the cat"))
    (office,) = (message for message in outbox.emails if message.to == "hello@sparkle.example")
    assert office.attachments == []
    assert "Mind the cat" in office.text
    assert "https://sparkle.sergio.test/office/schedule/1" in office.text


@pytest.mark.parametrize("hour", [5, 6])
def test_a_repeated_hour_is_unambiguous(session, sparkle, ana, theo, cleaning, hour):
    starts_at = datetime(2027, 11, 7, hour, 30, tzinfo=UTC)
    assert f"{starts_at.astimezone(ZoneInfo('America/New_York')):%H:%M}" == "01:30"
    row = appointment(cleaning, ana, theo, starts_at)
    assert event_of(calendar.invitation(row))[1].start.timestamp() == starts_at.timestamp()
    assert row.offset_minutes == {5: -240, 6: -300}[hour]


def test_typed_text_cannot_break_the_file(sparkle, ana, theo):
    hostile = service(sparkle, "Clean; or, not\r\nATTENDEE:mailto:eve@example.com")
    _, event = event_of(calendar.invitation(appointment(hostile, ana, theo, at(25, 9)), calendar.REQUEST))
    assert event["ATTENDEE"] == "mailto:ana@example.com"


def test_the_file_is_sent_by_email(browser_of, ana, cleaning, work):
    browser_of(ana).post("/portal/book", choice(cleaning, ana, at(25, 9)))
    with mail.record_messages() as sent:
        work()
    parts = [part for message in sent for part in message_from_bytes(message.as_bytes()).walk()]
    (part,) = (part for part in parts if part.get_content_type() == "text/calendar")
    assert (part.get_content_disposition(), part.get_param("method")) == (None, "REQUEST")
    assert part.get_param("charset") == "utf-8"
    assert event_of(part.get_payload(decode=True))[1]["SEQUENCE"] == 0
    (file,) = (part for part in parts if part.get_filename() == "appointment.ics")
    assert file.get_content_type() == "application/ics"
    assert file.get_payload(decode=True).replace(b"\r", b"") == part.get_payload(decode=True).replace(b"\r", b"")
    (around,) = (each for each in parts if each.is_multipart() and part in each.get_payload())
    assert around.get_content_type() == "multipart/alternative"
    assert [each.get_content_type() for each in around.get_payload()][::2] == ["text/plain", "text/calendar"]


def test_websites_of_calendars_open_with_the_appointment(browser_of, ana, mine):
    for page in ("", "/confirmation"):
        text = unescape(browser_of(ana).get(f"/portal/appointments/1{page}").text)
        urls = re.findall(r'href="(https://(?:calendar[.]google|outlook[.]live)[^"]*)"', text)
        google, outlook = (parse_qs(urlsplit(url).query) for url in urls)
        assert google["dates"] == ["20261125T140000Z/20261125T160000Z"]
        assert google["text"] == outlook["subject"] == ["Deep clean · Sparkle Cleaning"]
        assert google["location"] == outlook["location"] == ["7 Pine Road, Portland"]
        assert (outlook["startdt"], outlook["enddt"]) == (["2026-11-25T14:00:00Z"], ["2026-11-25T16:00:00Z"])
        assert "/portal/appointments/1.ics" in text
