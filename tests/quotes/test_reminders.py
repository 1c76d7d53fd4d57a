"""Customers are reminded of quotes they did not answer: once, in the company's morning, until they answer."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from sergio.audit.actor import BY_SYSTEM
from sergio.quotes import jobs
from sergio.quotes.reminders import QuoteReminder
from tests.factories import by
from tests.quotes.builders import SIGNED, lines, sent, total

SENT = datetime(2026, 11, 2, 15, tzinfo=UTC)
LAST_DAY = date(2026, 11, 16)
EIGHT = datetime(2026, 11, 13, 13, tzinfo=UTC)  # 8:00 in New York, three days before
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def quote(session, ana):
    """A quote sent on a Monday, good for two weeks."""
    quote = sent(ana, at=SENT, valid_until=LAST_DAY)
    session.commit()
    return quote


def run(at: datetime):
    with time_machine.travel(at, tick=False):
        jobs.remind()


def reminded(session) -> list[tuple[str, int]]:
    session.expire_all()
    return [(row.kind, row.version) for row in session.scalars(select(QuoteReminder).order_by(QuoteReminder.id))]


def test_three_days_before_it_expires_the_customer_is_reminded_once(session, quote, outbox):
    for hours in (-24, -1, 0, 1, 3, 24, 48):
        run(EIGHT + hours * HOUR)
    assert reminded(session) == [("expiring", 1)]
    assert [email.subject for email in outbox.emails].count("Reminder: quote 1 is open until Nov 16, 2026") == 1
    assert "open until Nov 16" in outbox.emails[-1].text
    assert outbox.emails[-1].to == "ana@example.com"


@pytest.mark.parametrize("hour", [-1, 4, 12])
def test_nobody_is_reminded_outside_the_morning(session, quote, hour):
    run(EIGHT + hour * HOUR)
    assert reminded(session) == []


def test_a_missed_morning_is_made_up_the_next_day(session, quote):
    run(EIGHT + 2 * DAY + HOUR)
    assert reminded(session) == [("expiring", 1)]
    run(EIGHT + 4 * DAY)
    assert reminded(session) == [("expiring", 1)]


def test_an_expired_quote_is_not_reminded_of(session, quote):
    run(EIGHT + 4 * DAY)
    assert reminded(session) == []


@pytest.mark.parametrize(
    "answer",
    [
        lambda quote, ana: quote.accept(ana, SIGNED, [], version=1, shown=total(quote), by=by(ana), at=SENT),
        lambda quote, ana: quote.decline(ana, "", version=1, by=by(ana), at=SENT),
        lambda quote, ana: quote.ask_for_changes(ana, "Blue", version=1, by=by(ana), at=SENT),
        lambda quote, ana: quote.withdraw(by=BY_SYSTEM, at=SENT),
    ],
    ids=["accepted", "declined", "asked", "withdrawn"],
)
def test_any_answer_stops_it(session, ana, quote, answer):
    answer(quote, ana)
    if quote.change_requests:
        quote.reply("Blue it is.", by=BY_SYSTEM, at=SENT)
    session.commit()
    run(EIGHT)
    assert reminded(session) == []


def test_a_new_version_is_reminded_of_again(session, quote):
    run(EIGHT)
    quote.revise(lines()[:1], by=BY_SYSTEM, at=EIGHT + HOUR)
    session.commit()
    run(EIGHT + 2 * HOUR)
    assert reminded(session) == [("expiring", 1)]  # not on the day it was sent
    run(EIGHT + DAY)
    assert reminded(session) == [("expiring", 1), ("expiring", 2)]


def test_days_after_sending_if_the_company_wants_it(session, sparkle, quote):
    sparkle.quote_reminder_before, sparkle.quote_reminder_after = None, 5
    session.commit()
    monday = SENT.replace(hour=13)
    run(monday + 4 * DAY)
    assert reminded(session) == []
    run(monday + 5 * DAY)
    run(monday + 11 * DAY)
    assert reminded(session) == [("unanswered", 1)]


def test_no_company_is_reminded_that_wants_none(session, sparkle, quote):
    sparkle.quote_reminder_before = None
    session.commit()
    run(EIGHT)
    assert reminded(session) == []


@pytest.mark.parametrize(
    ("zone", "first"),
    [
        ("America/New_York", datetime(2026, 10, 30, 12, tzinfo=UTC)),  # summer time, until November 1
        ("Asia/Tokyo", datetime(2026, 10, 29, 23, tzinfo=UTC)),
        ("Pacific/Auckland", datetime(2026, 10, 29, 19, tzinfo=UTC)),
    ],
)
def test_the_morning_is_that_of_the_companys_time_zone(session, ana, sparkle, zone, first):
    sparkle.time_zone = zone
    sent(ana, at=datetime(2026, 10, 20, 15, tzinfo=UTC), valid_until=date(2026, 11, 2))
    session.commit()
    run(first - HOUR)
    assert reminded(session) == []
    run(first)
    assert reminded(session) == [("expiring", 1)]


def test_a_customer_without_a_contact_is_left_alone(session, ana, quote, outbox):
    ana.left_at = SENT
    session.commit()
    before = len(outbox.emails)
    run(EIGHT)
    assert (reminded(session), len(outbox.emails)) == ([], before)
