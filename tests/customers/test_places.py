"""The service addresses of a customer in the office: what is archived is chosen no more, and what was made keeps it."""

import pytest
import time_machine

from sergio.customers.models import Property
from sergio.extensions import db
from tests.booking.builders import MONDAY
from tests.overview import builders
from tests.overview.builders import DAY

PLACES = "/office/customers/1/addresses"
ELM = {"street": "9 Elm Street", "city": "Portland", "region": "ME", "postal_code": "04101"}


@pytest.fixture(autouse=True)
def monday():
    with time_machine.travel(MONDAY, tick=False) as clock:
        yield clock


def places_of(person) -> list[Property]:
    db.session.expire_all()
    return person.customer.properties


def test_an_address_is_added_and_corrected(browser_of, ana, olga):
    browser = browser_of(olga)
    assert "9 Elm Street, Portland, ME 04101" in browser.post(PLACES, ELM, follow_redirects=True).text
    place = places_of(ana)[1]
    assert "9 Elm Street" in browser.get(f"{PLACES}/{place.number}").text
    page = browser.post(f"{PLACES}/{place.number}", {**ELM, "street": "11 Elm Street"}, follow_redirects=True).text
    assert "11 Elm Street, Portland, ME 04101" in page


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"street": ""}, "Enter the street address."),
        ({"postal_code": "9"}, "Enter a ZIP code"),
        ({"city": ""}, "Enter"),
    ],
)
def test_wrong_input_gets_a_sentence(browser_of, ana, olga, wrong, sentence):
    response = browser_of(olga).post(PLACES, {**ELM, **wrong})
    assert response.status_code == 422
    assert sentence in response.text
    assert len(places_of(ana)) == 1


def test_the_format_is_that_of_the_companys_country(browser_of, ana, sparkle, olga, session):
    sparkle.country = "DE"
    session.commit()
    page = browser_of(olga).get(f"{PLACES}/new").text
    assert "Postal code" in page
    assert 'name="region"' not in page


def test_a_corrected_address_does_not_change_what_was_issued(browser_of, ana, olga, session):
    place = ana.customer.properties[0]
    invoice = builders.invoice(ana, place=place)
    session.commit()
    browser_of(olga).post(f"{PLACES}/{place.number}", ELM)
    session.expire_all()
    assert place.street == "9 Elm Street"
    assert invoice.document.place == ["7 Pine Road", "Portland"]


def test_an_archived_address_can_no_longer_be_chosen_but_its_work_stays(browser_of, ana, theo, olga, session):
    old = ana.customer.properties[0]
    appointment = builders.appointment(ana, theo, MONDAY - DAY)
    service = appointment.service
    service.bookable = True
    browser = browser_of(olga)
    browser.post(PLACES, ELM)
    assert "archived" in browser.post(f"{PLACES}/{old.number}/archive", follow_redirects=True).text
    portal = browser_of(ana)
    assert "7 Pine Road" not in portal.get(f"/portal/book/place?service={service.number}").text
    assert portal.get(f"/portal/book/time?service={service.number}&place={old.number}").status_code == 404
    assert "7 Pine Road" in portal.get("/portal/history").text
    assert "7 Pine Road" in portal.get(f"/portal/appointments/{appointment.number}").text
    assert "7 Pine Road" not in portal.get("/portal/account").text
    assert "can be chosen again" in browser.post(f"{PLACES}/{old.number}/restore", follow_redirects=True).text
    assert "7 Pine Road" in portal.get(f"/portal/book/place?service={service.number}").text


def test_adding_an_archived_address_again_brings_it_back(browser_of, ana, olga):
    browser = browser_of(olga)
    browser.post(PLACES, ELM)
    place = places_of(ana)[1]
    browser.post(f"{PLACES}/{place.number}/archive")
    browser.post(PLACES, {**ELM, "street": "9 ELM street"})
    assert [row.archived_at for row in places_of(ana)] == [None, None]
