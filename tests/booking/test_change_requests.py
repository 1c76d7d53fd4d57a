"""Too late to change an appointment online: customers ask in their own words, and the office answers."""

import pytest
from sqlalchemy import select

from sergio.booking.change_requests import AppointmentChangeRequest, ask
from sergio.booking.models import Appointment
from sergio.extensions import db
from sergio.lib.refused import Refused
from tests.booking.builders import actor, appointment, at

PATH = "/portal/appointments/1/change-request"
SAID = {"message": "Could you come after lunch?"}


@pytest.fixture
def mine(session, ana, theo, cleaning):
    """Ana's appointment tomorrow at nine, which is within a day: too late to change it online."""
    row = appointment(cleaning, ana, theo, at(24, 7))
    session.commit()
    return row


def open_requests(session):
    session.rollback()
    return session.scalars(select(AppointmentChangeRequest).where(AppointmentChangeRequest.answered_at.is_(None))).all()


def test_the_page_says_the_rule_the_phone_number_and_how_to_ask(browser_of, ana, mine):
    page = browser_of(ana).get("/portal/appointments/1").text
    assert "Appointments can be rescheduled or canceled online up to 24 hours before they start." in page
    assert "(207) 555-0100" in page
    assert f'href="{PATH}"' in page
    form = browser_of(ana).get(PATH).text
    assert "24 hours before they start" in form
    assert "Call (207) 555-0100" in form


def test_a_customer_asks_and_the_office_finds_it_in_its_inbox(browser_of, ana, olga, mine, outbox, session):
    assert browser_of(ana).post(PATH, SAID).location == "/portal/appointments/1"
    assert "You asked us to change this appointment" in browser_of(ana).get("/portal/appointments/1").text
    assert outbox.subjects == ["Ana Ruiz asked to change the appointment on Tue, Nov 24, 2026, 7:00 AM"]
    assert SAID["message"] in outbox.emails[0].text
    inbox = browser_of(olga).get("/office/schedule/requests").text
    assert SAID["message"] in inbox
    assert "One customer asked to change an appointment" in browser_of(olga).get("/office/").text
    session.refresh(mine)
    assert mine.starts_at == at(24, 7)


def test_the_office_answers_by_email(browser_of, ana, olga, mine, outbox, session):
    browser_of(ana).post(PATH, SAID)
    page = browser_of(olga).get("/office/schedule/1/reply")
    assert SAID["message"] in page.text
    answer = {"reply": "Yes, Theo can come at two."}
    assert browser_of(olga).post("/office/schedule/1/reply", answer).location == "/office/schedule/requests"
    email = outbox.emails[-1]
    assert (email.to, email.subject) == ("ana@example.com", "About your appointment on Tue, Nov 24, 2026, 7:00 AM")
    assert answer["reply"] in email.text
    assert SAID["message"] in email.text
    assert open_requests(session) == []
    assert SAID["message"] not in browser_of(olga).get("/office/schedule/requests").text
    assert browser_of(olga).post("/office/schedule/1/reply", answer).location == "/office/schedule/1"


def test_the_answer_stays_on_the_appointments_page_until_it_is_moved(browser_of, ana, olga, theo, mine, session):
    browser_of(ana).post(PATH, SAID)
    answer = "Yes, Theo can come at two."
    browser_of(olga).post("/office/schedule/1/reply", {"reply": answer})
    page = browser_of(ana).get("/portal/appointments/1").text
    assert "You asked us to change this appointment. We answered on" in page
    assert answer in page
    assert SAID["message"] in page
    office = browser_of(olga).get("/office/schedule/1").text
    assert "Olga Petrova answered on" in office
    assert answer in office
    session.rollback()
    mine.rearrange(at(24, 14), 120, theo, message="", by=actor(theo), now=at(23, 18))
    session.commit()
    assert answer not in browser_of(ana).get("/portal/appointments/1").text


@pytest.mark.parametrize("how", ["move", "cancel"])
def test_moving_or_canceling_answers_it(session, ana, theo, mine, how):
    ask(mine, "Later, please", by=actor(ana), now=at(23, 9))
    session.commit()
    if how == "move":
        mine.rearrange(at(24, 13), 120, theo, message="", by=actor(theo), now=at(23, 10))
    else:
        mine.cancel(by=actor(theo), now=at(23, 10))
    session.commit()
    assert open_requests(session) == []


def test_staff_see_that_it_is_late_and_are_exempt(browser_of, olga, theo, mine, session):
    late = "Appointments can be rescheduled online up to 24 hours before they start. Your team can still change it."
    assert late in browser_of(olga).get("/office/schedule/1").text
    sent = {"slot": "", "on": "2026-11-24", "time": "10:00", "staff": theo.id, "minutes": ["120", "minutes"]}
    assert browser_of(olga).post("/office/schedule/1/move", sent).status_code == 303
    session.refresh(mine)
    assert mine.starts_at == at(24, 10)


def test_one_at_a_time_and_only_when_it_is_too_late(session, ana, mine):
    with pytest.raises(Refused, match="You can still choose another time yourself"):
        ask(mine, "Later", by=actor(ana), now=at(23, 7))
    ask(mine, "Later", by=actor(ana), now=at(23, 7, 1))
    session.commit()
    with pytest.raises(Refused, match="already asked"):
        ask(mine, "Later", by=actor(ana), now=at(23, 9))
    session.rollback()
    with pytest.raises(Refused, match="is over"):
        ask(mine, "Later", by=actor(ana), now=at(24, 9))


def test_two_presses_ask_once(at_once, session, ana, mine, slow_writing):
    number, by = mine.id, actor(ana)

    def press():
        ask(db.session.get_one(Appointment, number), "Later", by=by, now=at(23, 9))

    assert at_once(press, press) == ["You have already asked us. We'll email you our answer.", "done"]
    assert len(open_requests(session)) == 1


@pytest.mark.parametrize("message", ["", " ", "x" * 1001])
def test_an_empty_or_endless_message_is_refused(browser_of, ana, mine, session, message):
    assert browser_of(ana).post(PATH, {"message": message}).status_code == 422
    assert open_requests(session) == []


@pytest.mark.parametrize("person", ["ben", "cleo"])
def test_nobody_else_can_ask(browser_of, world, mine, person, session):
    browser = browser_of(getattr(world, person))
    assert browser.get(PATH).status_code == 404
    assert browser.post(PATH, SAID).status_code == 404
    assert open_requests(session) == []


def test_who_can_still_move_it_is_led_to_the_free_times(browser_of, ana, theo, cleaning, session):
    appointment(cleaning, ana, theo, at(27, 9))
    session.commit()
    assert browser_of(ana).get(PATH).location == "/portal/appointments/1/reschedule"


def test_another_company_finds_nothing(browser_of, world, mine, ana):
    browser_of(ana).post(PATH, SAID)
    assert browser_of(world.rita).get("/office/schedule/1/reply").status_code == 404
    assert SAID["message"] not in browser_of(world.rita).get("/office/schedule/requests").text
