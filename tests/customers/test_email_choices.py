"""A contact chooses in their account which emails they want, of those that are not essential."""

import pytest

from sergio.customers.roles import BILLING
from sergio.customers.unwanted_emails import UnwantedEmail
from sergio.lib import clock
from sergio.outbox.kinds import OPTIONAL
from tests.factories import by

PAGE = "/portal/account/emails"


def unwanted(person, session) -> set[str]:
    session.rollback()
    return UnwantedEmail.kinds_of(person)


def test_what_is_not_ticked_is_not_sent(browser_of, ana, session):
    browser = browser_of(ana)
    page = browser.get(PAGE).text
    assert page.count("checked") == len(OPTIONAL)
    assert browser.post(PAGE, {"wanted": ["appointment_soon", "work_done"]}).status_code == 303
    assert unwanted(ana, session) == set(OPTIONAL) - {"appointment_soon", "work_done"}
    assert browser.get(PAGE).text.count("checked") == 2
    browser.post(PAGE, {"wanted": list(OPTIONAL)})
    assert unwanted(ana, session) == set()


@pytest.mark.parametrize("name", ["invoice_sent", "sign_in", "nothing"])
def test_essential_emails_are_no_choice(browser_of, ana, session, name):
    browser = browser_of(ana)
    assert browser.post(PAGE, {"wanted": [name]}).status_code == 422
    assert unwanted(ana, session) == set()


def test_who_sees_no_work_is_asked_about_invoices_only_and_keeps_the_rest(browser_of, ana, theo, session):
    carla = ana.customer.add_contact("Carla", email="c@example.com", role=BILLING, by=by(theo), at=clock.now())
    session.flush()
    UnwantedEmail.choose(carla, {"work_done"}, by=by(theo), at=clock.now())
    session.commit()
    browser = browser_of(carla)
    assert "work_done" not in browser.get(PAGE).text
    browser.post(PAGE, {"wanted": []})
    assert unwanted(carla, session) == {"work_done", "invoice_due_soon"}


def test_two_choices_at_once_lose_nothing(browser_of, ana, session):
    browser = browser_of(ana)
    seen = browser.get(PAGE).text.split('name="seen" type="hidden" value="')[1].split('"')[0].replace("&#34;", '"')
    UnwantedEmail.choose(ana, {"work_done"}, by=by(ana), at=clock.now())
    session.commit()
    answer = browser.post(PAGE, {"wanted": ["appointment_soon"], "seen": seen})
    assert answer.status_code == 422
    assert "Someone else just changed this." in answer.text
    assert unwanted(ana, session) == {"work_done"}


def test_nobody_chooses_for_another_and_a_preview_changes_nothing(browser_of, olga, ana, ben, session):
    office = browser_of(olga)
    office.post("/office/preview", {"customer": ana.customer.number})
    assert office.get(PAGE).status_code == 200
    office.post(PAGE, {"wanted": []})
    browser_of(ben).post(PAGE, {"wanted": []})
    assert unwanted(ana, session) == set()


def test_the_page_takes_two_statements(browser_of, ana, statements):
    browser = browser_of(ana)
    with statements() as seen:
        assert browser.get(PAGE).status_code == 200
    assert len(seen) <= 2, seen
