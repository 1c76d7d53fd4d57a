"""Adding a customer in the office: the form, similar customers, and wrong input."""

import re

import pytest
from sqlalchemy import func, select

from sergio.audit.models import AuditEntry
from sergio.customers.models import Customer
from sergio.extensions import db

NEW, LIST = "/office/customers/new", "/office/customers"
ADDRESS = {"street": "9 Elm Street", "city": "Portland", "region": "ME", "postal_code": "04101"}
DORA = {"name": "Dora Lind", "contact_name": "", "email": "dora@example.com", "phone": "(207) 555-0177", **ADDRESS}


def count() -> int:
    return db.session.scalar(select(func.count()).select_from(Customer))


def newest() -> Customer:
    db.session.expire_all()
    return db.session.scalars(select(Customer).order_by(Customer.id.desc())).first()


def test_a_customer_is_added_with_contact_and_address(browser_of, olga, session):
    browser = browser_of(olga)
    assert browser.get(NEW).status_code == 200
    page = browser.post(LIST, DORA, follow_redirects=True).text
    assert "Dora Lind is now a customer." in page
    for words in ("(207) 555-0177", "mailto:dora@example.com", "tel:+12075550177", "9 Elm Street, Portland, ME 04101"):
        assert words in page
    dora = newest()
    assert (dora.number, dora.contacts[0].name, dora.contacts[0].role) == (3, "Dora Lind", "full")
    entry = session.scalars(select(AuditEntry).where(AuditEntry.subject == "customer")).one()
    assert (entry.action, entry.actor_name, entry.customer_id) == ("created", "Olga Petrova", dora.id)


def test_only_a_name_is_needed(browser_of, olga):
    page = browser_of(olga).post(LIST, {"name": "Dora Lind"}, follow_redirects=True).text
    assert "No email address" in page
    assert "No service addresses yet." in page
    assert newest().contacts[0].email_key is None


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": " "}, "Enter the customer's name."),
        ({"email": "dora@"}, "Enter a valid email address, such as name@example.com."),
        ({"phone": "12"}, "Enter a valid phone number, including the area code."),
        ({"postal_code": "ABC"}, "Enter a ZIP code, such as"),
        ({"city": ""}, "Enter the city."),
        ({"name": "x" * 121}, "Field cannot be longer than 120 characters."),
    ],
)
def test_wrong_input_gets_a_sentence_and_loses_nothing(browser_of, olga, wrong, sentence):
    before = count()
    response = browser_of(olga).post(LIST, {**DORA, **wrong})
    assert response.status_code == 422
    page = response.text.replace("&#39;", "'")
    assert sentence in page
    for field, value in {**DORA, **wrong}.items():
        assert not value.strip() or field == "region" or value in page
    assert count() == before


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ({"name": "Somebody", "email": " ANA@Example.com "}, "the same email address"),
        ({"name": "Somebody", "phone": "207-555-0142"}, "the same phone number"),
        ({"name": "ana RUIZ", **ADDRESS}, "the same address"),
    ],
)
def test_a_similar_customer_is_shown_before_another_is_added(browser_of, ana, cleo, olga, session, typed, why):
    ana.phone = cleo.phone = "+12075550142"
    for name, value in ADDRESS.items():
        setattr(ana.customer.properties[0], name, value)
    session.commit()
    before = count()
    browser = browser_of(olga)
    response = browser.post(LIST, typed)
    assert response.status_code == 422
    assert "There is already a customer like this." in response.text
    assert '<a href="/office/customers/1">Ana Ruiz</a>' in response.text
    assert why in response.text
    assert "Cleo" not in response.text
    assert count() == before
    seen = re.search(r'name="anyway" value="([^"]+)"', response.text)[1]
    assert browser.post(LIST, {**typed, "anyway": seen}).status_code == 303
    assert count() == before + 1


def test_having_seen_one_similar_customer_does_not_hide_another(browser_of, ana, ben, olga):
    browser = browser_of(olga)
    page = browser.post(LIST, {"name": "Somebody", "email": "ben@example.com", "anyway": str(ana.customer.number)})
    assert page.status_code == 422
    assert "Ben Okafor" in page.text


def test_a_form_that_was_open_for_too_long_comes_back_as_it_was(browser_of, olga):
    before = count()
    response = browser_of(olga).post(LIST, {**DORA, "csrf_token": "old"})
    assert response.status_code == 422
    assert "Dora Lind" in response.text
    assert count() == before


def test_hostile_text_is_shown_as_text(browser_of, olga):
    page = browser_of(olga).post(LIST, {"name": "<b>Dora</b>\x00"}, follow_redirects=True).text
    assert "&lt;b&gt;Dora&lt;/b&gt;" in page
    assert "<b>Dora" not in page


def test_the_customer_of_two_forms_sent_twice_is_noticed(browser_of, olga):
    browser = browser_of(olga)
    assert browser.post(LIST, DORA).status_code == 303
    assert browser.post(LIST, DORA).status_code == 422


def test_a_customer_is_renamed_and_a_second_person_is_told(browser_of, ana, olga, nora, session):
    session.commit()
    hers, theirs = browser_of(olga), browser_of(nora)
    seen = re.search(r'name="seen"[^>]*value="([^"]*)"', hers.get("/office/customers/1/edit").text)[1].replace(
        "&#34;", '"'
    )
    assert theirs.post("/office/customers/1", {"name": "Ruiz Flats", "seen": seen}).status_code == 303
    response = hers.post("/office/customers/1", {"name": "Ruiz House", "seen": seen})
    assert response.status_code == 422
    assert "Someone else just changed this to “Ruiz Flats”. Save again to keep yours." in response.text
    assert "Ruiz House" in response.text
