"""A customer asks for another time: both are held until the office answers, and no answer costs the one they have."""

import pytest
from sqlalchemy import select

from sergio.booking import slices
from sergio.booking.availability import Availability
from sergio.booking.models import Appointment
from sergio.booking.slices import AppointmentSlice
from sergio.extensions import db
from sergio.staff.models import TimeOff
from tests.booking.builders import actor, appointment, at, choice

FRIDAY = {"at": "2026-11-27T15:00Z"}
NINE, TEN = "Wed, Nov 25, 2026, 9:00\xa0AM", "Fri, Nov 27, 2026, 10:00\xa0AM"


@pytest.fixture
def asked(browser_of, ana, theo, windows, session):
    """Ana has windows cleaned on Wednesday at nine, and asks for Friday at ten instead."""
    windows.needs_approval = True
    appointment(windows, ana, theo, at(25, 9))
    assert browser_of(ana).post("/portal/appointments/1/reschedule", FRIDAY).status_code == 303
    return session.scalars(select(Appointment)).one()


@pytest.fixture
def office(browser_of, olga):
    return browser_of(olga)


def held(session) -> set[int]:
    session.expire_all()
    return set(session.scalars(select(AppointmentSlice.quarter_hour)))


def quarters(starts_at) -> set[int]:
    first = int(starts_at.timestamp()) // 900
    return set(range(first, first + 4))


OLD, NEW = quarters(at(25, 9)), quarters(at(27, 10))


def test_both_times_are_held_and_both_sides_hear(asked, browser_of, ana, ben, windows, session, outbox):
    assert held(session) == OLD | NEW
    assert (asked.starts_at, asked.approval, asked.wanted_starts_at) == (at(25, 9), "", at(27, 10))
    theirs, ours = outbox.emails
    assert theirs.subject == "We received your request for Fri, Nov 27, 2026, 10:00 AM"
    assert f"Your appointment on {NINE} stays as it is until then." in theirs.text
    assert "STATUS:CONFIRMED" in browser_of(ana).get("/portal/appointments/1.ics").text
    assert "Both times are held until you answer." in ours.text
    for time in (at(25, 9), at(27, 10)):
        assert browser_of(ben).post("/portal/book", choice(windows, ben, time)).status_code == 422
    page = browser_of(ana).get("/portal/appointments/1").text
    assert f"You asked to move this appointment to {TEN}." in page


def test_declined_the_old_time_stays(asked, office, browser_of, ana, session, outbox):
    page = office.get("/office/schedule/1/decline").text
    assert "The appointment stays at its current time." in page
    office.post("/office/schedule/1/decline", {"message": "Fully booked", "sequence": 1})
    assert held(session) == OLD
    assert (asked.starts_at, asked.canceled_at, asked.wanted_starts_at) == (at(25, 9), None, None)
    letter = outbox.emails[-1]
    assert letter.subject == "We can't come on Fri, Nov 27, 2026, 10:00 AM"
    assert "Fully booked" in letter.text
    assert f"Your appointment on {NINE} stays as it was." in letter.text
    assert "Upcoming" in browser_of(ana).get("/portal/appointments/1").text


def test_accepted_it_moves_and_the_old_time_is_free(asked, office, session, outbox):
    assert TEN in office.get("/office/schedule/1").text
    office.post("/office/schedule/1/confirmation", {"sequence": 1})
    assert held(session) == NEW
    assert (asked.starts_at, asked.approval, asked.waiting_since) == (at(27, 10), "confirmed", None)
    assert [(move.old, move.new, move.by) for move in asked.moves] == [(at(25, 9), at(27, 10), "Olga Petrova")]
    assert "It was scheduled for" in outbox.emails[-1].text


def test_the_customer_keeps_the_current_time_after_all(asked, browser_of, ana, session):
    page = browser_of(ana).post("/portal/appointments/1/request/withdraw", follow_redirects=True)
    assert "Your appointment stays at its time." in page.text
    assert held(session) == OLD
    again = browser_of(ana).post("/portal/appointments/1/request/withdraw", follow_redirects=True)
    assert "You have not asked for another time." in again.text


def test_asked_again_only_the_last_time_is_held(asked, browser_of, ana, session):
    browser_of(ana).post("/portal/appointments/1/reschedule", {"at": "2026-11-27T15:30Z"})
    assert held(session) == OLD | quarters(at(27, 10, 30))


def test_a_time_that_overlaps_the_current_one_is_held_and_given_back(asked, browser_of, ana, office, session):
    browser_of(ana).post("/portal/appointments/1/reschedule", {"at": "2026-11-25T14:30Z"})
    assert held(session) == OLD | quarters(at(25, 9, 30))
    office.post("/office/schedule/1/decline", {"message": ""})
    assert held(session) == OLD


def test_canceled_or_done_nothing_is_held(asked, session, olga, office, theo, windows, ana):
    office.post("/office/schedule/1/cancel", {"reason": "Snow", "tell": "y"})
    assert held(session) == set()
    assert (asked.waiting_since, asked.cancel_reason) == (None, "Snow")


def test_done_the_time_asked_for_is_free(asked, session, olga):
    asked.complete(by=actor(olga), now=at(25, 10))
    session.commit()
    assert held(session) == OLD


