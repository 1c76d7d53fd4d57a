"""A new service address, typed while booking."""

import pytest
from sqlalchemy import select

from sergio.audit.models import AuditEntry
from sergio.customers.models import Property

ELM = {"service": 1, "street": "1 Elm Street", "city": "Bath", "region": "ME", "postal_code": "04530"}


@pytest.fixture
def browser(clock, browser_of, ana):
    return browser_of(ana)


def places(session, customer):
    session.commit()
    return session.scalars(select(Property).where(Property.customer_id == customer.id).order_by(Property.id)).all()


def test_a_new_place_is_added_and_leads_to_the_time(browser, session, ana, cleaning):
    response = browser.post("/portal/book/place", ELM)
    new = places(session, ana.customer)[-1]
    assert new.address == "1 Elm Street, Bath, ME 04530"
    assert response.location == f"/portal/book/time?service=1&place={new.number}"
    assert browser.get(response.location).status_code == 200


def test_the_same_address_is_the_same_place(browser, session, ana, cleaning):
    first = browser.post("/portal/book/place", ELM).location
    assert browser.post("/portal/book/place", {**ELM, "street": " 1  ELM street"}).location == first
    assert len(places(session, ana.customer)) == 2


def test_who_added_it_is_on_record_once(browser, session, ana, cleaning):
    for _ in range(2):
        browser.post("/portal/book/place", ELM)
    entry = session.scalars(select(AuditEntry).where(AuditEntry.subject == "property")).one()
    assert (entry.action, entry.actor_kind, entry.actor_id, entry.number) == ("created", "contact", ana.id, 3)
    assert entry.after["street"] == "1 Elm Street"


@pytest.mark.parametrize("field", ["street", "city"])
def test_a_missing_value_has_an_error_beside_the_field(browser, session, ana, cleaning, field):
    response = browser.post("/portal/book/place", {**ELM, "postal_code": "", field: " "}, htmx=True)
    assert response.status_code == 422
    assert f'id="{field}-error"' in response.text
    assert "<html" not in response.text
    assert len(places(session, ana.customer)) == 1


def test_the_number_of_places_is_limited(browser, session, ana, sparkle, cleaning):
    for number in range(100, 150):
        session.add(Property(company=sparkle, customer=ana.customer, number=number, street=f"{number} Long Road"))
    browser.post("/portal/book/place", ELM)
    assert "limit for service addresses" in browser.get("/portal/book").text
    assert len(places(session, ana.customer)) == 51


@pytest.mark.parametrize("number", ["-1", "0", "2147483648", "9" * 20, "-" + "9" * 20, "9" * 5000, "x", "٣"])
def test_an_impossible_number_is_not_found(browser, cleaning, number):
    assert browser.get(f"/portal/book/place?service={number}").status_code == 404


@pytest.mark.parametrize(("path", "count"), [("/portal/book", 2), ("/portal/book/place?service=1", 4)])
@pytest.mark.parametrize("more", [0, 30])
def test_the_steps_take_the_same_statements_for_any_number_of_places(
    browser_of, ana, cleaning, statements, path, count, more
):
    for _ in range(more):
        place = Property(company=ana.company, number=ana.company.next_number("property"), street="9 Bond Street")
        ana.customer.properties.append(place)
    browser = browser_of(ana)
    with statements() as seen:
        assert browser.get(path).status_code == 200
    assert len(seen) == count
