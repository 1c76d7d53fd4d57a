"""A customer invites their own people, chooses what they can do, and removes them; the office is told."""

import re
from html import unescape

import pytest
from sqlalchemy import select

from sergio.auth import people
from sergio.customers.models import Contact
from sergio.customers.roles import BOOKING, FULL, LIMITED, READ
from sergio.lib import clock
from sergio.lib.refused import Refused
from tests.factories import by

PEOPLE = "/portal/account/people"
CARLA = {"name": "Carla Ruiz", "email": "carla@example.com", "role": BOOKING}


def invite(browser, **more):
    return browser.post(PEOPLE, {**CARLA, **more}, follow_redirects=True)


def carla_of(session) -> Contact:
    session.rollback()
    return session.scalars(select(Contact).where(Contact.email_key == "carla@example.com")).one()


@pytest.fixture
def carla(browser_of, ana, session):
    invite(browser_of(ana))
    return carla_of(session)


def test_an_invited_person_signs_in_with_what_their_role_allows(browser_of, visitor, ana, sparkle, outbox, session):
    page = invite(browser_of(ana), role=LIMITED, most="500").text
    assert "We emailed an invitation to carla@example.com." in page
    assert "Up to a limit, $500.00 a day" in page
    carla = carla_of(session)
    assert (carla.role, carla.daily_limit, carla.limit_currency) == (LIMITED, 50_000, "USD")
    emails = {message.to: message for message in outbox.emails}
    assert "You can now use the account of Ana Ruiz" in emails["carla@example.com"].text
    told = emails["hello@sparkle.example"]
    assert told.subject == "Ana Ruiz changed who can use their account"
    assert "Carla Ruiz (carla@example.com) was invited: Up to a limit, $500.00 a day." in told.text
    [path] = re.findall(r"https://sparkle.sergio.test(/portal/invitation/\S+)", emails["carla@example.com"].text)
    assert visitor(sparkle).get(path).status_code == 200
    browser = browser_of(carla)
    assert browser.get("/portal/").status_code == 200
    assert browser.get(PEOPLE).status_code == 403
    assert "Your limit is $500.00 a day." in browser.get("/portal/account").text


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"name": ""}, "Enter their name."),
        ({"email": "nobody"}, "Enter a valid email address"),
        ({"email": "ANA@example.com"}, "Ana Ruiz already has this email address."),
        ({"role": "owner"}, "Not a valid choice"),
        ({"role": LIMITED}, "Enter an amount above zero"),
        ({"role": LIMITED, "most": "-1"}, "Enter an amount above zero"),
    ],
)
def test_wrong_input_gets_a_sentence(browser_of, ana, session, wrong, says):
    response = invite(browser_of(ana), **wrong)
    assert response.status_code == 422
    assert says in unescape(response.text)
    assert len(ana.customer.contacts) == 1


def test_what_they_can_do_is_changed_and_told(browser_of, ana, carla, outbox, session):
    browser = browser_of(ana)
    assert browser.post(f"{PEOPLE}/{carla.id}", {"role": READ}).status_code == 303
    session.refresh(carla)
    assert carla.role == READ
    assert "Carla Ruiz's access changed from “Booking only” to “Read only.”" in outbox.emails[-1].text


def test_the_office_reads_english_when_a_customer_reads_spanish(browser_of, ana, carla, outbox, session):
    ana.language = "es"
    session.commit()
    browser_of(ana).post(f"{PEOPLE}/{carla.id}", {"role": READ})
    assert "Carla Ruiz's access changed from “Booking only” to “Read only.”" in outbox.emails[-1].text


def test_a_removed_person_is_signed_out_at_once(browser_of, ana, carla, session):
    theirs = browser_of(carla)
    assert theirs.get("/portal/").status_code == 200
    assert browser_of(ana).post(f"{PEOPLE}/{carla.id}/removal").status_code == 303
    assert "/portal/sign-in" in theirs.get("/portal/").location


@pytest.mark.parametrize("path", ["", "/removal"])
def test_nobody_changes_or_removes_themselves(browser_of, ana, carla, session, path):
    answer = browser_of(ana).post(f"{PEOPLE}/{ana.id}{path}", {"role": READ}, follow_redirects=True)
    assert "Ask somebody else of your people" in answer.text
    session.refresh(ana)
    assert (ana.role, ana.left_at) == (FULL, None)


def test_somebody_who_may_do_everything_always_stays(ana, carla, session):
    carla.role = FULL
    ana.left_at = clock.now()
    session.flush()
    with pytest.raises(Refused, match="at least one contact"):
        people.remove(carla, ana, by=by(ana), at=clock.now())


def test_who_just_lost_the_role_invites_nobody(ana, session):
    ana.role = READ
    session.flush()
    facts = {"name": "Carla", "email": "carla@example.com", "access": {"role": FULL}}
    with pytest.raises(Refused, match="no longer change who uses"):
        people.invite(ana, **facts, by=by(ana), at=clock.now())


def test_another_customers_people_do_not_exist(browser_of, ana, ben, cleo, carla):
    browser = browser_of(ben)
    for path in (f"{PEOPLE}/{carla.id}", f"{PEOPLE}/{cleo.id}"):
        assert browser.get(path).status_code == 404
        for action in ("", "/removal", "/invitation"):
            assert browser.post(path + action, {"role": READ}).status_code == 404


def test_invitations_are_limited(browser_of, ana, session, monkeypatch):
    browser = browser_of(ana)
    again = [invite(browser, email="same@example.com").status_code for _time in range(4)]
    assert again == [200, 422, 422, 429]
    monkeypatch.setattr("sergio.auth.people.MOST", 2)
    assert "You already invited many people." in invite(browser, email="third@example.com").text


def test_an_invitation_is_sent_again_until_they_have_signed_in(browser_of, ana, carla, outbox):
    browser = browser_of(ana)
    before = len(outbox.emails)
    browser.post(f"{PEOPLE}/{carla.id}/invitation")
    assert [message.to for message in outbox.emails[before:]] == ["carla@example.com"]
    browser_of(carla)
    answer = browser.post(f"{PEOPLE}/{carla.id}/invitation", follow_redirects=True)
    assert "already uses the portal" in answer.text


def test_a_preview_shows_people_and_changes_nothing(browser_of, olga, ana, session):
    office = browser_of(olga)
    office.post("/office/preview", {"customer": ana.customer.number})
    assert "Ana Ruiz" in office.get(PEOPLE).text
    office.post(PEOPLE, CARLA)
    assert len(ana.customer.contacts) == 1


def test_the_list_takes_few_statements(browser_of, ana, session, statements):
    for number in range(15):
        session.add(
            Contact(company=ana.company, customer=ana.customer, name=f"P{number}", email=f"p{number}@example.com")
        )
    browser = browser_of(ana)
    session.commit()
    with statements() as seen:
        assert "P14" in browser.get(PEOPLE).text
    assert len(seen) <= 3, seen
