"""Owners dismiss events that were set aside, with a reason."""

import pytest

from sergio.audit.actor import BY_SYSTEM
from sergio.audit.models import AuditEntry
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.refused import Refused
from sergio.payments.stripe.events import StripeEvent
from tests.payments.test_webhook import pay_at_stripe


@pytest.fixture
def event(sandbox, receive_events, session, sparkle):
    """An event of a payment with a key we never gave."""
    pay_at_stripe(sandbox, {"attempt": "not ours to know"}, "acct_sparkle")
    receive_events()
    return session.scalars(StripeEvent.set_aside_for(sparkle)).first().id


@pytest.fixture
def dismiss(browser_of, olga, event):
    def press(reason="A test of ours", person=olga):
        return browser_of(person).post(f"/office/payments/events/{event}/dismissal", {"reason": reason})

    return press


def shown(browser_of, olga):
    return "Needs review" in browser_of(olga).get("/office/payments").text


def test_an_owner_dismisses_one_and_the_reason_is_kept(event, dismiss, browser_of, olga, session):
    assert f"/office/payments/events/{event}/dismissal" in browser_of(olga).get("/office/payments").text
    assert "never requested" in browser_of(olga).get(f"/office/payments/events/{event}/dismissal").text
    assert dismiss().status_code == 303
    assert not shown(browser_of, olga)
    session.rollback()
    (entry,) = session.scalars(db.select(AuditEntry).where(AuditEntry.action == "dismissed"))
    assert (entry.actor_name, entry.subject, entry.subject_id) == ("Olga Petrova", "stripe_event", event)
    assert entry.after["reason"] == "A test of ours"
    assert entry.after["set_aside"] == "unknown"


def test_a_reason_is_needed(dismiss, browser_of, olga):
    page = dismiss(" ")
    assert (page.status_code, "Enter a reason." in page.text) == (422, True)
    assert shown(browser_of, olga)


def test_only_an_owner_can_dismiss(dismiss, browser_of, olga, theo):
    dismiss(person=theo)
    assert shown(browser_of, olga)
    assert "/dismissal" not in browser_of(theo).get("/office/payments").text


def test_a_rivals_event_is_not_found(dismiss, world, event, browser_of):
    assert dismiss(person=world.rita).status_code == 404
    assert browser_of(world.rita).get(f"/office/payments/events/{event}/dismissal").status_code == 404


def test_dismissing_twice_is_refused(dismiss, session):
    dismiss()
    assert dismiss().status_code == 404
    session.rollback()
    assert len(session.scalars(db.select(AuditEntry).where(AuditEntry.action == "dismissed")).all()) == 1


def test_an_event_set_aside_for_another_reason_is_shown_again(dismiss, event, browser_of, olga, session):
    dismiss()
    session.rollback()
    row = session.get_one(StripeEvent, event)
    row.finish("unknown", company_id=row.company_id, at=clock.now())
    session.commit()
    assert not shown(browser_of, olga)
    row.finish("amount", company_id=row.company_id, at=clock.now())
    session.commit()
    assert shown(browser_of, olga)


def test_the_second_who_dismisses_is_told(event, session):
    row = session.get_one(StripeEvent, event)
    row.dismiss("mine", by=BY_SYSTEM, at=clock.now())
    with pytest.raises(Refused, match="Someone else"):
        row.dismiss("no, mine", by=BY_SYSTEM, at=clock.now())
    session.rollback()
