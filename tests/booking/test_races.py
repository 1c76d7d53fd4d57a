"""Two customers book one time at the same moment: with real threads, and with the guard removed."""

import threading

import pytest
from sqlalchemy import select

from sergio.booking import slices
from sergio.booking.availability import Availability
from sergio.booking.busy import with_hours
from sergio.booking.models import Appointment, Taken
from sergio.booking.services import Service
from sergio.booking.slices import AppointmentSlice
from sergio.customers.models import Contact
from sergio.extensions import db
from sergio.lib.refused import Refused
from sergio.staff.models import TECHNICIAN
from tests import factories
from tests.booking.builders import MONDAY, actor, appointment, at

BOTH = 2


@pytest.fixture
def race(app, session):
    """`race(first, second)`: do both at once, each in its own app context; their outcomes, in order.

    Both read what is free before either writes: the moment in which checking first does not help.
    """
    gate = threading.Barrier(BOTH)

    def run(*doings):
        session.commit()
        outcomes = [None] * BOTH
        threads = [threading.Thread(target=compete, args=(app, gate, outcomes, n, do)) for n, do in enumerate(doings)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return outcomes

    return run


def compete(app, gate, outcomes, n, do):
    with app.app_context():
        stale = read_before(do)
        gate.wait()
        try:
            do(stale)
            db.session.commit()
            outcomes[n] = "done"
        except Refused as refusal:
            db.session.rollback()
            outcomes[n] = str(refusal)


def read_before(do) -> "Stale":
    """The free times before anyone wrote, with the database released again."""
    query = with_hours(select(Service).where(Service.id == do.service_id))
    rows = db.session.execute(query).all()
    found = Stale(rows[0][0], rows, now=MONDAY)
    try:
        found.free = Availability.staff_at(found, do.starts_at)
    except Taken as taken:
        found.taken = taken
    db.session.expunge_all()
    db.session.rollback()
    return found


class Stale(Availability):
    """Availability that does not check again in the transaction that books."""

    taken = None

    def staff_at(self, starts_at, hours=None, turn=0):
        if self.taken:
            raise self.taken
        return self.free


class Book:
    """Ana or Ben books a service."""

    def __init__(self, service, contact, starts_at):
        self.service_id, self.contact_id, self.starts_at = service.id, contact.id, starts_at

    def __call__(self, stale: Availability):
        contact = db.session.get_one(Contact, self.contact_id)
        stale.service = db.session.get_one(Service, self.service_id)
        stale.company = stale.service.company
        Appointment.book(
            stale,
            contact,
            contact.customer.properties[0],
            self.starts_at,
            notes="",
            answers=[],
            by=actor(contact),
            now=MONDAY,
        )


class Move:
    """Ana or Ben moves their appointment."""

    def __init__(self, appointment, starts_at):
        self.service_id, self.appointment_id, self.starts_at = appointment.service_id, appointment.id, starts_at

    def __call__(self, stale: Availability):
        appointment = db.session.get_one(Appointment, self.appointment_id)
        stale.service, stale.company = appointment.service, appointment.company
        appointment.reschedule(stale, self.starts_at, by=actor(appointment.contact), now=MONDAY)


def appointments_of(session):
    session.commit()
    return session.scalars(select(Appointment).order_by(Appointment.starts_at)).all()


def collide(appointments) -> bool:
    """Whether two appointments of one staff member overlap."""
    return any(
        a.staff_id == b.staff_id and a.starts_at < b.free_at and b.starts_at < a.free_at
        for a in appointments
        for b in appointments
        if a.id < b.id
    )


def test_one_of_two_books_and_the_other_is_told(race, session, ana, ben, theo, cleaning):
    outcomes = race(Book(cleaning, ana, at(25, 9)), Book(cleaning, ben, at(25, 9)))
    assert sorted(outcomes)[0].startswith("That time was just taken.")
    assert sorted(outcomes)[1] == "done"
    assert len(appointments_of(session)) == 1


def test_different_lengths_that_overlap_collide_as_well(race, session, ana, ben, cleaning, windows):
    outcomes = race(Book(cleaning, ana, at(25, 9)), Book(windows, ben, at(25, 11)))
    assert outcomes.count("done") == 1
    assert not collide(appointments_of(session))


def test_with_a_second_staff_member_both_are_served(race, session, sparkle, ana, ben, theo, cleaning):
    nora = factories.staff(sparkle, "Nora Lind", TECHNICIAN)
    assert race(Book(cleaning, ana, at(25, 9)), Book(cleaning, ben, at(25, 9))) == ["done", "done"]
    assert {appointment.staff_id for appointment in appointments_of(session)} == {theo.id, nora.id}


def test_of_two_who_move_to_one_time_one_keeps_their_old_time(race, session, ana, ben, theo, cleaning):
    mine, yours = appointment(cleaning, ana, theo, at(25, 9)), appointment(cleaning, ben, theo, at(25, 13))
    outcomes = race(Move(mine, at(26, 9)), Move(yours, at(26, 9)))
    assert outcomes.count("done") == 1
    assert len({row.starts_at for row in appointments_of(session)} & {at(25, 9), at(25, 13)}) == 1
    assert not collide(appointments_of(session))
    assert held(session) == wanted(session)


def test_two_who_swap_times_do_not_deadlock(race, session, ana, ben, theo, cleaning):
    mine, yours = appointment(cleaning, ana, theo, at(25, 9)), appointment(cleaning, ben, theo, at(25, 13))
    outcomes = race(Move(mine, at(25, 13)), Move(yours, at(25, 9)))
    assert "done" not in outcomes
    assert [row.starts_at for row in appointments_of(session)] == [at(25, 9), at(25, 13)]
    assert held(session) == wanted(session)


def test_two_moves_of_one_appointment_leave_no_quarter_hour_behind(race, session, ana, theo, cleaning):
    mine = appointment(cleaning, ana, theo, at(25, 9))
    assert race(Move(mine, at(26, 9)), Move(mine, at(27, 9))) == ["done", "done"]
    assert held(session) == wanted(session)


def test_control_without_the_unique_quarter_hours_two_are_booked(race, session, monkeypatch, ana, ben, cleaning):
    """The control: without the unique key, the races above book twice."""
    monkeypatch.setattr(slices, "take", lambda appointment, pairs: True)
    assert race(Book(cleaning, ana, at(25, 9)), Book(cleaning, ben, at(25, 9))) == ["done", "done"]
    assert collide(appointments_of(session))


def held(session):
    return sorted(
        session.execute(
            select(AppointmentSlice.staff_id, AppointmentSlice.quarter_hour, AppointmentSlice.appointment_id)
        ).all()
    )


def wanted(session):
    return sorted(
        (row.staff_id, quarter, row.id) for row in appointments_of(session) for quarter in slices.quarters(row)
    )
