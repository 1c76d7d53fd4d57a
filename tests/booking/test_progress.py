"""On my way, started, done: each a fact with its time and person, pressed twice only once, undone for a mistake."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from sergio.booking import progress
from sergio.booking.models import Appointment
from sergio.booking.progress import DONE, ON_WAY, STARTED, AppointmentStep
from sergio.extensions import db
from sergio.jobs.models import Job
from sergio.lib.refused import Refused
from sergio.staff.models import TECHNICIAN
from tests import factories
from tests.booking.builders import actor, appointment, at

PAGE = "/office/schedule/1"
QUARTER_TO_NINE = at(25, 8, 45)


@pytest.fixture
def mine(clock, ana, theo, cleaning):
    """Ana's deep clean by Theo on Wednesday, nine to eleven; it is a quarter to nine."""
    clock.move_to(QUARTER_TO_NINE)
    return appointment(cleaning, ana, theo, at(25, 9))


@pytest.fixture
def van(browser_of, theo, mine):
    """Theo's phone."""
    return browser_of(theo)


def steps(session) -> list[tuple]:
    session.expire_all()
    rows = session.scalars(select(AppointmentStep).order_by(AppointmentStep.id))
    return [(row.kind, row.by, row.undone_at is None) for row in rows]


def test_theo_goes_there_starts_and_is_done(van, clock, session, browser_of, ana, olga, mine):
    assert "On my way</button>" in van.get(PAGE).text
    van.post(f"{PAGE}/way", {"minutes": 15})
    assert "On the way since 8:45\xa0AM, expected at about 9:00\xa0AM." in van.get(PAGE).text
    assert "On the way since 8:45\xa0AM" in browser_of(ana).get("/portal/appointments/1").text
    clock.move_to(at(25, 9, 2))
    van.post(f"{PAGE}/start")
    clock.move_to(at(25, 11))
    van.post(f"{PAGE}/done")
    assert steps(session) == [(kind, "Theo Laurent", True) for kind in (ON_WAY, STARTED, DONE)]
    assert mine.completed_at == at(25, 11)
    page = browser_of(olga).get(PAGE).text
    for words in ("Started at 9:02\xa0AM.", "Done at 11:00\xa0AM.", "Worked 1 hour 58 minutes.", "Create invoice"):
        assert words in page
    assert "Create invoice" not in van.get(PAGE).text


def test_the_customer_is_emailed_once_however_often_it_is_pressed(van, session, outbox, mine):
    for _press in range(2):
        assert van.post(f"{PAGE}/way", {"minutes": 15}).status_code == 303
    [email] = outbox.emails
    assert email.subject == "Theo is on the way"
    assert email.to == "ana@example.com"
    assert "Expected at about 9:00\xa0AM." in email.text
    van.post(f"{PAGE}/undo", {"step": session.scalars(select(AppointmentStep.id)).one()})
    van.post(f"{PAGE}/way")
    assert len(outbox.emails) == 1
    assert [kind for kind, _by, valid in steps(session) if valid] == [ON_WAY]


def test_a_colleague_who_takes_over_is_announced_too(session, outbox, sparkle, theo, mine):
    progress.set_out(mine, by=actor(theo), now=QUARTER_TO_NINE)
    assert outbox.subjects == ["Theo is on the way"]
    maya = factories.staff(sparkle, "Maya Stone", TECHNICIAN)
    mine.hand_over(maya, by=actor(theo), now=QUARTER_TO_NINE)
    progress.set_out(mine, by=actor(maya), now=QUARTER_TO_NINE)
    session.commit()
    assert outbox.subjects == [
        "Theo is on the way",
        "Maya will come on Wed, Nov 25, 2026, 9:00 AM",
        "Maya is on the way",
    ]


def test_an_email_that_would_arrive_long_after_is_not_written(van, clock, session, outbox, mine):
    van.post(f"{PAGE}/way")
    clock.move_to(QUARTER_TO_NINE + timedelta(hours=2))
    assert outbox.emails == []


def test_a_customer_whose_contacts_left_is_no_obstacle(van, session, outbox, ana, mine):
    ana.left_at = at(24, 9)
    session.commit()
    page = van.post(f"{PAGE}/way", follow_redirects=True).text
    assert "The customer has no email address, so call them." in page.replace("&#39;", "'")
    assert outbox.emails == []
    assert steps(session) == [(ON_WAY, "Theo Laurent", True)]


def test_done_without_start_is_allowed_and_undone_in_order(van, session, mine, clock):
    van.post(f"{PAGE}/way")
    van.post(f"{PAGE}/done")
    assert [kind for kind, _by, _valid in steps(session)] == [ON_WAY, DONE]
    on_way, done = session.scalars(select(AppointmentStep.id).order_by(AppointmentStep.id)).all()
    van.post(f"{PAGE}/undo", {"step": on_way})
    assert [valid for _kind, _by, valid in steps(session)] == [True, True]
    for _press in range(2):
        van.post(f"{PAGE}/undo", {"step": done})
    assert [valid for _kind, _by, valid in steps(session)] == [True, False]
    assert mine.completed_at is None
    clock.move_to(QUARTER_TO_NINE + timedelta(days=1, minutes=1))
    with pytest.raises(Refused, match="more than a day ago"):
        progress.undo(mine, on_way, by=actor(mine.staff), now=QUARTER_TO_NINE + timedelta(days=1, minutes=1))


