"""Reminders of appointments: two days and two hours before, outside of quiet hours, once."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from sergio.audit.models import AuditEntry
from sergio.booking import jobs, reminders
from sergio.booking.guarantees import AppointmentGuarantee
from sergio.booking.reminders import DAYS_BEFORE, HOURS_BEFORE, AppointmentReminder, sent_between
from sergio.companies.models import Company
from sergio.extensions import db
from tests.booking.builders import LEAPS, actor, appointment, at
from tests.booking.test_settings import RULES

MINUTE = timedelta(minutes=1)


@pytest.fixture
def mine(session, ana, theo, cleaning):
    """Ana's appointment on Friday at three in the afternoon, of which nobody has emailed her yet."""
    row = appointment(cleaning, ana, theo, at(27, 15))
    session.commit()
    return row


@pytest.fixture
def remind(app, session, clock, work, outbox):
    """`remind(at)`: what the worker does then; the subjects of the emails so far."""

    def run(now: datetime) -> list[str]:
        clock.move_to(now)
        with app.app_context():
            jobs.find_reminders()
            db.session.commit()
        work()
        session.rollback()
        return outbox.subjects

    return run


SUBJECT = "Reminder: your appointment on Fri, Nov 27, 2026, 3:00 PM"


def test_customers_are_reminded_two_days_and_two_hours_before(remind, mine, outbox):
    assert remind(at(25, 15) - MINUTE) == []
    assert remind(at(25, 15)) == [SUBJECT]
    assert remind(at(25, 16)) == [SUBJECT]
    assert remind(at(27, 13) - MINUTE) == [SUBJECT]
    assert remind(at(27, 13)) == [SUBJECT, SUBJECT]
    assert remind(at(27, 14)) == [SUBJECT, SUBJECT]
    early, late = outbox.emails
    assert early.to == "ana@example.com"
    assert "7 Pine Road, Portland" in early.text
    assert "You can reschedule or cancel online until Thu, Nov 26, 2026, 3:00" in early.text
    assert "You can reschedule" not in late.text
    assert "Need to change something? Call (207) 555-0100 or email hello@sparkle.example." in late.text


@pytest.mark.parametrize(
    ("starts", "kind", "begin", "end"),
    [
        ((27, 15), DAYS_BEFORE, (25, 15), (26, 15)),
        ((27, 15), HOURS_BEFORE, (27, 13), (27, 14, 30)),
        ((27, 22), DAYS_BEFORE, (26, 8), (26, 22)),  # after the quiet hours
        ((27, 6), DAYS_BEFORE, (25, 8), (26, 6)),
        ((27, 9), HOURS_BEFORE, (27, 8), (27, 8, 30)),
        ((27, 8), HOURS_BEFORE, (26, 20), (26, 21)),  # the evening before, because after them is too late
        ((27, 10), HOURS_BEFORE, (27, 8), (27, 9, 30)),
        ((27, 23), HOURS_BEFORE, (27, 20), (27, 21)),
    ],
)
def test_no_reminder_is_sent_in_quiet_hours(sparkle, starts, kind, begin, end):
    assert sent_between(at(*starts), kind, sparkle) == (at(*begin), at(*end))


def test_a_company_without_quiet_hours_reminds_at_night(sparkle):
    sparkle.quiet_from = sparkle.quiet_until = 8
    assert sent_between(at(27, 5), HOURS_BEFORE, sparkle) == (at(27, 3), at(27, 4, 30))


def test_a_worker_that_comes_back_at_night_waits_for_the_morning(remind, mine):
    assert remind(at(25, 23)) == []
    assert remind(at(26, 7)) == []
    assert remind(at(26, 8)) == [SUBJECT]


@pytest.mark.parametrize("now", [at(26, 15), at(27, 14, 30), at(27, 15), at(28, 9)])
def test_nobody_is_reminded_too_late_or_of_the_past(remind, mine, now):
    assert remind(now) == []


def test_who_has_just_booked_needs_no_reminder(session, remind, browser_of, ana, cleaning, mine, clock):
    clock.move_to(at(25, 10))
    mine.told_at = at(25, 3) + MINUTE
    session.commit()
    assert remind(at(25, 15)) == []
    assert remind(at(27, 13)) == [SUBJECT]


@pytest.mark.parametrize("event", ["canceled", "requested", "completed", "unpaid"])
def test_nobody_is_reminded_of_what_does_not_take_place(session, remind, mine, theo, event):
    if event == "canceled":
        mine.cancel(by=actor(theo), now=at(24, 9), message=None)
    elif event == "unpaid":
        mine.guarantee = AppointmentGuarantee(company_id=mine.company_id, kind="card", due_at=at(27, 15))
    elif event == "completed":
        mine.completed_at = at(24, 9)
    else:
        mine.approval = "requested"
    session.commit()
    assert remind(at(25, 15)) == []


def test_after_a_move_the_new_time_is_reminded_of_and_not_the_old(session, remind, mine, theo):
    mine.rearrange(at(30, 10), 120, theo, message=None, by=actor(theo), now=at(24, 9))
    session.commit()
    assert remind(at(25, 15)) == []
    assert remind(at(28, 10)) == ["Reminder: your appointment on Mon, Nov 30, 2026, 10:00 AM"]


