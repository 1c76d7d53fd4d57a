"""A time that was chosen is held for ten minutes: for one person, under the key of appointments, and no longer."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from sergio.booking import slices
from sergio.booking.availability import Availability
from sergio.booking.holds import HOLD, BookingHold
from sergio.booking.jobs import free_expired
from sergio.booking.models import Appointment
from sergio.booking.services import Service, ServiceQuestion
from sergio.booking.slices import AppointmentSlice
from sergio.customers.models import Contact
from sergio.extensions import db
from tests.booking.builders import MONDAY, actor, address, appointment, at, choice
from tests.factories import added

SECOND = timedelta(seconds=1)
NINE = at(25, 9)


def hold(browser, service, contact, starts_at=NINE, **more):
    return browser.post("/portal/book/hold", choice(service, contact, starts_at, **more))


def book(browser, service, contact, starts_at=NINE, **more):
    return browser.post("/portal/book", choice(service, contact, starts_at, **more))


def holds(session) -> list[BookingHold]:
    session.commit()
    return list(session.scalars(select(BookingHold).order_by(BookingHold.id)))


def held_quarters(session) -> int:
    session.commit()
    return len(session.scalars(select(AppointmentSlice).where(AppointmentSlice.hold_id.is_not(None))).all())


def offers_nine(browser, service, contact) -> bool:
    return ">9:00\xa0AM<" in browser.get(address("time", service, contact, day="2026-11-25")).text


def test_a_time_that_was_chosen_is_held_and_the_page_says_until_when(browser_of, ana, ben, windows):
    browser = browser_of(ana)
    response = hold(browser, windows, ana)
    assert response.status_code == 303
    assert response.location.startswith("/portal/book/details?service=1&place=1&at=2026-11-25T14")
    assert "This time is held for you until 8:10\xa0AM." in browser.get(response.location).text
    assert offers_nine(browser, windows, ana)
    assert not offers_nine(browser_of(ben), windows, ben)


@pytest.mark.parametrize(("late", "status"), [(-SECOND, 422), (timedelta(0), 303)])
def test_nobody_else_books_it_until_the_hold_is_over(browser_of, clock, ana, ben, windows, late, status):
    hold(browser_of(ana), windows, ana)
    clock.move_to(MONDAY + HOLD + late)
    assert book(browser_of(ben), windows, ben).status_code == status


def test_a_second_choice_moves_the_hold(browser_of, ana, ben, windows, session):
    browser = browser_of(ana)
    for starts_at in (NINE, at(25, 10)):
        hold(browser, windows, ana, starts_at)
    assert [row.starts_at for row in holds(session)] == [at(25, 10)]
    assert held_quarters(session) == 4
    assert book(browser_of(ben), windows, ben).status_code == 303


def test_a_choice_that_cannot_be_had_leaves_the_hold_as_it_was(browser_of, ana, ben, theo, windows, session):
    appointment(windows, ben, theo, at(25, 10))
    browser = browser_of(ana)
    hold(browser, windows, ana)
    response = hold(browser, windows, ana, at(25, 10))
    assert "That time was just taken." in browser.get(response.location).text
    assert [row.starts_at for row in holds(session)] == [NINE]
    assert held_quarters(session) == 4


def test_the_same_choice_again_is_not_held_for_longer(browser_of, clock, ana, windows, session):
    browser = browser_of(ana)
    hold(browser, windows, ana)
    clock.move_to(MONDAY + timedelta(minutes=5))
    hold(browser, windows, ana)
    assert [row.held_until for row in holds(session)] == [MONDAY + HOLD]


def test_what_is_held_is_booked_with_the_quarter_hours_it_has(browser_of, ana, windows, session):
    browser = browser_of(ana)
    hold(browser, windows, ana)
    assert book(browser, windows, ana).status_code == 303
    assert holds(session) == []
    assert held_quarters(session) == 0
    assert len(session.scalars(select(AppointmentSlice)).all()) == 4


def test_another_time_than_the_held_one_is_booked_and_the_held_one_is_free(browser_of, ana, ben, windows, session):
    browser = browser_of(ana)
    hold(browser, windows, ana)
    assert book(browser, windows, ana, at(25, 11)).status_code == 303
    assert len(session.scalars(select(AppointmentSlice)).all()) == 4
    assert book(browser_of(ben), windows, ben).status_code == 303


@pytest.mark.parametrize(("is_held", "status"), [(True, 303), (False, 422)])
def test_the_notice_does_not_pass_while_the_details_are_filled_in(
    browser_of, clock, ana, windows, sparkle, is_held, status
):
    sparkle.lead_minutes = 24 * 60
    clock.move_to(at(24, 9))
    browser = browser_of(ana)
    if is_held:
        hold(browser, windows, ana)
    clock.move_to(at(24, 9) + HOLD - SECOND)
    assert book(browser, windows, ana).status_code == status


def test_the_notice_of_other_times_goes_on(browser_of, clock, ana, windows, sparkle):
    sparkle.lead_minutes = 24 * 60
    clock.move_to(at(24, 9))
    browser = browser_of(ana)
    hold(browser, windows, ana, at(25, 11))
    clock.move_to(at(24, 9) + SECOND)
    assert book(browser, windows, ana).status_code == 422


def test_a_hold_that_is_over_is_said_to_be_and_can_still_be_booked(browser_of, clock, ana, windows, session):
    browser = browser_of(ana)
    hold(browser, windows, ana)
    clock.move_to(MONDAY + HOLD)
    text = browser.get(address("details", windows, ana, NINE)).text
    assert "This time is no longer held for you, but it is still free." in text
    assert book(browser, windows, ana).status_code == 303
    assert len(session.scalars(select(AppointmentSlice)).all()) == 4


def test_what_somebody_else_took_after_the_hold_is_refused_with_other_times(browser_of, clock, ana, ben, windows):
    browser = browser_of(ana)
    hold(browser, windows, ana)
    clock.move_to(MONDAY + HOLD)
    book(browser_of(ben), windows, ben)
    refusal = book(browser, windows, ana, notes="Mind the dog.")
    assert refusal.status_code == 422
    assert "That time was just taken. Here are the closest free times." in refusal.text
    assert "Mind the dog." in refusal.text


def test_a_hold_of_a_longer_time_that_was_partly_taken_is_taken_whole(browser_of, clock, ana, ben, cleaning, session):
    """Ana's expired hold still has quarter hours; choosing the same time again must not count those that are gone."""
    browser = browser_of(ana)
    hold(browser, cleaning, ana)
    clock.move_to(MONDAY + HOLD)
    hold(browser, cleaning, ana)
    assert [row.held_until for row in holds(session)] == [MONDAY + 2 * HOLD]
    assert held_quarters(session) == 10