@pytest.mark.parametrize(
    ("now", "arranged", "sentence"),
    [
        (at(24, 9), {}, "on the day of the appointment"),
        (at(26, 9), {}, "on the day of the appointment"),
        (QUARTER_TO_NINE, {"canceled_at": at(24, 9)}, "was canceled"),
        (QUARTER_TO_NINE, {"completed_at": at(25, 8)}, "already done"),
        (QUARTER_TO_NINE, {"approval": "requested"}, "has to be confirmed first"),
    ],
)
def test_what_makes_no_sense_is_refused(session, theo, mine, now, arranged, sentence):
    for name, value in arranged.items():
        setattr(mine, name, value)
    session.flush()
    for verb in (progress.set_out, progress.start):
        with pytest.raises(Refused, match=sentence):
            verb(mine, by=actor(theo), now=now)
    assert steps(session) == []


def test_an_appointment_of_yesterday_can_still_be_marked_as_done(van, clock, mine, session):
    clock.move_to(at(26, 9))
    page = van.get(PAGE).text
    assert "Done</button>" in page
    assert "On my way" not in page
    van.post(f"{PAGE}/done")
    assert steps(session) == [(DONE, "Theo Laurent", True)]


def test_a_move_to_another_day_begins_anew(van, session, theo, mine):
    van.post(f"{PAGE}/way")
    mine.starts_at, mine.ends_at, mine.free_at = at(26, 9), at(26, 11), at(26, 11)
    session.commit()
    assert "On the way since" not in van.get(PAGE).text
    progress.set_out(mine, by=actor(theo), now=at(26, 8))
    assert steps(session) == [(ON_WAY, "Theo Laurent", False), (ON_WAY, "Theo Laurent", True)]


def test_two_who_press_at_once_take_one_step(at_once, session, theo, olga, mine):
    def press(person):
        mine_id, by = mine.id, actor(person)
        return lambda: progress.finish(db.session.get_one(Appointment, mine_id), by=by, now=QUARTER_TO_NINE)

    assert at_once(press(theo), press(olga)) == ["done", "done"]
    assert [kind for kind, _by, _valid in steps(session)] == [DONE]


def test_control_without_reading_again_the_database_refuses_the_second(session, theo, mine, monkeypatch):
    monkeypatch.setattr(progress, "locked_steps", lambda appointment: [])
    progress.start(mine, by=actor(theo), now=QUARTER_TO_NINE)
    with pytest.raises(Exception, match=r"(?i)unique"):
        progress.start(mine, by=actor(theo), now=QUARTER_TO_NINE)


def test_the_summary_has_the_public_notes_and_waits_half_an_hour(van, session, clock, work, outbox, sparkle, mine):
    sparkle.emails_summary = True
    session.commit()
    van.post(f"{PAGE}/done")
    van.post(f"{PAGE}/notes", {"text": "The filter is new", "public": "y"})
    van.post(f"{PAGE}/notes", {"text": "Dog bites"})
    work()
    assert outbox.emails == []
    clock.move_to(QUARTER_TO_NINE + progress.SUMMARY_AFTER)
    work()
    [email] = outbox.emails
    assert email.subject == "Your appointment on Wed, Nov 25, 2026 is done"
    assert "The filter is new" in email.text
    assert "Dog bites" not in email.text


def test_no_summary_is_sent_by_default_nor_after_undo(van, session, clock, work, outbox, sparkle, mine):
    van.post(f"{PAGE}/done")
    assert session.scalars(select(Job.id).where(Job.name == "booking.summary")).all() == []
    [step] = session.scalars(select(AppointmentStep.id)).all()
    van.post(f"{PAGE}/undo", {"step": step})
    sparkle.emails_summary = True
    session.commit()
    van.post(f"{PAGE}/done")
    session.expire_all()
    van.post(f"{PAGE}/undo", {"step": max(session.scalars(select(AppointmentStep.id)))})
    clock.move_to(QUARTER_TO_NINE + progress.SUMMARY_AFTER)
    work()
    assert outbox.emails == []


def test_a_technician_who_lost_it_finds_nothing(van, session, sparkle, theo, mine):
    maya = factories.staff(sparkle, "Maya Stone", TECHNICIAN)
    mine.hand_over(maya, by=actor(theo), now=QUARTER_TO_NINE)
    session.commit()
    for path in ("way", "start", "done", "undo", "notes", "photos"):
        assert van.post(f"{PAGE}/{path}").status_code == 404
    for path in ("", "/notes", "/photos"):
        assert van.get(f"{PAGE}{path}").status_code == 404


@pytest.mark.parametrize("minutes", ["7", "-5", "100000", "soon", "", "\0"])
def test_a_made_up_arrival_time_is_left_out(van, session, mine, minutes):
    assert van.post(f"{PAGE}/way", {"minutes": minutes}).status_code == 303
    assert session.scalars(select(AppointmentStep.minutes)).all() == [None]


def test_each_step_is_in_the_activity_log(van, browser_of, olga, mine):
    van.post(f"{PAGE}/way", {"minutes": 15})
    van.post(f"{PAGE}/start")
    van.post(f"{PAGE}/done")
    page = browser_of(olga).get("/office/activity").text
    for words in ("On the way", "Started", "Completed"):
        assert words in page