def test_one_that_was_reminded_and_moved_is_reminded_again(session, remind, mine, theo):
    assert remind(at(25, 15)) == [SUBJECT]
    mine.rearrange(at(30, 10), 120, theo, message=None, by=actor(theo), now=at(25, 16))
    session.commit()
    assert len(remind(at(28, 10))) == 2
    mine.rearrange(at(27, 15), 120, theo, message=None, by=actor(theo), now=at(25, 17))
    session.commit()
    assert len(remind(at(25, 18))) == 2  # of this time it was


def test_a_reminder_that_was_found_is_not_sent_after_a_move(app, session, clock, work, outbox, mine, theo):
    clock.move_to(at(25, 15))
    with app.app_context():
        jobs.find_reminders()
        db.session.commit()
    mine.rearrange(at(30, 10), 120, theo, message=None, by=actor(theo), now=at(25, 15))
    session.commit()
    work()
    assert outbox.subjects == []


def test_a_company_can_turn_reminders_off(session, remind, sparkle, mine):
    sparkle.reminds_days_before = False
    session.commit()
    assert remind(at(25, 15)) == []
    assert remind(at(27, 13)) == [SUBJECT]


def test_a_customer_without_an_email_address_is_not_reminded(session, remind, ana, mine):
    ana.email = ""
    session.commit()
    assert remind(at(25, 15)) == []


def test_a_worker_that_dies_in_the_middle_sends_it_once(app, session, clock, mine, outbox, monkeypatch):
    clock.move_to(at(25, 15))
    monkeypatch.setattr(reminders.emails, "coming_up", die)
    with app.app_context(), pytest.raises(SystemExit):
        jobs.remind(mine.id, DAYS_BEFORE)
    monkeypatch.undo()
    for _again in range(2):
        with app.app_context():
            jobs.remind(mine.id, DAYS_BEFORE)
            db.session.commit()
    assert outbox.subjects == [SUBJECT]


def die(*_args):
    raise SystemExit


def test_two_workers_send_it_once(clock, at_once, session, mine, slow_writing):
    """The control is the unique key: without the lock, the second one fails at it."""
    clock.move_to(at(25, 15))
    one = mine.id
    assert at_once(lambda: jobs.remind(one, DAYS_BEFORE), lambda: jobs.remind(one, DAYS_BEFORE)) == ["done"] * 2
    session.rollback()
    assert session.scalar(select(func.count(AppointmentReminder.id))) == 1


def test_the_same_reminder_cannot_be_stored_twice(session, mine):
    row = {"company_id": mine.company_id, "appointment_id": mine.id, "starts_at": mine.starts_at, "at": mine.starts_at}
    session.add_all([AppointmentReminder(**row, kind=DAYS_BEFORE) for _twice in range(2)])
    with pytest.raises(IntegrityError):
        session.flush()
    session.rollback()


@pytest.mark.parametrize(("zone", "day", "_skipped", "_repeated"), LEAPS)
def test_reminders_keep_their_distance_where_clocks_change(zone, day, _skipped, _repeated):
    """Two hours are two hours of time, and the quiet hours are those of the clock on the wall."""
    company = Company(time_zone=zone, quiet_from=21, quiet_until=8)
    noon = datetime(*day, 12, tzinfo=company.zone)
    begin, end = sent_between(noon, HOURS_BEFORE, company)
    assert noon.timestamp() - begin.timestamp() == 2 * 3600
    begin, end = sent_between(datetime(*day, 8, 30, tzinfo=company.zone), HOURS_BEFORE, company)
    assert (begin.astimezone(company.zone).hour, end.astimezone(company.zone).hour) == (20, 21)
    assert begin.astimezone(company.zone).date() == date(*day) - timedelta(days=1)
    for hour in range(24):
        begin, end = sent_between(datetime(*day, hour, tzinfo=company.zone), DAYS_BEFORE, company)
        assert 8 <= begin.astimezone(company.zone).hour < 21
        assert begin.timestamp() < end.timestamp() <= datetime(*day, hour, tzinfo=company.zone).timestamp()


def test_the_finding_of_reminders_is_one_statement_a_company(app, session, ana, theo, windows, statements, clock):
    def count(now):
        clock.move_to(now)
        company_id = windows.company_id
        with statements() as seen, app.app_context():
            list(reminders.due(db.session.get_one(Company, company_id), now))
        return len(seen)

    appointment(windows, ana, theo, at(27, 9))
    session.commit()
    one = count(at(25, 10))
    for hour in (10, 11, 12, 13):
        appointment(windows, ana, theo, at(27, hour))
    session.commit()
    assert count(at(25, 10)) == one == 2


def test_the_settings_are_saved_and_refuse_nonsense(browser_of, world, session, sparkle):
    browser = browser_of(world.olga)
    assert "9:00\u00a0PM" in browser.get("/office/settings/booking").text
    rules = RULES | {"reminds_hours_before": "y", "quiet_from": "22", "quiet_until": "7"}
    assert browser.post("/office/settings/booking", rules).status_code == 303
    session.refresh(sparkle)
    assert (sparkle.quiet_from, sparkle.quiet_until) == (22, 7)
    assert (sparkle.reminds_days_before, sparkle.reminds_hours_before) == (False, True)
    assert browser.post("/office/settings/booking", rules | {"quiet_from": "24"}).status_code == 422


def test_the_audit_trail_has_each_reminder(remind, mine, session):
    remind(at(25, 15))
    entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "reminded")).all()
    assert [(entry.subject, entry.subject_id, entry.actor_kind) for entry in entries] == [
        ("appointment", mine.id, "system")
    ]