def test_back_keeps_what_was_typed(browser_of, ana, windows, session):
    asked = {"wording": "How many windows?", "kind": "text", "required": True, "options": []}
    question = added(ServiceQuestion(company_id=windows.company_id, service_id=windows.id, **asked))
    browser = browser_of(ana)
    details = hold(browser, windows, ana).location
    typed = {"notes": "Mind the dog.", f"question_{question.id}": "Eleven"}
    form = choice(windows, ana, NINE, day="2026-11-25", **typed)
    back = browser.post("/portal/book/typed?step=time", form)
    assert back.location == "/portal/book/time?service=1&place=1&day=2026-11-25"
    text = browser.get(details).text
    assert "Mind the dog." in text
    assert 'value="Eleven"' in text


@pytest.mark.parametrize(
    ("step", "path"), [("service", "/portal/book"), ("place", "/portal/book/place?service=1&place=1")]
)
def test_each_step_can_be_gone_back_to(browser_of, ana, windows, step, path):
    assert browser_of(ana).post(f"/portal/book/typed?step={step}", choice(windows, ana, NINE)).location == path


@pytest.mark.parametrize("path", ["/portal/book/hold", "/portal/book/typed?step=time"])
def test_a_neighbors_address_does_not_exist(browser_of, ana, ben, cleo, windows, session, path):
    form = choice(windows, ana, NINE) | {"place": ana.customer.properties[0].number + 1}
    assert browser_of(ana).post(path, form).status_code == 404
    assert browser_of(cleo).post(path, choice(windows, ana, NINE)).status_code == 404
    assert holds(session) == []


