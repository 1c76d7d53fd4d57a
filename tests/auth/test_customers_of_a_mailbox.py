"""One mailbox, several customers: one link, a choice by name, nothing to see before it, and a change of mind later."""

import pytest
from sqlalchemy import select

from sergio.auth.models import SignIn
from tests import factories

ANA = "ana@example.com"
CHOICE = "/portal/sign-in/customer"


@pytest.fixture
def shop(sparkle, ana):
    """A second customer of Ana's, under another spelling of her mailbox."""
    return factories.contact(sparkle, "Ruiz Flowers", "Ana@Example.com")


@pytest.fixture
def undecided(visitor, sparkle, shop, ask):
    browser = visitor(sparkle)
    browser.answer = browser.get(ask(browser, ANA, next_path="/portal/account/devices").link)
    return browser


def test_after_the_link_comes_the_choice(undecided):
    assert undecided.answer.location == f"{CHOICE}?next=/portal/account/devices"
    page = undecided.get(undecided.answer.location).text
    assert "Ana Ruiz" in page
    assert "Ruiz Flowers" in page
    assert "Ben Okafor" not in page


@pytest.mark.parametrize("path", ["/portal/", "/portal/account/devices", "/portal/quotes"])
def test_before_the_choice_there_is_nothing_to_see(undecided, path):
    answer = undecided.get(path)
    assert answer.status_code == 303
    assert answer.location.startswith("/portal/sign-in?next=")
    assert undecided.get(answer.location).location.startswith(CHOICE)


def test_the_choice_leads_to_where_one_was_going(undecided, shop, session):
    number = shop.customer.number
    answer = undecided.post(CHOICE, {"customer": number, "next": "/portal/account/devices"})
    assert answer.location == "/portal/account/devices"
    assert undecided.get(answer.location).status_code == 200
    session.rollback()
    assert session.scalars(select(SignIn)).one().contact_id == shop.id


def test_one_may_change_ones_mind_later(undecided, ana, shop, session):
    for contact in (shop, ana):
        assert undecided.post(CHOICE, {"customer": contact.customer.number}).location == "/portal/"
        session.rollback()
        assert session.scalars(select(SignIn)).one().contact_id == contact.id


@pytest.mark.parametrize("whose", ["ben", "cleo"])
def test_nobody_elses_customer_can_be_chosen(request, undecided, session, whose):
    stranger = request.getfixturevalue(whose)
    stranger.customer.number = 99
    assert undecided.post(CHOICE, {"customer": 99}).status_code == 404
    session.rollback()
    assert session.scalars(select(SignIn)).one().contact_id is None


@pytest.mark.parametrize("customer", ["", "x", "0", "-1", "9" * 30])
def test_a_choice_of_nothing_is_not_there(undecided, customer):
    assert undecided.post(CHOICE, {"customer": customer}).status_code == 404


def test_going_on_to_another_site_is_going_home(undecided, ana):
    answer = undecided.post(CHOICE, {"customer": ana.customer.number, "next": "//evil.example"})
    assert answer.location == "/portal/"


def test_the_choice_is_for_who_proved_the_mailbox(visitor, sparkle, ana):
    assert visitor(sparkle).get(CHOICE).location == "/portal/sign-in"
    assert visitor(sparkle).post(CHOICE, {"customer": ana.customer.number}).status_code == 401


def test_the_undecided_can_sign_out(undecided):
    undecided.post("/portal/sign-out")
    assert undecided.get(CHOICE).location == "/portal/sign-in"


def test_a_mailbox_of_one_customer_is_not_asked(visitor, sparkle, ana, ask):
    browser = visitor(sparkle)
    assert browser.get(ask(browser, ANA).link).location == "/portal/"


def test_customers_of_other_companies_are_not_offered(visitor, sparkle, rival, ana, ask):
    factories.contact(rival, "Ana at Rival", ANA)
    browser = visitor(sparkle)
    assert browser.get(ask(browser, ANA).link).location == "/portal/"
