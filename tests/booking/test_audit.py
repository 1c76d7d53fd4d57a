"""Who booked, moved, canceled and completed an appointment, as the audit trail keeps it."""

import pytest
from sqlalchemy import select

from sergio.audit.models import AuditEntry
from sergio.lib.refused import Refused
from tests.booking.builders import actor, appointment, at, choice


@pytest.fixture
def entries(session):
    """`entries()`: the audit entries about appointments, the latest last."""

    def read():
        session.commit()
        return session.scalars(
            select(AuditEntry).where(AuditEntry.subject == "appointment").order_by(AuditEntry.id)
        ).all()

    return read


@pytest.fixture
def mine(ana, theo, cleaning):
    """Ana's appointment on Wednesday at nine."""
    return appointment(cleaning, ana, theo, at(25, 9))


def test_every_change_by_a_customer_is_recorded_with_both_times(browser_of, ana, theo, cleaning, entries):
    browser = browser_of(ana)
    browser.post("/portal/book", choice(cleaning, ana, at(25, 9)))
    browser.post("/portal/appointments/1/reschedule", {"at": "2026-11-26T14:00Z"})
    browser.post("/portal/appointments/1/cancel")
    nine = {"starts_at": at(25, 9).isoformat(), "ends_at": at(25, 11).isoformat(), "staff_id": theo.id}
    thursday = {"starts_at": at(26, 9).isoformat(), "ends_at": at(26, 11).isoformat(), "staff_id": theo.id}
    booked, moved, canceled = entries()
    assert (booked.action, booked.before, booked.after) == ("booked", {}, nine)
    assert (moved.action, moved.before, moved.after) == ("rescheduled", nine, thursday)
    assert (canceled.action, canceled.before) == ("canceled", thursday)
    for entry in (booked, moved, canceled):
        assert (entry.actor_kind, entry.actor_id, entry.actor_name) == ("contact", ana.id, "Ana Ruiz")
        assert (entry.subject, entry.number, entry.ip_address) == ("appointment", 1, "127.0.0.1")
        assert entry.request_id


def test_a_refused_action_is_not_recorded(browser_of, ana, sparkle, cleaning, mine, entries):
    sparkle.cancel_minutes = 7 * 24 * 60
    browser_of(ana).post("/portal/appointments/1/cancel")
    assert [entry.action for entry in entries()] == ["scheduled"]


def test_staff_complete_an_appointment(clock, mine, olga, entries):
    mine.complete(by=actor(olga), now=at(25, 11))
    assert mine.status(at(25, 11)) == "done"
    last = entries()[-1]
    assert (last.action, last.actor_kind, last.after) == (
        "completed",
        "staff",
        {"completed_at": at(25, 11).isoformat()},
    )


@pytest.mark.parametrize(
    ("person", "now", "canceled_at", "sentence"),
    [
        ("ana", at(25, 11), None, "Only staff"),
        ("olga", at(24, 23, 59), None, "has not started"),
        ("olga", at(25, 11), at(24, 9), "was canceled"),
    ],
)
def test_an_appointment_that_cannot_be_completed_is_unchanged(session, world, mine, person, now, canceled_at, sentence):
    mine.canceled_at = canceled_at
    session.flush()
    with pytest.raises(Refused, match=sentence):
        mine.complete(by=actor(getattr(world, person)), now=now)
    assert mine.completed_at is None