@pytest.mark.parametrize("starts_at", [at(22, 9), at(25, 8), at(25, 9, 7)])
def test_a_time_against_the_rules_is_not_held_and_the_next_page_says_why(browser_of, ana, windows, session, starts_at):
    browser = browser_of(ana)
    response = hold(browser, windows, ana, starts_at)
    assert "Choose another time" in browser.get(response.location).text
    assert holds(session) == []


def test_the_office_cannot_schedule_over_a_hold(browser_of, ana, ben, theo, windows, session):
    hold(browser_of(ana), windows, ana)
    with pytest.raises(slices.Taken):
        appointment(windows, ben, theo, NINE)
    session.rollback()


def test_what_is_over_is_freed_and_what_was_typed_stays_for_a_day(browser_of, clock, ana, windows, session):
    browser = browser_of(ana)
    hold(browser, windows, ana)
    browser.post("/portal/book/typed?step=time", choice(windows, ana, NINE, notes="Mind the dog."))
    for passed, held, kept in ((HOLD - SECOND, 4, 1), (HOLD, 0, 1), (timedelta(days=1), 0, 0)):
        clock.move_to(MONDAY + passed)
        free_expired()
        assert (held_quarters(session), len(holds(session))) == (held, kept)


class Hold:
    """Somebody chooses a time."""

    def __init__(self, service, contact, starts_at=NINE):
        self.ids, self.starts_at = (service.id, contact.id), starts_at

    def __call__(self):
        service, contact = (db.session.get_one(kind, id) for kind, id in zip((Service, Contact), self.ids, strict=True))
        self.do(Availability(service, now=self.now), contact, contact.customer.properties[0])

    now = MONDAY

    def do(self, availability, contact, place):
        BookingHold.take(availability, contact, place, self.starts_at, now=self.now)


class Confirm(Hold):
    """Somebody books, just when their hold is over."""

    now = MONDAY + HOLD

    def do(self, availability, contact, place):
        how = {"notes": "", "answers": [], "by": actor(contact), "now": self.now}
        Appointment.book(availability, contact, place, self.starts_at, **how)


def test_of_two_who_choose_one_time_at_once_one_holds_it(at_once, ana, ben, windows, session):
    assert at_once(Hold(windows, ana), Hold(windows, ben)) == ["That time was just taken.", "done"]
    assert (len(holds(session)), held_quarters(session)) == (1, 4)


def test_one_person_in_two_tabs_holds_one_time(at_once, ana, windows, session):
    assert at_once(Hold(windows, ana), Hold(windows, ana, at(25, 11))) == ["done", "done"]
    assert (len(holds(session)), held_quarters(session)) == (1, 4)


def test_a_hold_that_ends_while_it_is_confirmed_is_booked_once(at_once, ana, ben, windows, session):
    Hold(windows, ana)()
    outcomes = at_once(Confirm(windows, ana), Confirm(windows, ben))
    assert outcomes == ["That time was just taken.", "done"]
    [booked] = session.scalars(select(Appointment)).all()
    taken = session.scalars(select(AppointmentSlice)).all()
    assert {(row.appointment_id, row.hold_id) for row in taken} == {(booked.id, None)}
    assert len(taken) == 4


def test_control_without_the_unique_key_two_hold_one_time(at_once, monkeypatch, ana, ben, windows, session):
    monkeypatch.setattr(slices, "take", lambda owner, pairs: True)
    monkeypatch.setattr(slices, "prolong", lambda hold: 4)
    monkeypatch.setattr("sergio.booking.availability.among", lambda slots, starts_at: True)
    monkeypatch.setattr("sergio.booking.availability.least_busy", lambda *_facts: [1])
    free = {int(NINE.timestamp() // 60): [1]}
    monkeypatch.setattr("sergio.booking.availability.open_slots", lambda *_facts, **_length: free)
    assert at_once(Hold(windows, ana), Hold(windows, ben)) == ["done", "done"]
    assert len(holds(session)) == 2
