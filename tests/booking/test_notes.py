"""Notes on appointments: for the customer or for staff only, changed by their author."""

import pytest
from sqlalchemy import select

from sergio.booking.notes import AppointmentNote
from sergio.staff.models import TECHNICIAN
from tests import factories
from tests.booking.builders import appointment, at

PAGE = "/office/schedule/1"
NOTES = f"{PAGE}/notes"


@pytest.fixture
def van(clock, browser_of, ana, theo, cleaning):
    """Theo's phone, after Ana's appointment."""
    appointment(cleaning, ana, theo, at(23, 9))
    clock.move_to(at(23, 12))
    return browser_of(theo)


def texts(session) -> list[str]:
    session.expire_all()
    return list(session.scalars(select(AppointmentNote.text).order_by(AppointmentNote.id)))


def test_a_public_note_is_for_the_customer_another_is_not(van, browser_of, ana):
    van.post(NOTES, {"text": "The filter is new", "public": "y"})
    van.post(NOTES, {"text": "The dog <bites>"})
    page = van.get(PAGE).text
    assert "The dog &lt;bites&gt;" in page
    assert page.count("Customer sees it</span>\n") >= 1
    assert "Staff only" in page
    for path in ("/portal/appointments/1", "/portal/history"):
        theirs = browser_of(ana).get(path).text
        assert "The filter is new" in theirs
        assert "bites" not in theirs


def test_notes_that_the_company_hides_are_nowhere_in_the_portal(van, session, browser_of, ana, sparkle):
    van.post(NOTES, {"text": "The filter is new", "public": "y"})
    sparkle.shows_notes = False
    session.commit()
    for path in ("/portal/appointments/1", "/portal/history"):
        assert "The filter is new" not in browser_of(ana).get(path).text


def test_a_note_sent_twice_is_one(van, session):
    for _press in range(2):
        assert van.post(NOTES, {"text": "The filter is new"}).status_code == 303
    assert texts(session) == ["The filter is new"]


def test_an_empty_or_endless_note_is_told_beside_the_field(van, session):
    for text, sentence in (("  ", "Write the note first."), ("x" * 2001, "Use up to 2,000 characters.")):
        page = van.post(NOTES, {"text": text})
        assert page.status_code == 422
        assert sentence in page.text
    assert "x" * 2001 in page.text
    assert texts(session) == []


def test_a_note_of_a_page_that_was_open_for_too_long_is_not_lost(van, session):
    page = van.post(NOTES, {"text": "A long story", "csrf_token": "old"})
    assert page.status_code == 422
    assert "A long story" in page.text
    assert texts(session) == []


def test_its_author_changes_and_deletes_it(van, session, browser_of, olga):
    van.post(NOTES, {"text": "The filter is new"})
    note = session.scalars(select(AppointmentNote.id)).one()
    assert "The filter is new" in van.get(f"{NOTES}/{note}").text
    van.post(f"{NOTES}/{note}", {"text": "Both filters are new"})
    assert texts(session) == ["Both filters are new"]
    assert "edited" in van.get(PAGE).text
    van.post(f"{NOTES}/{note}/removal")
    assert texts(session) == []
    log = browser_of(olga).get("/office/activity").text
    for words in ("Added a note", "Changed a note", "Deleted a note", "Both filters are new"):
        assert words in log


def test_two_tabs_do_not_undo_each_other(van, session):
    van.post(NOTES, {"text": "One"})
    note = session.scalars(select(AppointmentNote.id)).one()
    seen = '{"text": "One", "public": false}'
    van.post(f"{NOTES}/{note}", {"text": "Two", "seen": seen})
    page = van.post(f"{NOTES}/{note}", {"text": "Three", "seen": seen})
    assert page.status_code == 422
    assert "Someone else just changed this to" in page.text
    assert texts(session) == ["Two"]


def test_only_its_author_and_the_office_change_a_note(van, session, browser_of, olga, sparkle):
    browser_of(olga).post(NOTES, {"text": "Call first"})
    note = session.scalars(select(AppointmentNote.id)).one()
    assert "Call first" in van.get(PAGE).text
    assert f"notes/{note}" not in van.get(PAGE).text
    assert van.get(f"{NOTES}/{note}").status_code == 404
    assert van.post(f"{NOTES}/{note}", {"text": "Mine"}).status_code == 404
    assert van.post(f"{NOTES}/{note}/removal").status_code == 404
    assert texts(session) == ["Call first"]


def test_a_note_belongs_to_its_appointment(van, session, browser_of, olga, ben, theo, cleaning):
    appointment(cleaning, ben, theo, at(24, 9))
    van.post(NOTES, {"text": "The filter is new"})
    note = session.scalars(select(AppointmentNote.id)).one()
    assert browser_of(olga).get(f"/office/schedule/2/notes/{note}").status_code == 404
    assert browser_of(olga).post(f"/office/schedule/2/notes/{note}/removal").status_code == 404


def test_a_colleague_without_the_appointment_finds_no_notes(van, session, browser_of, sparkle):
    maya = factories.staff(sparkle, "Maya Stone", TECHNICIAN)
    session.commit()
    assert browser_of(maya).post(NOTES, {"text": "Hello"}).status_code == 404
