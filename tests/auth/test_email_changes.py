"""A contact changes their own email address: confirmed on the new one, told to the old one, other sign-ins end."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from html import unescape
from threading import Barrier

import pytest
import time_machine
from sqlalchemy import select

from sergio.audit.actor import BY_SYSTEM
from sergio.auth.email_changes import A_DAY, EmailChange
from sergio.auth.models import SignIn
from sergio.customers.models import Contact
from sergio.extensions import db
from sergio.lib import clock
from sergio.lib.refused import Refused
from sergio.overview import merging
from tests import factories

PAGE = "/portal/account/email"
USE = {"use": "yes"}
NEW = "ana.ruiz@example.com"


def ask(browser, email=NEW, **more):
    return browser.post(PAGE, {"email": email}, **more)


def path_in(message) -> str:
    [path] = re.findall(r"https://sparkle.sergio.test(/portal/new-email/\S+)", message.text)
    assert path in message.html
    return path


def link_to(outbox, email=NEW) -> str:
    """The path of the newest link to an address."""
    return path_in([message for message in outbox.emails if message.to == email and "Confirm" in message.subject][-1])


def address_of(person, session) -> str:
    session.rollback()
    session.refresh(person)
    return person.email


def test_the_new_address_is_confirmed_and_the_old_one_told(browser_of, visitor, ana, sparkle, outbox, session):
    browser, other = browser_of(ana), browser_of(ana)
    page = ask(browser, follow_redirects=True).text
    assert f"We emailed a link to {NEW}." in page
    assert address_of(ana, session) == "ana@example.com"
    phone = visitor(sparkle)
    path = link_to(outbox)
    assert phone.get(path).headers["Referrer-Policy"] == "no-referrer"
    assert "Your email address is changed" in phone.post(path, USE).text
    assert address_of(ana, session) == NEW
    told = {message.to: message.subject for message in outbox.emails}
    assert told["ana@example.com"] == "Your email address was changed"
    assert told["hello@sparkle.example"] == "Ana Ruiz changed their contact details"
    for each in (browser, other, phone):
        assert "/portal/sign-in" in each.get("/portal/").location


def test_the_browser_that_asked_and_opens_the_link_goes_on(browser_of, ana, outbox):
    browser, other = browser_of(ana), browser_of(ana)
    ask(browser)
    browser.post(link_to(outbox), USE)
    assert NEW in browser.get("/portal/account").text
    assert "/portal/sign-in" in other.get("/portal/").location


def test_who_asks_for_somebody_elses_address_does_not_get_their_accounts(browser_of, ana, ben, outbox, session):
    mallory, victim = browser_of(ben), browser_of(ana)
    ask(mallory, "ana@example.com")
    assert "Your email address is changed" in victim.post(link_to(outbox, "ana@example.com"), USE).text
    choice = mallory.get("/portal/sign-in/customer")
    assert choice.status_code == 303
    assert "/portal/sign-in" in choice.location
    assert ana.customer.name in victim.get("/portal/sign-in/customer").text


def test_nothing_changes_until_the_button_is_pressed(visitor, browser_of, ana, sparkle, outbox, session):
    ask(browser_of(ana))
    path = link_to(outbox)
    for fields in (None, {}, {"use": "no"}, {"use": "yes", "csrf_token": "forged"}):
        scanner = visitor(sparkle)
        assert (scanner.get(path) if fields is None else scanner.post(path, fields)).status_code == 200
    assert address_of(ana, session) == "ana@example.com"


@pytest.mark.parametrize("known", ["nobody@example.com", "ben@example.com", "carla@example.com"])
def test_the_answer_is_the_same_whose_address_it_is(browser_of, ana, known, outbox, session):
    session.add(Contact(company=ana.company, customer=ana.customer, name="Carla Ruiz", email="carla@example.com"))
    session.commit()
    page = ask(browser_of(ana), known, follow_redirects=True)
    assert page.status_code == 200
    assert f"We emailed a link to {known}." in page.text
    message = [each for each in outbox.emails if each.to == known][-1]
    assert "Ana" not in message.text


def test_a_colleagues_address_is_not_taken_over(browser_of, visitor, ana, sparkle, outbox, session):
    session.add(Contact(company=ana.company, customer=ana.customer, name="Carla Ruiz", email="carla@example.com"))
    session.commit()
    ask(browser_of(ana), "carla@example.com")
    answer = visitor(sparkle).post(link_to(outbox, "carla@example.com"), USE)
    assert answer.status_code == 404
    assert "already belongs to Ana Ruiz. Sign in with it." in answer.text
    assert address_of(ana, session) == "ana@example.com"


def replaced(browser, ana, session):
    ask(browser, "another@example.com")


def withdrawn(browser, ana, session):
    browser.post(f"{PAGE}/withdrawal")


def changed_by_staff(browser, ana, session):
    ana.email = "staff@example.com"


def gone(browser, ana, session):
    ana.left_at = clock.now()


@pytest.mark.parametrize("what", [replaced, withdrawn, changed_by_staff, gone])
def test_an_old_link_does_nothing(browser_of, visitor, ana, sparkle, outbox, session, what):
    browser = browser_of(ana)
    ask(browser)
    path = link_to(outbox)
    what(browser, ana, session)
    session.commit()
    guest = visitor(sparkle)
    assert guest.get(path).status_code == guest.post(path, USE).status_code == 404
    never = guest.get("/portal/new-email/" + "x" * 43)
    assert never.status_code == 404
    assert address_of(ana, session) != NEW


def test_a_link_works_once_and_for_a_day(browser_of, visitor, ana, sparkle, outbox, session):
    ask(browser_of(ana))
    path, guest = link_to(outbox), visitor(sparkle)
    with time_machine.travel(clock.now() + timedelta(hours=24), tick=False):
        assert guest.get(path).status_code == 404
    assert guest.post(path, USE).status_code == 200
    assert guest.post(path, USE).status_code == 404


@pytest.mark.parametrize(
    ("email", "says"),
    [
        ("", "Enter your new email address."),
        ("nobody", "Enter a valid email address"),
        ("ANA@example.com", "That is already your email address."),
    ],
)
def test_wrong_input_gets_a_sentence(browser_of, ana, session, email, says):
    response = ask(browser_of(ana), email)
    assert response.status_code == 422
    assert says in unescape(response.text)
    assert session.scalars(select(EmailChange)).all() == []


def test_too_many_are_refused(browser_of, ana):
    browser = browser_of(ana)
    answers = [ask(browser, f"new{number}@example.com").status_code for number in range(A_DAY + 1)]
    assert answers == [303] * A_DAY + [422]


def test_one_mailbox_gets_no_more_than_three(browser_of, ana):
    browser = browser_of(ana)
    assert [ask(browser, "same@example.com").status_code for _time in range(4)] == [303, 303, 303, 429]


def test_of_two_changes_at_once_one_waits(app, browser_of, ana, slow_writing, session):
    browser_of(ana)
    sign_in_id = session.scalars(select(SignIn.id).where(SignIn.contact_id == ana.id)).first()
    session.commit()
    start = Barrier(2)

    def begin(email):
        with app.app_context():
            sign_in = db.session.get_one(SignIn, sign_in_id)
            start.wait()
            EmailChange.ask(sign_in, email, by=BY_SYSTEM, at=clock.now())
            db.session.commit()

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(begin, ["one@example.com", "two@example.com"]))
    assert len(session.scalars(select(EmailChange).where(EmailChange.ended_at.is_(None))).all()) == 1


def test_of_two_presses_at_once_one_changes_it(app, browser_of, ana, outbox, slow_writing, session):
    ask(browser_of(ana))
    row_id = session.scalars(select(EmailChange.id)).one()
    session.commit()
    start = Barrier(2)

    def press(_number) -> str:
        with app.app_context():
            row = db.session.get_one(EmailChange, row_id)
            start.wait()
            try:
                row.confirm(None, by=BY_SYSTEM, at=clock.now())
                db.session.commit()
            except Refused as refusal:
                return str(refusal)
            return ""

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(press, [1, 2])) == ["", "This link no longer works."]
    assert outbox.subjects.count("Your email address was changed") == 1


def test_a_merge_ends_the_change_of_the_contact_that_goes(browser_of, ana, ben, outbox, session):
    ask(browser_of(ana))
    other = Contact(company=ana.company, customer=ben.customer, name="Ana Ruiz", email="ana@example.com")
    session.add(other)
    session.commit()
    merging.merge(ben.customer, ana.customer, by=BY_SYSTEM, at=clock.now())
    session.commit()
    assert session.scalars(select(EmailChange).where(EmailChange.ended_at.is_(None))).all() == []


def test_neither_a_preview_nor_a_role_without_details_asks(browser_of, olga, ana, session):
    office = browser_of(olga)
    office.post("/office/preview", {"customer": ana.customer.number})
    office.post(PAGE, {"email": NEW})
    carla = ana.customer.add_contact(
        "Carla", email="carla@example.com", role="read", by=factories.by(olga), at=clock.now()
    )
    session.commit()
    assert browser_of(carla).post(PAGE, {"email": NEW}).status_code == 403
    assert session.scalars(select(EmailChange)).all() == []


def test_the_page_takes_few_statements(browser_of, ana, statements):
    browser = browser_of(ana)
    ask(browser)
    with statements() as seen:
        assert "It works until" in browser.get(PAGE).text
    assert len(seen) <= 4, seen