def test_the_inbox_has_the_oldest_first_and_what_collides(
    asked, office, browser_of, ben, sparkle, theo, windows, session, clock
):

    clock.move_to(at(23, 9))
    browser_of(ben).post("/portal/book", choice(windows, ben, at(26, 9)))
    TimeOff.take(sparkle, theo, at(27, 8), at(27, 12), "Dentist", by=actor(theo), at=at(23, 9))
    page = office.get("/office/schedule/requests").text
    assert page.index("Ana Ruiz") < page.index("Ben Okafor")
    assert f"<dd>{NINE}</dd>" in page
    assert "Theo Laurent has time off then." in page
    assert 'class="count">2</span>' in office.get("/office/schedule").text


def test_the_inbox_takes_four_statements(asked, office, statements):
    office.get("/office/schedule/requests")
    with statements() as seen:
        office.get("/office/schedule/requests")
    assert len(seen) == 4  # who asks, the requests, their photos, the time off then


PROPOSED = ["2026-11-26T21:00Z", "2026-11-27T15:30Z"]


@pytest.fixture
def proposed(asked, office, theo):
    sent = {"times": [f"{time}~{theo.id}" for time in PROPOSED], "message": "Or call us", "sequence": 1}
    assert office.post("/office/schedule/1/proposal", sent).location == "/office/schedule/requests"
    return asked


def test_the_office_proposes_times_and_the_customer_chooses_one(proposed, office, browser_of, ana, session, outbox):
    letter = outbox.emails[-1]
    assert "Thu, Nov 26, 2026, 4:00\xa0PM" in letter.text
    assert "Or call us" in letter.text
    assert held(session) == OLD | NEW
    assert "Waiting for the customer" in office.get("/office/schedule/requests").text
    portal = browser_of(ana)
    assert f'value="{PROPOSED[0]}"' in portal.get("/portal/appointments/1").text
    page = portal.post("/portal/appointments/1/proposal", {"at": PROPOSED[0]}, follow_redirects=True)
    assert "Your appointment is now on Thu, Nov 26, 2026, 4:00\xa0PM." in page.text
    assert held(session) == quarters(at(26, 16))
    assert (proposed.approval, proposed.proposed, proposed.waiting_since) == ("confirmed", [], None)
    assert outbox.subjects[-1].startswith("Ana Ruiz rescheduled")


def test_a_proposed_time_that_is_taken_meanwhile_says_so(proposed, browser_of, ana, ben, theo, windows, session):
    appointment(windows, ben, theo, at(26, 16, 30))
    page = browser_of(ana).post("/portal/appointments/1/proposal", {"at": PROPOSED[0]}, follow_redirects=True)
    assert "That time was just taken. Choose one of the others" in page.text
    session.expire_all()
    assert (proposed.starts_at, len(proposed.proposed)) == (at(25, 9), 2)


@pytest.mark.parametrize("time", ["2026-11-26T15:00Z", "2026-11-27T15:00Z"])
def test_only_a_proposed_time_can_be_chosen(proposed, browser_of, ana, session, time):
    page = browser_of(ana).post("/portal/appointments/1/proposal", {"at": time}, follow_redirects=True)
    assert "That time is no longer offered." in page.text
    assert held(session) == OLD | NEW


@pytest.mark.parametrize("times", [[], ["2026-11-26T14:00Z~{}"] * 1 + ["x~1"], ["2026-11-26T14:07Z~{}"]])
def test_the_office_can_propose_only_free_times(asked, office, theo, session, times):
    sent = {"times": [each.format(theo.id) for each in times], "message": "Kept", "sequence": 1}
    response = office.post("/office/schedule/1/proposal", sent)
    assert response.status_code == 422
    assert "Kept" in response.text
    session.expire_all()
    assert asked.proposed == []


def test_two_customers_ask_for_one_time_and_one_gets_it(at_once, ana, ben, theo, windows, session):
    windows.needs_approval = True
    ids = [appointment(windows, ana, theo, at(25, 9)).id, appointment(windows, ben, theo, at(25, 13)).id]
    outcomes = at_once(*(asking(each) for each in ids))
    assert outcomes[1] == "done"
    assert outcomes[0].startswith("That time was just taken")
    assert held(session) == OLD | NEW | quarters(at(25, 13))


def test_control_without_the_unique_quarter_hours_both_get_it(at_once, ana, ben, theo, windows, session, monkeypatch):
    windows.needs_approval = True
    ids = [appointment(windows, ana, theo, at(25, 9)).id, appointment(windows, ben, theo, at(25, 13)).id]
    monkeypatch.setattr(slices, "take", lambda appointment, pairs: True)
    monkeypatch.setattr(Availability, "staff_at", lambda self, starts_at: [theo_id])
    theo_id = theo.id
    assert at_once(*(asking(each) for each in ids)) == ["done", "done"]


def asking(appointment_id: int):
    """Asks for Friday at ten."""

    def ask():
        mine = db.session.get_one(Appointment, appointment_id)
        availability = Availability(mine.service, now=at(23, 8), appointment=mine)
        mine.reschedule(availability, at(27, 10), by=actor(mine.contact), now=at(23, 8))

    return ask


def test_nobodys_mailbox_is_flooded_with_proposals(asked, office, theo, outbox):
    before, sent = len(outbox.subjects), {"times": [f"{time}~{theo.id}" for time in PROPOSED]}
    answers = [office.post("/office/schedule/1/proposal", sent).status_code for _time in range(8)]
    assert answers == [303] * 6 + [429] * 2
    assert len(outbox.subjects) == before + 6
