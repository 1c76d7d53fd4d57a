"""Booking again what was done before: the service, the address and the answers are there already."""

import pytest

from sergio.booking.services import ServiceQuestion
from tests.booking.builders import appointment, at
from tests.factories import added


@pytest.fixture
def before(ana, theo, windows, session):
    """Ana's windows of last week, with her answer to the only question."""
    question = added(ServiceQuestion(company_id=windows.company_id, service_id=windows.id, wording="How many floors?"))
    appointment(windows, ana, theo, at(18, 9), answers=[["How many floors?", "Three of them"], ["Old one?", "Yes"]])
    session.commit()
    return question


def test_the_history_and_the_appointment_lead_to_the_times_of_the_same_work(browser_of, ana, before):
    browser = browser_of(ana)
    for page in ("/portal/history", "/portal/appointments/1"):
        assert 'href="/portal/book?again=1"' in browser.get(page).text
    assert browser.get("/portal/book?again=1").location == "/portal/book/time?service=1&place=1&again=1"
    assert 'name="again" value="1"' in browser.get("/portal/book/time?service=1&place=1&again=1").text


def test_the_answers_are_filled_in(browser_of, ana, before):
    chosen = "service=1&place=1&at=2026-11-25T14:00Z"
    assert "Three of them" in browser_of(ana).get(f"/portal/book/details?{chosen}&again=1").text
    assert "Three of them" not in browser_of(ana).get(f"/portal/book/details?{chosen}").text


def test_another_address_is_chosen_where_that_one_is_no_longer_used(browser_of, ana, before, session):
    ana.customer.properties[0].archived_at = at(20, 9)
    session.commit()
    assert browser_of(ana).get("/portal/book?again=1").location == "/portal/book/place?service=1"


@pytest.mark.parametrize("person", ["ben", "cleo"])
def test_nobody_else_can_book_it_again(browser_of, world, before, person):
    browser = browser_of(getattr(world, person))
    assert browser.get("/portal/book?again=1").status_code == 404
    assert browser.get("/portal/book?again=nothing").status_code == 404
