"""One mailbox, several customers: one link, a choice by name, no pages before it, and switching later."""

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
def undecided(visitor, sparkle, shop, request_link):
    browser = visitor(sparkle)
    browser.response = browser.get(request_link(browser, ANA, next_path="/portal/account/devices").link)
    return browser


def test_the_choice_comes_after_the_link(undecided):
    assert undecided.response.location == f"{CHOICE}?next=/portal/account/devices"
    page = undecided.get(undecided.response.location).text
    assert "Ana Ruiz" in page
    assert "Ruiz Flowers" in page
    assert "Ben Okafor" not in page


@pytest.mark.parametrize("path", ["/portal/", "/portal/account/devices", "/portal/quotes"])
def test_no_page_opens_before_the_choice(undecided, path):
    response = undecided.get(path)
    assert response.status_code == 303
    assert response.location.startswith("/portal/sign-in?next=")
    assert undecided.get(response.location).location.startswith(CHOICE)


def test_the_choice_redirects_to_the_next_path(undecided, shop, session):
    number = shop.customer.number
    response = undecided.post(CHOICE, {"customer": number, "next": "/portal/account/devices"})
    assert response.location == "/portal/account/devices"
    assert undecided.get(response.location).status_code == 200
    session.rollback()
    assert session.scalars(select(SignIn)).one().contact_id == shop.id


def test_the_customer_can_be_switched_later(undecided, ana, shop, session):
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
def test_an_empty_choice_is_not_found(undecided, customer):
    assert undecided.post(CHOICE, {"customer": customer}).status_code == 404


def test_a_next_path_of_another_site_is_home(undecided, ana):
    response = undecided.post(CHOICE, {"customer": ana.customer.number, "next": "//evil.example"})
    assert response.location == "/portal/"


def test_the_choice_needs_a_sign_in_with_the_mailbox(visitor, sparkle, ana):
    assert visitor(sparkle).get(CHOICE).location == "/portal/sign-in"
    assert visitor(sparkle).post(CHOICE, {"customer": ana.customer.number}).status_code == 401


def test_one_can_sign_out_before_the_choice(undecided):
    undecided.post("/portal/sign-out")
    assert undecided.get(CHOICE).location == "/portal/sign-in"


def test_a_mailbox_of_one_customer_has_no_choice(visitor, sparkle, ana, request_link):
    browser = visitor(sparkle)
    assert browser.get(request_link(browser, ANA).link).location == "/portal/"


def test_customers_of_other_companies_are_not_offered(visitor, sparkle, rival, ana, request_link):
    factories.contact(rival, "Ana at Rival", ANA)
    browser = visitor(sparkle)
    assert browser.get(request_link(browser, ANA).link).location == "/portal/"
